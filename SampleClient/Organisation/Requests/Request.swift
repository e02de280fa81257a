package import Relay

/// Something that units ask of one another: a transfer, a stay abroad, money. Devices add steps to it; the office folds
/// them into its state.
package struct Request: Sendable, Equatable {
  package var id: String
  package var kind: String
  package var memberID: String?
  /// The member as told by a branch that cannot see the row.
  package var claim: String?
  /// The request that stands for this one too.
  package var sameAs: String?
  package var fromUnitID: String?
  package var toUnitID: String?
  package var unitID: String
  package var title: String?
  package var reason: String?
  package var effectiveOn: String?
  package var untilOn: String?
  package var amountFen: Int?
  package var state: String
  package var openedOn: String?
  package var decidedOn: String?
  package var outside: String?
  package var need: String?

  private static let columns = """
    id, kind, member_id, claim_text, same_as, from_unit_id, to_unit_id, unit_id, title, reason, until_on, amount_fen, \
    state, opened_on, decided_on, effective_on, outside_org, need
    """

  private static func read(_ row: borrowing Row) throws(RelayError) -> Request {
    Request(
      id: row[0].text ?? "", kind: row[1].text ?? "", memberID: row[2].text, claim: row[3].text, sameAs: row[4].text,
      fromUnitID: row[5].text, toUnitID: row[6].text, unitID: row[7].text ?? "", title: row[8].text,
      reason: row[9].text, effectiveOn: row[15].text, untilOn: row[10].text, amountFen: row[11].integer.map { Int($0) },
      state: row[12].text ?? "",
      openedOn: row[13].text, decidedOn: row[14].text, outside: row[16].text, need: row[17].text)
  }

  /// By id.
  static func all(_ kinds: [String], in db: Database) throws(RelayError) -> [Request] {
    let list = kinds.map { "'\($0)'" }.joined(separator: ", ")
    return try db.query("SELECT \(columns) FROM request WHERE kind IN (\(list)) ORDER BY id", [], read)
  }

  /// - Parameter which: an id, or the start of one that fits a single request.
  /// - Throws: `not_found`, `value_not_allowed` where several begin like this.
  package static func find(_ which: String, in db: Database) throws(RelayError) -> Request {
    let found = try db.query(
      "SELECT \(columns) FROM request WHERE id = ?1 OR substr(id, 1, length(?1)) = ?1 ORDER BY id = ?1 DESC, id",
      [.text(which)], read)
    guard !which.isEmpty, let request = found.first else {
      throw RelayError(.notFound, "there is no request '\(which)' on this device")
    }
    guard request.id == which || found.count == 1 else {
      throw RelayError(
        .valueNotAllowed, "\(found.count) requests begin with '\(which)'",
        advice: "Nothing was changed. Give more of the id.")
    }
    return request
  }

  /// The number in what a branch was told: its first run of digits.
  var claimedNumber: String? {
    guard let claim else { return nil }
    let digits = claim.drop { !$0.isASCII || !$0.isNumber }.prefix { $0.isASCII && $0.isNumber }
    return digits.isEmpty ? nil : String(digits)
  }

  /// The committee has decided and the office has written the effect.
  var isDecided: Bool { state == "approved" || state == "done" }

  /// Nothing more comes of it.
  package var isClosed: Bool { ["approved", "refused", "withdrawn", "expired", "done"].contains(state) }
}

/// What one actor did about a request.
package struct Step: Sendable, Equatable {
  package var id: String
  package var requestID: String
  package var kind: String
  package var actorID: String
  package var actorUnitID: String
  package var at: String
  package var note: String?
  /// Where the hub put it, which no clock can move; nil until the hub has said so.
  package var seq: Int64? = nil
  /// The unit whose device wrote it, where that is seen here.
  package var signedUnitID: String? = nil

  /// The office writes under this name, at whatever committee machine it runs.
  package static let office = "office"

  /// Steps count in the order in which the hub confirmed them; those of one transaction, and those that still wait, by
  /// the time that their authors gave.
  static func counts(_ a: Step, before b: Step) -> Bool {
    (a.seq ?? .max, a.at, a.id) < (b.seq ?? .max, b.at, b.id)
  }

  /// The steps of every request, each list in the order in which they count.
  static func byRequest(in db: Database) throws(RelayError) -> [String: [Step]] {
    let steps = try db.query(
      """
      SELECT s.id, s.request_id, s.step, s.actor_id, s.actor_unit_id, s.at, s.note, s.seq, g.unit_id
      FROM request_step AS s LEFT JOIN signature AS g ON g.id = s.id
      """
    ) { (row) throws(RelayError) in
      Step(
        id: row[0].text ?? "", requestID: row[1].text ?? "", kind: row[2].text ?? "", actorID: row[3].text ?? "",
        actorUnitID: row[4].text ?? "", at: row[5].text ?? "", note: row[6].text, seq: row[7].integer,
        signedUnitID: row[8].text)
    }
    return Dictionary(grouping: steps.sorted(by: counts), by: \.requestID)
  }

  /// A person's step, with the proof of which unit's device it came from.
  func write(to db: Database, signedBy unit: OrgUnit) throws(RelayError) {
    try write(to: db)
    try Signature.write(id, by: unit, to: db)
  }

  func write(to db: Database) throws(RelayError) {
    try db.execute(
      "INSERT INTO request_step (id, request_id, step, actor_id, actor_unit_id, at, note) VALUES (?, ?, ?, ?, ?, ?, ?)",
      [.text(id), .text(requestID), .text(kind), .text(actorID), .text(actorUnitID), .text(at), Value(note)])
  }

  /// A remark of the office under an id that follows from what it says, so that it is never said twice.
  ///
  /// - Returns: whether it was new.
  static func comment(
    _ id: String, on request: String, at: String, _ note: String, committee: OrgUnit, in db: Database
  ) throws(RelayError) -> Bool {
    guard try db.first("SELECT 1 FROM request_step WHERE id = ?", [.text(id)]) == nil else { return false }
    try Step(
      id: id, requestID: request, kind: "comment", actorID: office, actorUnitID: committee.id, at: at, note: note
    ).write(to: db)
    return true
  }
}
