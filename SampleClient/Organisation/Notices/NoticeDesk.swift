package import Relay

/// Notices: what is announced, and who was told.
package struct NoticeDesk: Sendable {
  private let desk: Desk

  package init(_ desk: Desk) { self.desk = desk }

  /// - Returns: the notice's id.
  package func post(
    _ title: String, body: String, audience: String?, expires: String?, needsReceipt: Bool, in db: Database
  ) throws(RelayError) -> String {
    guard !title.isEmpty, !body.isEmpty else { throw RelayError(.valueNotAllowed, "a notice needs a title and a text") }
    let allowed = ["branch", "below", "secretaries"]
    let audience = audience ?? (desk.unit.level == .branch ? "branch" : "below")
    guard allowed.contains(audience) else {
      throw RelayError(
        .valueNotAllowed, "'\(audience)' is no audience",
        advice: "Nothing was changed. It is one of: \(allowed.joined(separator: ", ")).")
    }
    if let expires { try ColumnRules.check(expires, "expires_on", of: "notice") }
    guard body.unicodeScalars.count <= 20_000 else { throw RelayError(.valueNotAllowed, "the text is too long") }
    let id = desk.newID()
    try db.execute(
      """
      INSERT INTO notice (id, unit_id, title, body, audience, posted_at, expires_on, needs_receipt)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(id), .text(desk.unit.id), .text(title), .text(body), .text(audience), .text(desk.now.text),
        Value(expires), needsReceipt ? 1 : 0,
      ])
    return id
  }

  /// - Parameter channel: `self` where the member itself confirmed; that is a contact.
  /// - Returns: how many were told for the first time.
  package func tell(
    _ which: String, to members: [String], everybody: Bool, channel: String, in db: Database
  ) throws(RelayError) -> Int {
    let notice = try NoticePages.find(which, in: db)
    let channels = ["self", "mobile", "phone", "chat", "email", "visit", "meeting", "post"]
    guard channels.contains(channel) else {
      throw RelayError(
        .valueNotAllowed, "'\(channel)' is no channel",
        advice: "Nothing was changed. It is one of: \(channels.joined(separator: ", ")).")
    }
    var chosen: [Member] = []
    for who in members { chosen.append(try Member.find(who, in: db)) }
    if everybody {
      chosen += try db.query(
        """
        SELECT \(Member.columns) FROM member AS m WHERE m.unit_id = ? AND m.status = 'active' AND m.merged_into IS NULL
        ORDER BY m.id
        """, [.text(desk.unit.id)], Member.read)
    }
    guard !chosen.isEmpty else { throw RelayError(.usage, "nobody is named; --all means your whole branch") }
    var new = 0
    for member in chosen {
      try db.execute(
        """
        INSERT INTO notice_receipt (id, notice_id, member_id, told_at, channel)
        SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (SELECT 1 FROM notice_receipt WHERE id = ?1)
        """, [.text(notice + ":" + member.id), .text(notice), .text(member.id), .text(desk.now.text), .text(channel)])
      new += db.changes
      if db.changes > 0, channel == "self" { try ContactLog.raise(member.id, to: desk.today.text, in: db) }
    }
    return new
  }
}

package enum NoticePages {
  /// - Returns: the id of the notice with this id, start of an id, or title.
  package static func find(_ which: String, in db: Database) throws(RelayError) -> String {
    let found = try db.query(
      "SELECT id FROM notice WHERE id = ?1 OR title = ?1 OR substr(id, 1, length(?1)) = ?1 ORDER BY id = ?1 DESC, id",
      [.text(which)]
    ) { (row) throws(RelayError) in row[0].text ?? "" }
    guard !which.isEmpty, let first = found.first else {
      throw RelayError(.notFound, "there is no notice '\(which)' on this device")
    }
    guard found.count == 1 || first == which else {
      throw RelayError(.valueNotAllowed, "\(found.count) notices are called '\(which)'", advice: "Give the id.")
    }
    return first
  }

  private static let reach = """
    (SELECT count(DISTINCT r.member_id) FROM notice_receipt AS r JOIN member AS m ON m.id = r.member_id
      WHERE r.notice_id = n.id AND m.status = 'active')
    """

  package static func list(_ look: Look, all: Bool) throws(RelayError) -> Page {
    var grid = Page.Grid(
      "notices",
      [
        "posted|posted|发布", "unit|unit|单位", "title|title|标题", "audience|for|对象", "expires|until|截止",
        "receipt|receipt asked|需回执", "told|told|已传达", "id|id|标识",
      ], empty: Phrase("no notices", "没有通知"))
    for row in try look.rows(
      """
      SELECT n.posted_at, u.code, n.title, n.audience, n.expires_on, n.needs_receipt, \(reach), n.id
      FROM notice AS n LEFT JOIN org_unit AS u ON u.id = n.unit_id
      WHERE ?1 OR n.expires_on IS NULL OR n.expires_on >= ?2 ORDER BY n.posted_at, n.id
      """, [all ? 1 : 0, .text(look.day.text)])
    {
      grid.add(
        .text(look.zone.text(row[0].text ?? "")), row[1].cell, row[2].cell, .word(row[3].text ?? "", area: "audience"),
        row[4].cell, .flag(row[5] == 1), row[6].cell, row[7].cell)
    }
    return .list(grid)
  }

  package static func show(_ which: String, _ look: Look) throws(RelayError) -> Page {
    let id = try find(which, in: look.db)
    let row = try look.rows(
      """
      SELECT n.title, u.code, n.posted_at, n.audience, n.expires_on, n.body, \(reach), (
        SELECT count(*) FROM member AS m WHERE m.status = 'active' AND m.merged_into IS NULL
          AND (u.level <> 'branch' OR m.unit_id = n.unit_id))
      FROM notice AS n LEFT JOIN org_unit AS u ON u.id = n.unit_id WHERE n.id = ?
      """, [.text(id)])[0]
    var page = Page(Phrase(row[0].text ?? "", row[0].text ?? ""))
    page.tell("id", "id", "标识", .text(id))
    page.tell("unit", "unit", "单位", row[1].cell)
    page.tell("posted", "posted", "发布", .text(look.zone.text(row[2].text ?? "")))
    page.tell("audience", "for", "对象", .word(row[3].text ?? "", area: "audience"))
    page.tell("expires", "until", "截止", row[4].cell)
    page.tell("body", "text", "内容", row[5].cell)
    page.tell("told", "told", "已传达", row[6].cell)
    page.tell("members", "members here", "本机党员", row[7].cell)
    var grid = Page.Grid("untold", ["number|no.|编号", "name|name|姓名"], name: Phrase("Not told yet", "尚未传达"))
    for member in try look.rows(
      """
      SELECT m.member_no, m.full_name FROM member AS m, notice AS n LEFT JOIN org_unit AS u ON u.id = n.unit_id
      WHERE n.id = ?1 AND m.status = 'active' AND m.merged_into IS NULL AND (u.level <> 'branch' OR m.unit_id = n.unit_id)
        AND NOT EXISTS (SELECT 1 FROM notice_receipt AS r WHERE r.notice_id = ?1 AND r.member_id = m.id)
      ORDER BY m.member_no LIMIT 200
      """, [.text(id)])
    {
      grid.add(member[0].cell, member[1].cell)
    }
    page.grids = [grid]
    return page
  }

  /// Text to paste into a chat: nothing in it names a member.
  package static func export(_ which: String, _ look: Look) throws(RelayError) -> Page {
    let id = try find(which, in: look.db)
    let row = try look.rows(
      """
      SELECT n.title, n.body, u.name, n.posted_at, n.expires_on, n.needs_receipt FROM notice AS n
      LEFT JOIN org_unit AS u ON u.id = n.unit_id WHERE n.id = ?
      """, [.text(id)])[0]
    func text(_ language: Language) -> String {
      var lines = [
        "【\(row[0].text ?? "")】", row[1].text ?? "", "", "\(row[2].text ?? "?")  \(look.zone.text(row[3].text ?? ""))",
      ]
      if let until = row[4].text { lines.append(language.choose("valid until \(until)", "有效期至\(until)")) }
      if row[5] == 1 { lines.append(language.choose("Please confirm that you have read this.", "收到请回复。")) }
      return lines.joined(separator: "\n")
    }
    var page = Page(Phrase(text(.en), text(.zh)))
    page.facts = [Page.Fact(key: "text", name: Phrase("", ""), value: .text(text(Language.spoken)))]
    page.isBare = true
    return page
  }
}
