package import Relay

/// The work ledger: what was done and by whom, from the rows that facts and steps are.
package enum WorkLedger {
  /// The newest entries, by day.
  package static func page(_ look: Look, unit: String?, from: String?, most: Int = 500) throws(RelayError) -> Page {
    let chosen = try look.unitHere(unit)
    let from = from ?? look.day.month.text + "-01"
    try ColumnRules.check(from, "from_on", of: "sweep")
    var page = Page(Phrase("Work since \(from)", "自\(from)起的工作台账"))
    var grid = Page.Grid(
      "work",
      [
        "at|when|时间", "what|what|事项", "kind|kind|类别", "detail|detail|内容", "member|member|党员", "unit|unit|单位",
        "by|by|办理人",
      ], empty: Phrase("nothing was done", "没有记录"))
    let rows = try look.rows(
      """
      SELECT w.at, w.what, w.kind, w.detail, w.member, u.code, o.display_name FROM (\(try entries(look))) AS w
      LEFT JOIN org_unit AS u ON u.id = w.unit LEFT JOIN officer AS o ON o.id = w.by
      WHERE w.day BETWEEN ?1 AND ?2 AND (?3 IS NULL OR w.unit = ?3) ORDER BY w.at DESC, w.what, w.detail LIMIT ?4
      """, [.text(from), .text(look.day.text), Value(chosen), Value(most)])
    for row in rows.reversed() {
      let what = row[1].text ?? ""
      let detail: Cell =
        what == "dues" ? .fen(row[3].int) : what == "activity" ? row[3].cell : row[3].text.map { .word($0) } ?? .none
      grid.add(
        .text(look.zone.text(row[0].text ?? "")), .word(what, area: "work"), kind(row[2].text, of: what), detail,
        row[4].cell, row[5].cell, row[6].cell)
    }
    page.tell("entries", "entries", "条数", .number(rows.count))
    page.grids = [grid]
    if rows.count == most { page.note("cut", "Only the newest \(most).", "仅显示最近\(most)条。") }
    return page
  }

  /// How much of what was done since the year began.
  static func sums(_ look: Look) throws(RelayError) -> Page.Grid {
    var grid = Page.Grid(
      "sums", ["what|what|事项", "kind|kind|类别", "entries|entries|条数", "people|people|办理人数"],
      name: Phrase("This year, by what was done", "本年汇总"), bar: "entries",
      empty: Phrase("nothing was done", "没有记录"))
    for row in try look.rows(
      """
      SELECT what, kind, count(*), count(DISTINCT by) FROM (\(try entries(look))) WHERE day BETWEEN ? AND ?
      GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2
      """, [.text(digits(look.day.month.year, 4) + "-01-01"), .text(look.day.text)])
    {
      let what = row[0].text ?? ""
      grid.add(.word(what, area: "work"), kind(row[1].text, of: what), row[2].cell, row[3].cell)
    }
    return grid
  }

  private static func kind(_ code: String?, of what: String) -> Cell {
    .word(code ?? "", area: what == "activity" ? "activity" : what == "request" ? "step" : "")
  }

  /// One row an entry: when, on which day, what, its kind, particulars, about whom, whose unit, by whom. What the role does
  /// not get is left out.
  private static func entries(_ look: Look) throws(RelayError) -> String {
    func day(_ column: String) -> String { look.zone.dayInSQL(column) }
    var parts = [
      """
      SELECT v.starts_at AS at, \(day("v.starts_at")) AS day, 'activity' AS what, v.kind AS kind, v.title AS detail,
        NULL AS member, v.unit_id AS unit, NULL AS by FROM activity AS v WHERE v.state = 'held'
      """,
      """
      SELECT s.at, \(day("s.at")), 'request', s.step, r.kind, coalesce(r.title, r.claim_text), s.actor_unit_id, s.actor_id
      FROM request_step AS s JOIN request AS r ON r.id = s.request_id WHERE s.actor_id <> 'office'
      """,
    ]
    if try look.sees("contact_attempt") {
      parts.append(
        """
        SELECT c.at, \(day("c.at")), 'contact', c.channel, c.outcome, m.member_no, o.unit_id, c.by_officer
        FROM \(ContactAttempt.standing) AS c LEFT JOIN member AS m ON m.id = c.member_id LEFT JOIN officer AS o ON o.id = c.by_officer
        """)
    }
    if try look.sees("dues_entry") {
      parts.append(
        """
        SELECT e.taken_on, e.taken_on, 'dues', e.kind, e.amount_fen, m.member_no, o.unit_id, e.taken_by
        FROM dues_entry AS e LEFT JOIN member AS m ON m.id = e.member_id LEFT JOIN officer AS o ON o.id = e.taken_by
        """)
    }
    return parts.joined(separator: " UNION ALL ")
  }
}
