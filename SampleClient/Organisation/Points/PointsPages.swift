package import Relay

/// Points: what they come from, and the way to the gate.
package enum PointsPages {
  package static func check(_ member: Member, _ look: Look) throws(RelayError) -> Page {
    guard try look.sees("points_entry") else { return .unseen(Phrase("points", "积分")) }
    let gate = try PointsGate(member, on: look.day, in: look.db)
    var page = Page(Phrase("\(member.title): \(gate.text(.en))", "\(member.titleInChinese)：\(gate.text(.zh))"))
    page.tell("number", "no.", "编号", .text(member.number))
    page.tell("awarded", "awarded", "已确认", .number(gate.awarded))
    page.tell("expected", "not decided yet", "待确认", .number(gate.expected))
    page.tell("needed", "needed", "所需", .number(gate.needed))
    page.tell("mayPayOnline", "may pay online", "可线上交纳", .flag(gate.isOpen))
    var grid = Page.Grid(
      "entries", ["date|date|日期", "points|points|积分", "why|why|来源", "title|what|内容"], empty: Phrase("none yet", "暂无"))
    for id in try member.ids(in: look.db) {
      for row in try look.rows(
        """
        SELECT p.on_date, p.points, p.why, v.title FROM points_entry AS p
        LEFT JOIN attendance AS a ON a.id = p.source_id LEFT JOIN activity AS v ON v.id = a.activity_id
        WHERE p.member_id = ? AND p.year = ? AND p.on_date <= ? ORDER BY p.on_date, p.id
        """, [.text(id), Value(look.day.month.year), .text(look.day.text)])
      {
        grid.add(row[0].cell, row[1].cell, .word(row[2].text ?? "", area: "points"), row[3].cell)
      }
    }
    page.grids = [grid]
    return page
  }

  /// Twelve months of one member, or of everybody here, with the gate.
  package static func chart(_ member: Member?, _ look: Look) throws(RelayError) -> Page {
    guard try look.sees("points_entry") else { return .unseen(Phrase("points", "积分")) }
    let last = look.day.month
    let first = last.advanced(by: -11)
    let ids = try member.map { (member) throws(RelayError) in try member.ids(in: look.db) }
    var byMonth: [String: Int] = [:]
    for id in ids ?? [""] {
      for row in try look.rows(
        """
        SELECT substr(on_date, 1, 7), sum(points) FROM points_entry
        WHERE (?1 = '' OR member_id = ?1) AND on_date >= ?2 AND on_date <= ?3 GROUP BY 1
        """, [.text(id), .text(first.text), .text(look.day.text)])
      {
        byMonth[row[0].text ?? "", default: 0] += row[1].int
      }
    }
    let title = member?.title ?? Language.say("everybody here", "本机全体")
    var page = Page(Phrase("Points by month: \(title)", "每月积分：\(title)"))
    var grid = Page.Grid(
      "months", ["month|month|月份", "points|points|积分", "sum|year so far|本年累计", "gate|gate|线上交费"], bar: "points")
    let needed = look.policy.pointsForOnline
    var sum = 0
    for index in first.index...last.index {
      let month = Month(index: index)
      if month.number == 1 { sum = 0 }
      sum += byMonth[month.text] ?? 0
      let isOpen = member != nil && sum >= needed
      grid.add(
        .text(month.text), .number(byMonth[month.text] ?? 0), .number(sum),
        member == nil ? .none : .phrase(isOpen ? "open" : "closed", isOpen ? Phrase("open", "已达到") : Phrase("", "")))
    }
    page.tell("needed", "gate at", "所需积分", .number(needed))
    page.grids = [grid]
    return page
  }
}

/// Points that do not come from attendance: study and service, which a region or the committee sees to.
package struct PointsDesk: Sendable {
  private let desk: Desk

  package init(_ desk: Desk) { self.desk = desk }

  package func add(
    _ points: Int, why: String, to member: Member, on day: String?, in db: Database
  ) throws(RelayError) -> String {
    guard desk.unit.level != .branch else {
      throw RelayError(
        .roleForbids, "points come from attendance, or from the region and the committee",
        advice: "Nothing was changed.")
    }
    guard ["study", "service", "adjustment"].contains(why), (-1000...1000).contains(points), points != 0 else {
      throw RelayError(
        .valueNotAllowed, "\(points) for '\(why)' cannot be",
        advice: "Nothing was changed. Why is study, service or adjustment.")
    }
    let day = day ?? desk.today.text
    try ColumnRules.check(day, "from_on", of: "sweep")
    let id = desk.newID()
    try db.execute(
      "INSERT INTO points_entry (id, member_id, year, points, why, on_date) VALUES (?, ?, ?, ?, ?, ?)",
      [.text(id), .text(member.id), Value(Int(day.prefix(4)) ?? 0), Value(points), .text(why), .text(day)])
    return id
  }
}
