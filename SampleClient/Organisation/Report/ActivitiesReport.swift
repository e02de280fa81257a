internal import Relay

/// R8: what was held, who came, and where nothing happens.
enum ActivitiesReport {
  static func page(_ look: Look) throws(RelayError) -> Page {
    let year = digits(look.day.month.year, 4) + "-01-01"
    let span: [Value] = [.text(year), .text(look.day.text)]
    var page = Page()
    let seesMarks = try look.sees("attendance")
    var kinds = Page.Grid(
      "kinds",
      [
        "kind|kind|类型", "held|held|举办", "there|there|到场人次", "marked|marked|登记人次", "rate|rate|出席率", "guests|guests|来宾",
        "books|books|发放书籍",
      ],
      name: Phrase("Held this year, by kind", "本年举办（按类型）"))
    for row in try look.rows(
      """
      SELECT v.kind, count(*), sum(a.there), sum(a.marked), sum(v.guest_count), sum(v.books_given)
      FROM activity AS v LEFT JOIN (SELECT activity_id, sum(mark IN ('present', 'online')) AS there, count(*) AS marked
        FROM attendance WHERE mark <> 'excused' GROUP BY 1) AS a ON a.activity_id = v.id
      WHERE v.state = 'held' AND \(look.zone.dayInSQL("v.starts_at")) BETWEEN ?1 AND ?2 GROUP BY 1 ORDER BY 2 DESC, 1
      """, span)
    {
      kinds.add(
        .word(row[0].text ?? "", area: "activity"), row[1].cell, seesMarks ? .number(row[2].int) : .none,
        seesMarks ? .number(row[3].int) : .none, seesMarks ? .share(row[2].int, of: row[3].int) : .none, row[4].cell,
        row[5].cell)
    }
    var quiet = Page.Grid(
      "quiet", ["unit|branch|支部", "months|months without|无活动月数", "lecture|lecture this quarter|本季党课"],
      name: Phrase("Months without an activity", "无活动的月份"), empty: Phrase("every branch was active", "各支部均有活动"))
    let months = look.day.month.number
    let quarter = digits(look.day.month.year, 4) + "-" + digits((look.day.month.number - 1) / 3 * 3 + 1, 2) + "-01"
    for row in try look.rows(
      """
      SELECT u.code, count(DISTINCT substr(\(look.zone.dayInSQL("v.starts_at")), 1, 7)),
        sum(v.kind = 'lecture' AND \(look.zone.dayInSQL("v.starts_at")) >= ?3)
      FROM org_unit AS u LEFT JOIN activity AS v ON v.state = 'held' AND \(look.zone.dayInSQL("v.starts_at")) BETWEEN ?1 AND ?2
        AND (v.unit_id = u.id OR EXISTS (SELECT 1 FROM json_each(v.hosts) WHERE value = u.id))
      WHERE u.level = 'branch' AND (u.closed_on IS NULL OR u.closed_on > ?2)
        AND (?4 OR u.id IN (SELECT unit_id FROM member))
      GROUP BY u.id ORDER BY 2, 1
      """, span + [.text(quarter), look.rights.role == nil || look.rights.role == "committee" ? 1 : 0])
    where row[1].int < months || row[2].int == 0 {
      quiet.add(row[0].cell, .number(months - row[1].int), .flag(row[2].int > 0))
    }
    if seesMarks {
      let meetings = """
        FROM activity AS v JOIN org_unit AS u ON u.id = v.unit_id AND u.level = 'branch'
        WHERE v.state = 'held' AND v.kind IN ('meeting', 'organisation_life')
          AND \(look.zone.dayInSQL("v.starts_at")) BETWEEN ?1 AND ?2
        """
      let electorate = try Electorate(look)
      let marks = try Electorate.marks(look, of: "SELECT v.id " + meetings, span)
      let held = try look.rows("SELECT v.id, v.unit_id, \(look.zone.dayInSQL("v.starts_at")) " + meetings, span)
      let below = held.count { row in
        let (full, there) = electorate.count(
          row[1].text ?? "", on: row[2].text ?? "", marks: marks[row[0].text ?? ""] ?? [:])
        return there * 2 <= full
      }
      page.tell("meetings", "meetings held", "会议", .number(held.count))
      page.tell("belowQuorum", "below quorum", "未达法定人数", .number(below))
    }
    var flagged = Page.Grid(
      "flagged", ["title|what|项目", "unit|unit|单位", "day|day|日期"], name: Phrase("Show-case work", "品牌项目"))
    for row in try look.rows(
      """
      SELECT v.title, u.code, \(look.zone.dayInSQL("v.starts_at")) FROM activity AS v JOIN org_unit AS u ON u.id = v.unit_id
      WHERE (v.title LIKE '%#%' OR u.theme IS NOT NULL) AND v.state = 'held' AND \(look.zone.dayInSQL("v.starts_at")) BETWEEN ?1 AND ?2
      ORDER BY 3, 1 LIMIT 50
      """, span)
    {
      flagged.add(row[0].cell, row[1].cell, row[2].cell)
    }
    page.grids = [kinds, quiet] + (flagged.rows.isEmpty ? [] : [flagged])
    return page
  }
}
