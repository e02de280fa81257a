package import Relay

/// R6: sizes, minimum, places; where a branch of its own is due, and whom themes would bring together.
enum BranchReport {
  static func page(_ look: Look) throws(RelayError) -> Page {
    var page = try BranchPages.size(look)
    page.append(try BranchPages.check(look))
    if try look.sees("employer", of: "member") {
      var grid = Page.Grid(
        "employers", ["employer|employer|单位", "full|full members|正式党员"],
        name: Phrase("Employers without a branch of their own", "应建未建单位"))
      for row in try look.rows(
        """
        SELECT m.employer, count(*) FROM member AS m JOIN org_unit AS u ON u.id = m.unit_id
        WHERE m.employer IS NOT NULL AND m.merged_into IS NULL AND m.status = 'active' AND m.grade = 'full'
          AND u.kind <> 'enterprise'
        GROUP BY 1 HAVING count(*) >= ? ORDER BY 2 DESC, 1 LIMIT 20
        """, [Value(look.policy.enterpriseMinimum)])
      {
        grid.add(row[0].cell, row[1].cell)
      }
      page.grids.append(grid)
      var themes = Page.Grid(
        "themes", ["interest|interest|爱好", "members|members|党员"],
        name: Phrase("Candidates for themed branches", "特色支部意向"))
      for row in try look.rows(
        """
        SELECT i.value, count(*) FROM member AS m, json_each(m.interests) AS i
        WHERE m.status = 'active' AND m.merged_into IS NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 15
        """)
      {
        themes.add(row[0].cell, row[1].cell)
      }
      page.grids.append(themes)
    }
    return page
  }
}

/// R7: what is open and how long, why it was refused, who is in the pocket, who is abroad, who should move.
enum RequestsReport {
  static func page(_ look: Look) throws(RelayError) -> Page {
    var page = Page()
    let standings = try RequestPages.standings(RequestPages.kinds, look).filter { $0.request.sameAs == nil }
    var open = Page.Grid(
      "open",
      [
        "kind|kind|类别", "state|state|状态", "under30|under 30 days|30天内", "under90|30-89 days|30-89天",
        "older|90 days and more|90天以上",
      ],
      empty: Phrase("nothing is open", "没有未办申请"))
    var counts: [String: [Int]] = [:]
    for standing in standings where !standing.request.isClosed {
      let age = standing.request.openedOn.flatMap { Day($0) }.map { look.day.sinceEpoch - $0.sinceEpoch } ?? 0
      counts[standing.request.kind + " " + standing.state, default: [0, 0, 0]][age < 30 ? 0 : age < 90 ? 1 : 2] += 1
    }
    for key in counts.keys.sorted() {
      let parts = key.split(separator: " ").map(String.init)
      let numbers = counts[key] ?? [0, 0, 0]
      open.add(.word(parts[0]), .word(parts[1]), .number(numbers[0]), .number(numbers[1]), .number(numbers[2]))
    }
    let reasons = try look.policy.refusalReasons(in: look.db)
    var refusals: [String: Int] = [:]
    for standing in standings where standing.state == "refused" {
      let note = standing.steps.last { $0.kind == "refuse" && standing.fold.idle[$0.id] == nil }?.note ?? ""
      let word = String(note.prefix { $0 != ":" && $0 != " " })
      refusals[reasons.contains(word) ? word : "other", default: 0] += 1
    }
    var refused = Page.Grid(
      "refusals", ["reason|reason|理由", "count|refused|拒收"], name: Phrase("Refusals by reason", "拒收理由"),
      empty: Phrase("no refusals", "没有拒收"))
    for key in refusals.keys.sorted() { refused.add(.word(key, area: "refusal"), .number(refusals[key] ?? 0)) }
    page.grids = [open, refused, try TransferPages.stale(look).grids[0], try abroad(look), try retired(look)]
    return page
  }

  private static func abroad(_ look: Look) throws(RelayError) -> Page.Grid {
    var grid = Page.Grid(
      "abroad", ["status|status|党籍", "members|members|党员", "overdue|return overdue|逾期未归"],
      name: Phrase("Abroad", "出国（境）"))
    for row in try look.rows(
      """
      SELECT m.status, count(*), sum(coalesce((SELECT max(r.until_on) FROM request AS r WHERE r.member_id = m.id
        AND r.kind = 'keep_membership' AND r.state IN ('approved', 'done')), '9999') < ?1)
      FROM member AS m WHERE m.status IN ('kept_abroad', 'suspended') AND m.merged_into IS NULL GROUP BY 1 ORDER BY 1
      """, [.text(look.day.text)])
    {
      grid.add(.word(row[0].text ?? ""), row[1].cell, row[2].cell)
    }
    return grid
  }

