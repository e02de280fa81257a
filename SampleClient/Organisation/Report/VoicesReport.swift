internal import Relay

/// R12: what is said, how far up it went, and which needs were met: counts, no names.
enum VoicesReport {
  static func page(_ look: Look) throws(RelayError) -> Page {
    var page = Page()
    if try look.sees("feedback") {
      var grid = Page.Grid(
        "voices", ["kind|kind|类别", "level|level|层级", "state|state|状态", "count|voices|条数"], bar: "count",
        empty: Phrase("nothing was said", "没有意见"))
      for row in try look.rows(
        "SELECT kind, level, state, count(*) FROM feedback WHERE on_date <= ? GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        [.text(look.day.text)])
      {
        grid.add(
          .word(row[0].text ?? "", area: "voice"), .word(row[1].text ?? ""), .word(row[2].text ?? "", area: "voice"),
          row[3].cell)
      }
      page.grids.append(grid)
    }
    var needs = Page.Grid(
      "needs", ["type|type|类型", "state|state|状态", "count|requests|申请数"], name: Phrase("Assistance", "帮扶"),
      empty: Phrase("no requests", "没有申请"))
    for row in try look.rows(
      """
      SELECT coalesce(substr(title, 1, instr(title || ':', ':') - 1), 'other'), state, count(*) FROM request
      WHERE kind = 'assistance' AND coalesce(opened_on, '') <= ? GROUP BY 1, 2 ORDER BY 1, 2
      """, [.text(look.day.text)])
    {
      needs.add(.word(row[0].text ?? "", area: "need"), .word(row[1].text ?? ""), row[2].cell)
    }
    page.grids.append(needs)
    return page
  }
}
