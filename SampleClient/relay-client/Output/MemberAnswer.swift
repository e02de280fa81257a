internal import Organisation

/// A member in JSON; hidden or empty columns are absent.
struct MemberAnswer: Codable {
  var id: String
  var number: String
  var name: String
  var unit: String
  var sex: String?
  var born: String?
  var education: String?
  var joined: String?
  var grade: String
  var status: String
  var reach: String
  var lastContact: String?
  var paidThrough: String?
  var occupation: String?
  var employer: String?
  var area: String?
  var interests: String

  /// - Parameter unit: the code of the member's unit.
  init(_ member: Member, unit: String) {
    id = member.id
    number = member.number
    name = member.name
    self.unit = unit
    sex = member.sex
    born = member.born
    education = member.education
    joined = member.joined
    grade = member.grade
    status = member.status
    reach = member.reach
    lastContact = member.lastContact
    paidThrough = member.paidThrough
    occupation = member.occupation
    employer = member.employer
    area = member.area
    interests = member.interests
  }
}

/// `member show` in JSON.
struct CardAnswer: Codable {
  struct Contact: Codable {
    var id: String
    var kind: String
    var value: String
    var label: String?
    var preferred: Bool
    var verifiedOn: String?
    var deadSince: String?
    var source: String
    /// Other rows that say the same.
    var sameAs: [String]
  }

  struct Dues: Codable {
    /// Absent without a plan.
    var monthsUnpaid: Int?
    var paidThrough: String?
    var possibleDuplicates: [[String]]
  }

  struct Points: Codable {
    var awarded: Int
    var expected: Int
    var needed: Int
    var mayPayOnline: Bool
  }

  struct Attempt: Codable {
    var at: String
    var channel: String
    var outcome: String
    var by: String
    var note: String?
    var hearsay: Bool
    var held: Bool
  }

  struct Conflict: Codable {
    var id: String
    var table: String
    var column: String
    var values: [String]
  }

  struct RequestState: Codable {
    var id: String
    var kind: String
    var state: String
  }

  var member: MemberAnswer
  var contacts: [Contact]
  var dues: Dues
  var lastContact: String?
  var expectedReach: String
  var lostProposed: Bool
  var points: Points
  var attempts: [Attempt]
  var conflicts: [Conflict]
  var requests: [RequestState]
  var transfers: [TransferAnswer]
  var held: [HeldAnswer]
  var possiblySame: [String]

  init(_ card: MemberCard) {
    member = MemberAnswer(card.member, unit: card.unit)
    member.lastContact = card.lastContact
    contacts = card.contacts.map {
      Contact(
        id: $0.id, kind: $0.kind, value: $0.value, label: $0.label, preferred: $0.isPreferred, verifiedOn: $0.verified,
        deadSince: $0.deadSince, source: $0.source, sameAs: $0.sameAs)
    }
    dues = Dues(
      monthsUnpaid: card.unpaid, paidThrough: card.paidThrough, possibleDuplicates: card.possibleDuplicates)
    lastContact = card.lastContact
    expectedReach = card.reach.reach
    lostProposed = card.reach.isLostProposed
    points = Points(
      awarded: card.gate.awarded, expected: card.gate.expected, needed: card.gate.needed, mayPayOnline: card.gate.isOpen
    )
    attempts = card.attempts.map {
      Attempt(
        at: $0.at, channel: $0.channel, outcome: $0.outcome, by: $0.by, note: $0.note, hearsay: $0.isHearsay,
        held: $0.isHeld)
    }
    conflicts = card.conflicts.map { Conflict(id: $0.id, table: $0.table, column: $0.column, values: $0.values) }
    requests = card.requests.map { RequestState(id: $0.id, kind: $0.kind, state: $0.state) }
    transfers = card.transfers.map(TransferAnswer.init)
    held = card.held.map(HeldAnswer.init)
    possiblySame = card.possibleSame
  }
}

/// Something that the office has set aside.
struct HeldAnswer: Codable {
  var id: String
  var request: String
  var reason: String
  var table: String
  var row: String

  init(_ item: Review.Item) {
    id = item.id
    request = item.requestID
    reason = item.reason
    table = item.table
    row = item.rowID
  }
}
