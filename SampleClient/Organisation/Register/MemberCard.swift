package import Relay

/// Everything that this device knows of one member, on one page.
package struct MemberCard: Sendable {
  package struct Attempt: Sendable, Equatable {
    package var at: String
    package var channel: String
    package var outcome: String
    package var by: String
    package var note: String?
    /// Somebody else's word about where the member is. It never changes a status.
    package var isHearsay: Bool
    /// Set aside by the office; it does not count.
    package var isHeld: Bool
  }

  package struct Conflict: Sendable, Equatable {
    package var id: String
    package var table: String
    package var column: String
    /// The values with author, device and time; the one shown stands first.
    package var values: [String]
  }

  package let member: Member
  package let unit: String
  package let contacts: [ContactPoint]
  /// Months unpaid; nil without a plan.
  package let unpaid: Int?
  /// From the ledger that is here, or the office's where that is later: the ledger of a branch begins two years ago.
  package let paidThrough: String?
  /// Ids of payments that are possibly one.
  package let possibleDuplicates: [[String]]
  package let lastContact: String?
  /// The organisation's, for the days of what was tried.
  package let zone: TimeZoneOffset
  /// What this device would say of it; the office decides.
  package let reach: ReachRule.Judgement
  package let gate: PointsGate
  /// The newest first, five at most.
  package let attempts: [Attempt]
  package let conflicts: [Conflict]
  package let transfers: [TransferView]
  /// Requests of other kinds: kind and state.
  package let requests: [Request]
  /// Who may be the same person.
  package let possibleSame: [String]
  /// The row that stays of this person, where the committee said that two are one.
  package let kept: Member?
  /// Rows of the member that the office has set aside.
  package let held: [Review.Item]
  /// What this device's role does not get: of it nothing is said, and nothing follows from it.
  package let unseen: Set<Part>

  /// What a page about a member rests on.
  package enum Part: Sendable, CaseIterable {
    case dues, points, reach

    fileprivate var tables: [String] {
      switch self {
      case .dues: ["dues_entry", "dues_plan"]
      case .points: ["points_entry", "attendance"]
      case .reach: ["contact_attempt", "attendance", "declaration", "dues_entry", "notice_receipt"]
      }
    }
  }

  /// - Parameter role: the device's, as its replica's status tells it; nil for one that sees everything.
  package init(_ member: Member, on day: Day, role: String? = nil, in db: Database) throws(RelayError) {
    self.member = member
    let schema = try Organisation.syncSchema.get()
    unseen = Set(
      Part.allCases.filter { part in
        guard let role, role != SyncSchema.unenrolledRole else { return false }
        return !part.tables.allSatisfy { schema.table(named: $0)?.access(role).reads ?? false }
      })
    let ids = try member.ids(in: db)
    unit = try db.first("SELECT code FROM org_unit WHERE id = ?", [.text(member.unitID)])?[0].text ?? "?"
    contacts = try ContactPoint.of(ids, in: db)
    let ledger = try Ledger.of(member, in: db)
    unpaid = unseen.contains(.dues) ? nil : ledger.unpaid(on: day)
    paidThrough = [ledger.paidThrough(on: day)?.text, member.paidThrough].compactMap { $0 }.max()
    possibleDuplicates = ledger.possibleDuplicates(on: day).map { $0.map(\.id) }
    let policy = try Policy(in: db)
    zone = policy.zone
    let facts = try ReachRule.facts(of: member.id, upTo: day, in: db)[member.id] ?? ReachRule.Facts()
    lastContact = [facts.lastSuccess, member.lastContact].compactMap { $0 }.max()
    reach =
      unseen.contains(.reach)
      ? ReachRule.Judgement(reach: member.reach, isLostProposed: false)
      : ReachRule(policy).judge(facts, reach: member.reach, on: day)
    gate = try PointsGate(member, on: day, in: db)
    let review = try Review.open(in: db)
    attempts = try MemberCard.attempts(ids, review, in: db)
    conflicts = try MemberCard.conflicts(ids, in: db)
    let book = try TransferBook(in: db)
    var views: [TransferView] = []
    for group in book.groups where group.memberID == member.id { views.append(try TransferView(group, book, in: db)) }
    transfers = views
    requests = try Request.all(
      ["keep_membership", "suspend_membership", "restore_membership", "resign", "admit", "assistance"], in: db
    ).filter { $0.memberID == member.id }
    kept = try member.mergedInto.map { (id) throws(RelayError) in try Member.find(id, in: db) }
    possibleSame = try Duplicates.find(in: db).first { $0.contains(member.id) }?.filter { $0 != member.id } ?? []
    let rows = Set(try MemberCard.rows(ids, in: db))
    held = review.items.filter { rows.contains($0.rowID) }
  }

  private static let children = ["contact_point", "dues_entry", "contact_attempt", "attendance", "declaration"]

  /// The keys of the member's rows.
  private static func rows(_ ids: [String], in db: Database) throws(RelayError) -> [String] {
    var rows = ids
    for table in children {
      for id in ids {
        rows += try db.query("SELECT id FROM \(table) WHERE member_id = ?", [.text(id)]) {
          (row) throws(RelayError) in row[0].text ?? ""
        }
      }
    }
    return rows
  }

  private static func attempts(
    _ ids: [String], _ review: Review, in db: Database
  ) throws(RelayError) -> [Attempt] {
    let held = review.ids("contact_attempt")
    var attempts: [Attempt] = []
    for id in ids {
      attempts += try db.query(
        """
        SELECT c.at, c.channel, c.outcome, coalesce(o.display_name, c.by_officer), c.note, c.id
        FROM \(ContactAttempt.standing) AS c LEFT JOIN officer AS o ON o.id = c.by_officer
        WHERE c.member_id = ? ORDER BY c.at DESC, c.id LIMIT 5
        """, [.text(id)]
      ) { (row) throws(RelayError) in
        let outcome = row[2].text ?? ""
        return Attempt(
          at: row[0].text ?? "", channel: row[1].text ?? "", outcome: outcome, by: row[3].text ?? "", note: row[4].text,
          isHearsay: outcome == "said_abroad" || outcome == "moved", isHeld: held.contains(row[5].text ?? ""))
      }
    }
    return Array(attempts.sorted { ($1.at, $0.by) < ($0.at, $1.by) }.prefix(5))
  }

  private static func conflicts(_ ids: [String], in db: Database) throws(RelayError) -> [Conflict] {
    let keys = Set(try rows(ids, in: db))
    let open = try db.query(
      """
      SELECT id, table_name, row_key, column_name, others FROM relay_inbox
      WHERE kind = 'conflict' AND table_name IN ('member', '\(children.joined(separator: "', '"))')
      ORDER BY opened, id
      """
    ) { (row) throws(RelayError) in row.values }
    return open.compactMap { row in
      guard keys.contains(row[2].text ?? "") else { return nil }
      return Conflict(
        id: row[0].text ?? "", table: row[1].text ?? "", column: row[3].text ?? "",
        values: (row[4].text ?? "").split(separator: "\n").map(String.init))
    }
  }
}
