package import Relay

/// What members say: problems, suggestions, nominations, offers and needs of help; passed up, answered, closed.
package struct VoiceDesk: Sendable {
  private let desk: Desk

  package init(_ desk: Desk) { self.desk = desk }

  package static let kinds = ["problem", "suggestion", "nomination", "offer_help", "seek_help"]

  /// - Parameters:
  ///   - kind: also in short: `offer`, `seek`.
  ///   - member: nil where the voice is to stay anonymous.
  package func say(_ text: String, kind: String, member: Member?, in db: Database) throws(RelayError) -> String {
    let kind = ["offer": "offer_help", "seek": "seek_help"][kind] ?? kind
    try ColumnRules.check(kind, "kind", of: "feedback")
    guard !text.isEmpty else { throw RelayError(.valueNotAllowed, "nothing was said") }
    let body = try ColumnRules.value(text, "text", of: "feedback")
    guard !desk.isCommittee else {
      throw RelayError(
        .roleForbids, "branches and regions write down what they hear; the committee answers",
        advice: "Nothing was changed.")
    }
    let id = desk.newID()
    try db.execute(
      "INSERT INTO feedback (id, unit_id, member_id, kind, text, level, on_date) VALUES (?, ?, ?, ?, ?, ?, ?)",
      [
        .text(id), .text(desk.unit.id), Value(member?.id), .text(kind), body,
        .text(desk.unit.level == .regional ? "regional" : "branch"), .text(desk.today.text),
      ])
    return id
  }

  /// One level up; once up it stays up.
  package func pass(_ which: String, in db: Database) throws(RelayError) -> (id: String, level: String) {
    let row = try VoicePages.find(which, in: db)
    let levels = ["branch", "regional", "committee"]
    guard let at = levels.firstIndex(of: row.level), at < 2, row.state == "open" || row.state == "passed_up" else {
      let (state, level) = (Words.of(row.state, in: "voice", Language.spoken), Words.of(row.level, Language.spoken))
      throw RelayError(.valueNotAllowed, "it is \(state) at the level \(level)", advice: "Nothing was changed.")
    }
    try db.execute(
      "UPDATE feedback SET level = ?, state = 'passed_up' WHERE id = ?", [.text(levels[at + 1]), .text(row.id)])
    return (row.id, levels[at + 1])
  }

  package func answer(_ which: String, _ text: String, in db: Database) throws(RelayError) -> String {
    let row = try VoicePages.find(which, in: db)
    guard desk.unit.level != .branch else {
      throw RelayError(
        .roleForbids, "the region or the committee answers; a branch closes what it can settle",
        advice: "Nothing was changed.")
    }
    let answer = try ColumnRules.value(text, "answer", of: "feedback")
    try db.execute("UPDATE feedback SET answer = ?, state = 'answered' WHERE id = ?", [answer, .text(row.id)])
    return row.id
  }

  package func close(_ which: String, in db: Database) throws(RelayError) -> String {
    let row = try VoicePages.find(which, in: db)
    try db.execute("UPDATE feedback SET state = 'closed' WHERE id = ?", [.text(row.id)])
    return row.id
  }

  /// An own one that nobody has taken up.
  package func remove(_ which: String, in db: Database) throws(RelayError) -> String {
    let row = try VoicePages.find(which, in: db)
    guard row.state == "open", row.unit == desk.unit.id else {
      throw RelayError(
        .valueNotAllowed, "only an open one of your own unit is taken away", advice: "Nothing was changed.")
    }
    try db.execute("DELETE FROM feedback WHERE id = ?", [.text(row.id)])
    return row.id
  }
}

package enum VoicePages {
  static func find(
    _ which: String, in db: Database
  ) throws(RelayError) -> (id: String, level: String, state: String, unit: String) {
    let found = try db.query(
      "SELECT id, level, state, unit_id FROM feedback WHERE id = ?1 OR substr(id, 1, length(?1)) = ?1 ORDER BY id = ?1 DESC",
      [.text(which)]
    ) { (row) throws(RelayError) in (row[0].text ?? "", row[1].text ?? "", row[2].text ?? "", row[3].text ?? "") }
    guard !which.isEmpty, let first = found.first else {
      throw RelayError(.notFound, "there is no voice '\(which)' on this device")
    }
    guard found.count == 1 || first.0 == which else {
      throw RelayError(.valueNotAllowed, "\(found.count) begin with '\(which)'", advice: "Give more of the id.")
    }
    return first
  }

  package static func list(
    _ look: Look, kind: String?, state: String?, level: String?
  ) throws(RelayError) -> Page {
    var grid = Page.Grid(
      "voices",
      [
        "date|date|日期", "unit|unit|单位", "kind|kind|类别", "text|what|内容", "level|level|层级", "state|state|状态",
        "answer|answer|答复", "member|by|党员", "id|id|标识",
      ], empty: Phrase("nothing was said", "没有意见"))
    for row in try look.rows(
      """
      SELECT f.on_date, u.code, f.kind, f.text, f.level, f.state, f.answer, m.member_no, f.id
      FROM feedback AS f LEFT JOIN org_unit AS u ON u.id = f.unit_id LEFT JOIN member AS m ON m.id = f.member_id
      WHERE (?1 IS NULL OR f.kind = ?1) AND (?2 IS NULL OR f.state = ?2) AND (?3 IS NULL OR f.level = ?3)
      ORDER BY f.on_date, f.id
      """, [Value(kind), Value(state), Value(level)])
    {
      grid.add(
        row[0].cell, row[1].cell, .word(row[2].text ?? "", area: "voice"), row[3].cell, .word(row[4].text ?? ""),
        .word(row[5].text ?? "", area: "voice"), row[6].cell, row[7].cell, row[8].cell)
    }
    return .list(grid)
  }
}
