package import Relay

/// What a member says, or somebody on the member's behalf: said once, never changed. The own word outranks others'.
package struct DeclarationDesk: Sendable {
  private let desk: Desk

  package init(_ desk: Desk) { self.desk = desk }

  package struct New: Sendable {
    package var topic: String
    package var body: String
    package var by = "self"
    package var effectiveOn: String?
    package var untilOn: String?
    package var supersedes: String?
    package var madeOn: String?

    package init(topic: String, body: String) { (self.topic, self.body) = (topic, body) }
  }

  /// - Returns: the declaration's id.
  package func declare(_ new: New, for member: Member, in db: Database) throws(RelayError) -> String {
    try ColumnRules.check(new.topic, "topic", of: "declaration")
    try ColumnRules.check(new.by, "by", of: "declaration")
    let made = new.madeOn ?? desk.today.text
    var days: [Value] = []
    for (column, text) in [("effective_on", new.effectiveOn), ("until_on", new.untilOn), ("made_on", made)] {
      days.append(
        try text.map { (text) throws(RelayError) in try ColumnRules.value(text, column, of: "declaration") } ?? .null)
    }
    guard made <= desk.today.text else {
      throw RelayError(.valueNotAllowed, "\(made) is not there yet", advice: "Nothing was changed. Check the day.")
    }
    let body = try ColumnRules.value(new.body, "body", of: "declaration")
    if let old = new.supersedes,
      try db.first("SELECT 1 FROM declaration WHERE id = ? AND member_id = ?", [.text(old), .text(member.id)]) == nil
    {
      throw RelayError(.notFound, "there is no declaration '\(old)' of \(member.title) on this device")
    }
    let id = desk.newID()
    try db.execute(
      """
      INSERT INTO declaration (id, member_id, topic, body, by, supersedes, effective_on, until_on, made_on)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """, [.text(id), .text(member.id), .text(new.topic), body, .text(new.by), Value(new.supersedes)] + days)
    if new.by == "self" { try ContactLog.raise(member.id, to: made, in: db) }
    return id
  }

  /// The committee's record that somebody is no longer a member, with the day: the branch loses the row, earlier days keep
  /// the member.
  package func leave(_ member: Member, status: String, on day: String?, in db: Database) throws(RelayError) {
    try desk.demandCommittee()
    guard status == "removed" || status == "deceased" else {
      throw RelayError(
        .valueNotAllowed, "'\(status)' is no way to leave here",
        advice: "Nothing was changed. It is removed or deceased; others leave by a request.")
    }
    if let day {
      try ColumnRules.check(day, "effective_on", of: "declaration")
      guard day <= desk.today.text, (member.cameOn ?? "") <= day else {
        throw RelayError(
          .valueNotAllowed, "\(member.title) cannot have left on \(day)",
          advice: "Nothing was changed. It is a day since the member came, and not after today.")
      }
    }
    var new = New(topic: "other", body: "left: " + status)
    (new.by, new.effectiveOn) = ("officer", day ?? desk.today.text)
    _ = try declare(new, for: member, in: db)
    try db.execute(
      "UPDATE member SET status = ?, unit_id = ? WHERE id = ?",
      [.text(status), .text(desk.unit.id), .text(member.id)])
  }

  package static func page(_ member: Member, _ look: Look) throws(RelayError) -> Page {
    var grid = Page.Grid(
      "declarations",
      [
        "made|made|申报日期", "topic|topic|事项", "body|what|内容", "by|whose word|申报人", "effective|from|起", "until|until|止",
        "state|standing|效力", "id|id|标识",
      ], empty: Phrase("nothing was declared", "没有申报"))
    let ids = try member.ids(in: look.db)
    var rows: [[Value]] = []
    for id in ids {
      rows += try look.rows(
        """
        SELECT made_on, topic, body, by, effective_on, until_on, id, supersedes FROM declaration WHERE member_id = ?
        """, [.text(id)])
    }
    let superseded = Set(rows.compactMap { $0[7].text })
    let trust = ["self": 0, "officer": 1, "third_party": 2]
    // Of each topic the newest own word is what holds; without one an officer's, and last what others say.
    var holds: [String: String] = [:]
    let ordered = rows.filter { !superseded.contains($0[6].text ?? "") }.sorted {
      (trust[$0[3].text ?? ""] ?? 9, $1[0].text ?? "", $1[6].text ?? "")
        < (trust[$1[3].text ?? ""] ?? 9, $0[0].text ?? "", $0[6].text ?? "")
    }
    for row in ordered where holds[row[1].text ?? ""] == nil { holds[row[1].text ?? ""] = row[6].text }
    for row in rows.sorted(by: { ($1[0].text ?? "", $1[6].text ?? "") < ($0[0].text ?? "", $0[6].text ?? "") }) {
      let id = row[6].text ?? ""
      let standing =
        superseded.contains(id)
        ? Phrase("corrected", "已更正")
        : holds[row[1].text ?? ""] == id
          ? Phrase("holds", "有效") : row[3] == "third_party" ? Phrase("hearsay", "传闻") : Phrase("earlier", "较早")
      grid.add(
        row[0].cell, .word(row[1].text ?? "", area: "topic"), row[2].cell, .word(row[3].text ?? "", area: "by"),
        row[4].cell, row[5].cell, .phrase(standing.en, standing), .text(id))
    }
    return .list(grid)
  }
}
