internal import Relay

/// R3: who came, who left, and what that does not explain.
enum MovementReport {
  static func page(_ look: Look) throws(RelayError) -> Page {
    let report = try SurveyReport(look.db, asOf: look.day.text)
    var page = Page()
    page.tell("members", "members", "党员", .number(report.members))
    page.tell("received", "received this year", "本年接收", .number(report.received))
    page.tell("left", "left this year", "本年转出", .number(report.left))
    let year = digits(look.day.month.year, 4)
    let span: [Value] = [.text(year + "-01-01"), .text(look.day.text)]
    for (kind, key, en, zh) in [
      ("resign", "resigned", "resigned this year", "本年退党"), ("admit", "admitted", "admitted this year", "本年发展"),
    ] {
      let count = try look.count(
        """
        SELECT count(*) FROM request WHERE kind = '\(kind)' AND state IN ('approved', 'done') AND same_as IS NULL
          AND decided_on BETWEEN ? AND ?
        """, span)
      page.tell(key, en, zh, .number(count))
    }
    if let other = report.otherNet { page.tell("otherNet", "other net", "其他净变化", .number(other)) }
    var counts = Page.Grid("headcounts", ["day|day|日期", "members|members|党员", "growth|growth|增长"], bar: "members")
    var before: Int?
    for count in report.headcounts.map({ ($0.day, $0.members) }) + [(look.day.text, report.members)] {
      counts.add(.text(count.0), .number(count.1), before.map { .number(count.1 - $0) } ?? .none)
      before = count.1
    }
    var months = Page.Grid(
      "months", ["month|month|月份", "received|received|接收", "left|left|转出", "net|net|净增"],
      name: Phrase("By month", "按月"))
    for row in try look.rows(
      """
      SELECT substr(decided_on, 1, 7), sum(kind = 'transfer_in'), sum(kind = 'transfer_out') FROM request
      WHERE kind IN ('transfer_in', 'transfer_out') AND state IN ('approved', 'done') AND same_as IS NULL
        AND decided_on BETWEEN ? AND ? GROUP BY 1 ORDER BY 1
      """, span)
    {
      months.add(row[0].cell, row[1].cell, row[2].cell, .number(row[1].int - row[2].int))
    }
    page.grids = [counts, months]
    return page
  }
}