  private static func retired(_ look: Look) throws(RelayError) -> Page.Grid {
    var grid = Page.Grid(
      "retired", ["number|no.|编号", "name|name|姓名", "unit|branch|支部", "since|since|退休"],
      name: Phrase("Retired more than 3 months ago, still here", "退休超过3个月未转出"))
    guard try look.sees("declaration") else { return grid }
    for row in try look.rows(
      """
      SELECT m.member_no, m.full_name, u.code, max(coalesce(d.effective_on, d.made_on)) FROM declaration AS d
        JOIN member AS m ON m.id = d.member_id LEFT JOIN org_unit AS u ON u.id = m.unit_id
      WHERE d.topic = 'retired' AND m.status = 'active' AND m.merged_into IS NULL
      GROUP BY m.id HAVING max(coalesce(d.effective_on, d.made_on)) < ? ORDER BY 4, 1 LIMIT 200
      """, [.text(look.day.earlier(byMonths: 3).text)])
    {
      grid.add(row[0].cell, row[1].cell, row[2].cell, row[3].cell)
    }
    return grid
  }
}

package enum TransferPages {
  /// Released, and accepted by nobody for longer than the policy allows: a tie in the pocket.
  package static func stale(_ look: Look) throws(RelayError) -> Page {
    var grid = Page.Grid(
      "stale",
      ["title|member|党员", "from|from|转出", "to|to|转入", "state|state|状态", "since|since|自", "days|days|天数", "id|id|标识"],
      name: Phrase("Ties in the pocket", "口袋党员"), empty: Phrase("none", "没有"))
    let units = try OrgUnit.all(in: look.db)
    for standing in try RequestPages.standings(["transfer_internal", "transfer_out", "transfer_in"], look) {
      let request = standing.request
      guard request.sameAs == nil else { continue }
      let isWaiting = !request.isClosed && standing.fold.stop == nil && standing.fold.taken.contains("release")
      let isOut = request.kind == "transfer_out" && request.state == "approved"
      guard isWaiting && !standing.fold.taken.contains("accept") || isOut,
        let since = standing.steps.first(where: { $0.kind == "release" })?.at.prefix(10), let day = Day(String(since))
      else { continue }
      let days = look.day.sinceEpoch - day.sinceEpoch
      guard days >= look.policy.staleDays else { continue }
      grid.add(
        Cell(request.title ?? request.claim), Cell(request.fromUnitID.flatMap { units[$0]?.code }),
        Cell(request.toUnitID.flatMap { units[$0]?.code } ?? request.outside), .word(standing.state),
        .text(String(since)),
        .number(days), .text(request.id))
    }
    return .list(grid)
  }

  /// Who might be better elsewhere: retired, or living where another branch is.
  package static func suggest(_ look: Look, by: String) throws(RelayError) -> Page {
    guard ["area", "retired", "parked"].contains(by) else {
      throw RelayError(.valueNotAllowed, "'\(by)' is no way to look", advice: "It is area, retired or parked.")
    }
    var grid = Page.Grid(
      "members", ["number|no.|编号", "name|name|姓名", "unit|branch|支部", "why|why|原因", "to|near to|就近支部"],
      empty: Phrase("nobody", "没有"))
    let sql: String
    switch by {
    case "area":
      sql = """
        SELECT m.member_no, m.full_name, u.code, m.area, (SELECT min(o.code) FROM org_unit AS o
          WHERE o.level = 'branch' AND o.area = m.area AND o.closed_on IS NULL)
        FROM member AS m JOIN org_unit AS u ON u.id = m.unit_id
        WHERE m.area IS NOT NULL AND m.area IS NOT u.area AND m.status = 'active' AND m.merged_into IS NULL AND ?1 <> ''
        ORDER BY m.area, m.member_no LIMIT 500
        """
    case "retired":
      sql = """
        SELECT m.member_no, m.full_name, u.code, max(d.made_on), NULL FROM declaration AS d
          JOIN member AS m ON m.id = d.member_id LEFT JOIN org_unit AS u ON u.id = m.unit_id
        WHERE d.topic = 'retired' AND m.status = 'active' AND m.merged_into IS NULL
          AND coalesce(d.effective_on, d.made_on) < date(?1, '-3 months') GROUP BY m.id ORDER BY m.member_no
        """
    default:
      sql = """
        SELECT m.member_no, m.full_name, u.code, coalesce(m.last_contact_on, '-'), NULL FROM member AS m
          LEFT JOIN org_unit AS u ON u.id = m.unit_id
        WHERE \(MemberFilter.parked) ORDER BY m.member_no
        """
    }
    for row in try look.rows(sql, [.text(look.day.text)]) {
      grid.add(row[0].cell, row[1].cell, row[2].cell, row[3].cell, row[4].cell)
    }
    return .list(grid)
  }
}

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
      WHERE v.state = 'held' AND substr(v.starts_at, 1, 10) BETWEEN ?1 AND ?2 GROUP BY 1 ORDER BY 2 DESC, 1
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
      SELECT u.code, count(DISTINCT substr(v.starts_at, 1, 7)),
        sum(v.kind = 'lecture' AND substr(v.starts_at, 1, 10) >= ?3)
      FROM org_unit AS u LEFT JOIN activity AS v ON v.state = 'held' AND substr(v.starts_at, 1, 10) BETWEEN ?1 AND ?2
        AND (v.unit_id = u.id OR EXISTS (SELECT 1 FROM json_each(v.hosts) WHERE value = u.id))
      WHERE u.level = 'branch' AND (u.closed_on IS NULL OR u.closed_on > ?2)
        AND (?4 OR u.id IN (SELECT unit_id FROM member))
      GROUP BY u.id ORDER BY 2, 1
      """, span + [.text(quarter), look.rights.role == nil || look.rights.role == "committee" ? 1 : 0])
    where row[1].int < months || row[2].int == 0 {
      quiet.add(row[0].cell, .number(months - row[1].int), .flag(row[2].int > 0))
    }
    if seesMarks {
      let below = try look.rows(
        """
        SELECT count(*), sum(q.there * 2 <= q.full) FROM (
          SELECT (SELECT count(*) FROM member AS m WHERE m.unit_id = v.unit_id AND m.grade = 'full' AND m.status = 'active'
              AND m.merged_into IS NULL) AS full,
            (SELECT count(*) FROM attendance AS a JOIN member AS m ON m.id = a.member_id AND m.grade = 'full'
              WHERE a.activity_id = v.id AND a.mark IN ('present', 'online') AND m.unit_id = v.unit_id) AS there
          FROM activity AS v JOIN org_unit AS u ON u.id = v.unit_id AND u.level = 'branch'
          WHERE v.state = 'held' AND v.kind IN ('meeting', 'organisation_life')
            AND substr(v.starts_at, 1, 10) BETWEEN ?1 AND ?2) AS q
        """, span)[0]
      page.tell("meetings", "meetings held", "会议", .number(below[0].int))
      page.tell("belowQuorum", "below quorum", "未达法定人数", .number(below[1].int))
    }
    var flagged = Page.Grid(
      "flagged", ["title|what|项目", "unit|unit|单位", "day|day|日期"], name: Phrase("Show-case work", "品牌项目"))
    for row in try look.rows(
      """
      SELECT v.title, u.code, substr(v.starts_at, 1, 10) FROM activity AS v JOIN org_unit AS u ON u.id = v.unit_id
      WHERE (v.title LIKE '%#%' OR u.theme IS NOT NULL) AND v.state = 'held' AND substr(v.starts_at, 1, 10) BETWEEN ?1 AND ?2
      ORDER BY 3, 1 LIMIT 50
      """, span)
    {
      flagged.add(row[0].cell, row[1].cell, row[2].cell)
    }
    page.grids = [kinds, quiet] + (flagged.rows.isEmpty ? [] : [flagged])
    return page
  }
}

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
        SELECT channel, count(*), sum(outcome = 'reached') FROM contact_attempt WHERE substr(at, 1, 10) BETWEEN ? AND ?
        GROUP BY 1 ORDER BY 2 DESC, 1
        """, span)
      {
        ways.add(.word(row[0].text ?? ""), row[1].cell, row[2].cell, .share(row[2].int, of: row[1].int))
      }
      var outcomes = Page.Grid("outcomes", ["outcome|outcome|结果", "attempts|attempts|次数"], bar: "attempts")
      for row in try look.rows(
        "SELECT outcome, count(*) FROM contact_attempt WHERE substr(at, 1, 10) BETWEEN ? AND ? GROUP BY 1 ORDER BY 2 DESC, 1",
        span)
      {
        outcomes.add(.word(row[0].text ?? ""), row[1].cell)
      }
      var callers = Page.Grid(
        "callers", ["name|by|联系人", "unit|unit|单位", "attempts|attempts|次数"], name: Phrase("By caller", "按联系人"))
      for row in try look.rows(
        """
        SELECT coalesce(o.display_name, c.by_officer), u.code, count(*) FROM contact_attempt AS c
        LEFT JOIN officer AS o ON o.id = c.by_officer LEFT JOIN org_unit AS u ON u.id = o.unit_id
        WHERE substr(c.at, 1, 10) BETWEEN ? AND ? GROUP BY c.by_officer ORDER BY 3 DESC, 1 LIMIT 20
        """, span)
      {
        callers.add(row[0].cell, row[1].cell, row[2].cell)
      }
      let hearsay = try look.count(
        """
        SELECT count(DISTINCT c.member_id) FROM contact_attempt AS c JOIN member AS m ON m.id = c.member_id
        WHERE c.outcome IN ('said_abroad', 'moved') AND \(active) AND c.at > coalesce(m.last_contact_on, '')
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
      "sweeps", ["title|sweep|摸排", "unit|unit|单位", "from|from|开始", "reached|reached|联系上", "found|found again|重新找到"],
      name: Phrase("Sweeps", "摸排"))
    for row in try look.rows(
      """
      SELECT s.title, u.code, s.from_on, count(DISTINCT c.member_id), count(DISTINCT CASE WHEN NOT EXISTS (
          SELECT 1 FROM contact_attempt AS p WHERE p.member_id = c.member_id AND p.outcome = 'reached' AND p.at < c.at
            AND p.at >= date(c.at, '-' || ?2 || ' months')) THEN c.member_id END)
      FROM sweep AS s LEFT JOIN org_unit AS u ON u.id = s.unit_id
        JOIN contact_attempt AS c ON c.sweep_id = s.id AND c.outcome = 'reached'
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
