package import Relay

/// What the office has set aside until a person at the committee has looked at it. It is stored and visible, and does
/// not count meanwhile. Both branches of the transfer see it.
package struct Review: Sendable {
  package struct Item: Sendable, Equatable {
    /// What `office release` takes.
    package var id: String
    package var requestID: String
    package var reason: String
    package var table: String
    package var rowID: String
    package var at: String
    package var note: String
  }

  /// By the time of the fact, then by id.
  package let items: [Item]

  private static let held = "held:"
  private static let released = "released:"

  package static func open(in db: Database) throws(RelayError) -> Review {
    let steps = try db.query(
      """
      SELECT id, request_id, at, note FROM request_step AS s
      WHERE id >= 'held:' AND id < 'held;' AND step = 'comment' AND actor_id = ?
        AND NOT EXISTS (SELECT 1 FROM request_step WHERE id = 'released:' || substr(s.id, 6))
      ORDER BY at, id
      """, [.text(Step.office)]
    ) { (row) throws(RelayError) in row.values }
    return Review(
      items: steps.compactMap { step in
        let note = step[3].text ?? ""
        let words = note.split(separator: " ")
        guard words.count >= 4, words[0] == "held:" else { return nil }
        return Item(
          id: String((step[0].text ?? "").dropFirst(held.count)), requestID: step[1].text ?? "",
          reason: String(words[1]), table: String(words[2]), rowID: String(words[3]), at: step[2].text ?? "", note: note
        )
      })
  }

  /// The rows of a table that are set aside.
  func ids(_ table: String) -> Set<String> { Set(items.filter { $0.table == table }.map(\.rowID)) }

  /// Sets a row aside, once.
  ///
  /// - Parameter detail: of one state of the row, where a later state is another thing to look at.
  static func hold(
    _ table: String, _ rowID: String, reason: String, at: String, on request: String, detail: String? = nil,
    committee: OrgUnit, in db: Database
  ) throws(RelayError) -> Bool {
    try Step.comment(
      "\(held)\(table):\(rowID)" + (detail.map { ":" + $0 } ?? ""), on: request, at: at,
      "held: \(reason) \(table) \(rowID)" + (detail.map { " " + $0 } ?? ""), committee: committee, in: db)
  }

  /// Lets a row count after all.
  ///
  /// - Throws: `not_found`; `role_forbids` for anybody but the committee.
  package static func release(_ id: String, note: String?, desk: Desk, in db: Database) throws(RelayError) {
    guard desk.isCommittee else {
      throw RelayError(.roleForbids, "the committee decides what was held for review")
    }
    guard let item = try open(in: db).items.first(where: { $0.id == id || $0.rowID == id }) else {
      throw RelayError(.notFound, "nothing is held for review as '\(id)'")
    }
    try Step(
      id: released + item.id, requestID: item.requestID, kind: "comment", actorID: desk.officer.id,
      actorUnitID: desk.unit.id, at: desk.now.text,
      note: "released: \(item.table) \(item.rowID)" + (note.map { " " + $0 } ?? "")
    ).write(to: db)
  }
}
