internal import Relay

/// R9: who is reached, by what way, who is lost and who was found again.
enum ReachReport {
  static func page(_ look: Look) throws(RelayError) -> Page {
    var page = Page()
    let year = digits(look.day.month.year, 4) + "-01-01"
    let span: [Value] = [.text(year), .text(look.day.text)]
    let active = "m.status = 'active' AND m.merged_into IS NULL"
    let total = try look.count("SELECT count(*) FROM member AS m WHERE \(active)")
    let reached = try look.count(
      "SELECT count(*) FROM member AS m WHERE \(active) AND m.last_contact_on BETWEEN ? AND ?",
      [.text(look.day.earlier(byMonths: look.policy.atRiskMonths).text), .text(look.day.text)])
    page.tell("members", "active members", "在册党员", .number(total))
    page.tell(
      "reached", "reached within \(look.policy.atRiskMonths) months", "\(look.policy.atRiskMonths)个月内联系上",
      .number(reached))
    page.tell("coverage", "coverage", "覆盖率", .share(reached, of: total))
    var states = Page.Grid("reach", ["reach|reach|联系情况", "members|members|党员", "share|share|比例"], bar: "members")
    for row in try look.rows("SELECT m.reach, count(*) FROM member AS m WHERE \(active) GROUP BY 1 ORDER BY 2 DESC, 1")
    {
      states.add(.word(row[0].text ?? ""), row[1].cell, .share(row[1].int, of: total))
    }
    page.grids = [states]
    if try look.sees("contact_attempt") {
      var ways = Page.Grid(
        "channels", ["channel|channel|方式", "attempts|attempts|次数", "reached|reached|联系上", "rate|rate|成功率"],
        name: Phrase("Attempts this year, by channel", "本年联系（按方式）"), bar: "attempts")
      for row in try look.rows(
        """
        SELECT channel, count(*), sum(outcome = 'reached') FROM \(ContactAttempt.standing) WHERE \(look.zone.dayInSQL("at")) BETWEEN ? AND ?
        GROUP BY 1 ORDER BY 2 DESC, 1
        """, span)
      {
        ways.add(.word(row[0].text ?? ""), row[1].cell, row[2].cell, .share(row[2].int, of: row[1].int))
      }
      var outcomes = Page.Grid("outcomes", ["outcome|outcome|结果", "attempts|attempts|次数"], bar: "attempts")
      for row in try look.rows(
        "SELECT outcome, count(*) FROM \(ContactAttempt.standing) WHERE \(look.zone.dayInSQL("at")) BETWEEN ? AND ? GROUP BY 1 ORDER BY 2 DESC, 1",
        span)
      {
        outcomes.add(.word(row[0].text ?? ""), row[1].cell)
      }
      var callers = Page.Grid(
        "callers", ["name|by|联系人", "unit|unit|单位", "attempts|attempts|次数"], name: Phrase("By caller", "按联系人"))
      for row in try look.rows(
        """
        SELECT coalesce(o.display_name, c.by_officer), u.code, count(*) FROM \(ContactAttempt.standing) AS c
        LEFT JOIN officer AS o ON o.id = c.by_officer LEFT JOIN org_unit AS u ON u.id = o.unit_id
        WHERE \(look.zone.dayInSQL("c.at")) BETWEEN ? AND ? GROUP BY c.by_officer ORDER BY 3 DESC, 1 LIMIT 20
        """, span)
      {
        callers.add(row[0].cell, row[1].cell, row[2].cell)
      }
      let hearsay = try look.count(
        """
        SELECT count(DISTINCT c.member_id) FROM \(ContactAttempt.standing) AS c JOIN member AS m ON m.id = c.member_id
        WHERE c.outcome IN ('said_abroad', 'moved') AND \(active) AND \(look.zone.dayInSQL("c.at")) >= coalesce(m.last_contact_on, '')
        """)
      page.tell("toClarify", "hearsay to be clarified", "传闻待核实", .number(hearsay))
      page.grids += [ways, outcomes, callers, try found(look)]
    }
    if try look.sees("declaration") { page.grids.append(try declared(look, active)) }
    return page
  }

  /// Found again: reached in a sweep after having been out of reach for longer than the rule allows.
  private static func found(_ look: Look) throws(RelayError) -> Page.Grid {
    var grid = Page.Grid(
      "sweeps",
      [
        "title|sweep|摸排", "unit|unit|单位", "from|from|开始", "reached|reached by its calls|摸排联系上",
        "found|found again|重新找到",
      ], name: Phrase("Sweeps", "摸排"))
    for row in try look.rows(
      """
      SELECT s.title, u.code, s.from_on, count(DISTINCT c.member_id), count(DISTINCT CASE WHEN NOT EXISTS (
          SELECT 1 FROM contact_attempt AS p WHERE p.member_id = c.member_id AND p.id NOT IN \(ContactAttempt.overruled) AND p.outcome = 'reached' AND p.at < c.at
            AND p.at >= date(c.at, '-' || ?2 || ' months')) THEN c.member_id END)
      FROM sweep AS s LEFT JOIN org_unit AS u ON u.id = s.unit_id
        JOIN \(ContactAttempt.standing) AS c ON c.sweep_id = s.id AND c.outcome = 'reached'
      WHERE s.from_on <= ?1 GROUP BY s.id ORDER BY s.from_on DESC, s.id LIMIT 30
      """, [.text(look.day.text), Value(look.policy.atRiskMonths)])
    {
      grid.add(row[0].cell, row[1].cell, row[2].cell, row[3].cell, row[4].cell)
    }
    return grid
  }

  private static func declared(_ look: Look, _ active: String) throws(RelayError) -> Page.Grid {
    var grid = Page.Grid(
      "declarations", ["age|last own declaration|最近本人申报", "members|members|党员"],
      name: Phrase("Age of the own word", "本人申报时间"), bar: "members")
    let labels: [(String, Phrase)] = [
      ("under_6", Phrase("under 6 months", "6个月内")), ("6_11", Phrase("6-11 months", "6-11个月")),
      ("12_and_over", Phrase("a year and more", "1年以上")), ("never", Phrase("never", "从未")),
    ]
    var counts: [String: Int] = [:]
    for row in try look.rows(
      """
      SELECT CASE WHEN d.last IS NULL THEN 'never' WHEN d.last > date(?1, '-6 months') THEN 'under_6'
          WHEN d.last > date(?1, '-12 months') THEN '6_11' ELSE '12_and_over' END, count(*)
      FROM member AS m LEFT JOIN (SELECT member_id, max(made_on) AS last FROM declaration
        WHERE by = 'self' AND made_on <= ?1 GROUP BY 1) AS d ON d.member_id = m.id WHERE \(active) GROUP BY 1
      """, [.text(look.day.text)])
    {
      counts[row[0].text ?? ""] = row[1].int
    }
    for (key, label) in labels { grid.add(.phrase(key, label), .number(counts[key] ?? 0)) }
    return grid
  }
}
