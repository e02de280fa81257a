package import Relay

/// Attendance rates, quorums, and the branch's work as a list.
package enum ActivityPages {
  /// Of those who were expected, how many came. Who is kept abroad is not expected.
  package static func rate(
    _ look: Look, unit: String?, from: String?, kind: String? = nil
  ) throws(RelayError) -> Page {
    guard try look.sees("attendance") else { return .unseen(Phrase("attendance", "出席情况")) }
    let chosen = try look.unitHere(unit)
    let from = from ?? digits(look.day.month.year, 4) + "-01-01"
    try ColumnRules.check(from, "from_on", of: "sweep")
    var page = Page(Phrase("Attendance since \(from)", "自\(from)起的出席率"))
    var grid = Page.Grid(
      "activities",
      [
        "day|day|日期", "unit|unit|单位", "kind|kind|类型", "title|title|名称", "there|there|到场", "marked|marked|登记",
        "rate|rate|出席率",
      ], bar: "rate", empty: Phrase("nothing was held", "没有举办"))
    var (there, marked) = (0, 0)
    for row in try look.rows(
      """
      SELECT v.starts_at, u.code, v.kind, v.title, sum(a.mark IN ('present', 'online')), count(*)
      FROM activity AS v LEFT JOIN org_unit AS u ON u.id = v.unit_id
        JOIN \(Marks.ofPersons("IS NOT NULL")) AS a ON a.activity_id = v.id
        JOIN member AS m ON m.id = a.member_id
      WHERE v.state = 'held' AND \(look.zone.dayInSQL("v.starts_at")) BETWEEN ?1 AND ?2 AND (?3 IS NULL OR v.unit_id = ?3)
        AND (?4 IS NULL OR v.kind = ?4) AND m.status <> 'kept_abroad' AND a.mark <> 'excused'
      GROUP BY v.id ORDER BY v.starts_at, v.id
      """, [.text(from), .text(look.day.text), Value(chosen), Value(kind)])
    {
      (there, marked) = (there + row[4].int, marked + row[5].int)
      grid.add(
        .text(String(look.zone.text(row[0].text ?? "").prefix(10))), row[1].cell,
        .word(row[2].text ?? "", area: "activity"),
        row[3].cell, row[4].cell, row[5].cell, .share(row[4].int, of: row[5].int))
    }
    page.tell("there", "there", "到场", .number(there))
    page.tell("marked", "marked", "登记", .number(marked))
    page.tell("rate", "rate", "出席率", .share(there, of: marked))
    page.grids = [grid]
    if chosen == nil { try page.tellAway(look) }
    if try isPast(from, look) { page.tellLeft() }
    return page
  }

  /// May the meeting vote? More than half of those who were the unit's full members on its day are there, on site or online.
  package static func quorum(_ activity: Activity, _ look: Look) throws(RelayError) -> Page {
    guard try look.sees("attendance") else { return .unseen(Phrase("attendance", "出席情况")) }
    let day = try day(of: activity, look)
    let marks = try Electorate.marks(look, of: "?", [.text(activity.id)])
    let (full, there) = try Electorate(look).count(activity.unitID, on: day, marks: marks[activity.id] ?? [:])
    let isMet = there * 2 > full
    var page = Page(Phrase(activity.title, activity.title))
    page.tell("id", "id", "标识", .text(activity.id))
    page.tell("full", "full members", "正式党员", .number(full))
    page.tell("there", "there", "到会", .number(there))
    page.tell("needed", "needed", "法定人数", .number(full / 2 + 1))
    page.tell("quorum", "quorum", "达到法定人数", .flag(isMet))
    if try isPast(day, look) { page.tellLeft() }
    return page
  }

  /// The day of the meeting; today while it is still to come.
  private static func day(of activity: Activity, _ look: Look) throws(RelayError) -> String {
    let start = try look.rows("SELECT starts_at FROM activity WHERE id = ?", [.text(activity.id)]).first?[0].text
    guard let start else { return look.day.text }
    return min(String(look.zone.text(start).prefix(10)), look.day.text)
  }

  /// Who has left a branch since then is not on its devices any more.
  private static func isPast(_ day: String, _ look: Look) throws(RelayError) -> Bool {
    guard let role = look.rights.role, role != "committee" else { return false }
    return day <= look.day.text
  }
}

extension Page {
  fileprivate mutating func tellLeft() {
    note(
      "left_since", "Who has left the branch since then is counted at the committee only.", "此后离开本支部的党员只在党委处计入。")
  }
}
