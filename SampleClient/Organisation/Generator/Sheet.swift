internal import Relay

/// A table as the generator fills it: the columns in the order in which values are given.
struct Sheet: Sendable {
  let table: String
  /// The first is the key.
  let columns: [String]

  private init(_ table: String, _ columns: String) {
    self.table = table
    self.columns = columns.split(separator: " ").map(String.init)
  }

  static let unit = Sheet("org_unit", "id parent_id level kind code name area meeting_place founded_on")
  static let officer = Sheet(
    "officer", "id unit_id display_name role sex birth_ym education work_phone allowance_fen from_on")
  static let member = Sheet(
    "member",
    """
    id member_no unit_id full_name sex birth_ym education joined_ym grade status reach last_contact_on paid_through \
    occupation employer area interests came_on came_from
    """)
  static let contactPoint = Sheet("contact_point", "id member_id kind value label preferred verified_on source")
  static let declaration = Sheet("declaration", "id member_id topic body effective_on by made_on")
  static let request = Sheet(
    "request",
    """
    id kind member_id from_unit_id to_unit_id outside_org unit_id title reason effective_on amount_fen state \
    opened_on decided_on
    """)
  static let step = Sheet("request_step", "id request_id step actor_id actor_unit_id at note")
  static let line = Sheet("request_line", "id request_id item quantity unit_fen")
  static let plan = Sheet("dues_plan", "id member_id from_ym base_fen monthly_fen basis decided_by")
  static let entry = Sheet(
    "dues_entry", "id member_id kind amount_fen from_ym to_ym channel receipt_no taken_by taken_on note")
  static let activity = Sheet(
    "activity", "id unit_id kind mode title starts_at ends_at place points state guest_count books_given")
  static let attendance = Sheet("attendance", "id activity_id member_id mark marked_by checked_in_at")
  static let points = Sheet("points_entry", "id member_id year points why source_id on_date")
  static let appraisal = Sheet("appraisal_entry", "id round member_id stage grade text on_date")
  static let sweep = Sheet("sweep", "id unit_id title from_on to_on state fields_wanted")
  static let attempt = Sheet(
    "contact_attempt", "id member_id sweep_id purpose channel contact_point_id outcome at by_officer")
  static let notice = Sheet("notice", "id unit_id title body audience posted_at expires_on needs_receipt")
  static let receipt = Sheet("notice_receipt", "id notice_id member_id told_at channel")
  static let feedback = Sheet("feedback", "id unit_id member_id kind text level state on_date")
  static let signature = Sheet("signature", "id unit_id")
  static let device = Sheet(
    "device_state", "id unit_id officer_id told_at synced_at row_count app schema_version")
  static let policy = Sheet("policy", "key value since_on note")
}

extension Value {
  init(_ text: String?) { self = text.map { .text($0) } ?? .null }
  init(_ month: Month) { self = .text(month.text) }
  init(_ day: Day) { self = .text(day.text) }
  init(_ number: Int) { self = .integer(Int64(number)) }

  /// An instant of a day, UTC.
  init(_ day: Day, hour: Int, minute: Int = 0) {
    self = .text(day.text + "T" + digits(hour, 2) + ":" + digits(minute, 2) + ":00Z")
  }
}
