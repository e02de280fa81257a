internal import Relay

/// R1: who belongs to us, by level, kind and status; the files held against the ties.
enum RosterReport {
  static func page(_ look: Look) throws(RelayError) -> Page {
    let day = Value.text(look.day.text)
    var page = Page()
    let present = SurveySQL.present
    let total = try look.count("WITH \(present) SELECT count(*) FROM present", [day])
    page.tell("members", "members", "党员", .number(total))
    if try look.count("SELECT count(*) FROM sqlite_master WHERE name = 'office_headcount'") > 0,
      let files = try look.rows(
        """
        SELECT files_held, as_of FROM office_headcount WHERE files_held IS NOT NULL AND as_of <= ? ORDER BY as_of DESC LIMIT 1
        """, [day]
      ).first
    {
      page.tell("filesHeld", "files held", "存档党员", files[0].cell)
      page.tell("filesHeldOn", "files held on", "存档统计日", files[1].cell)
      page.tell("tiesOfFiles", "ties against files", "组织关系占存档", .share(total, of: files[0].int))
    }
    var status = Page.Grid("status", ["status|status|党籍", "members|members|党员", "share|share|比例"], bar: "members")
    for row in try look.rows(
      "WITH \(present) SELECT status, count(*) FROM present GROUP BY 1 ORDER BY 2 DESC, 1", [day])
    {
      status.add(.word(row[0].text ?? ""), row[1].cell, .share(row[1].int, of: total))
    }
    var units = Page.Grid(
      "units",
      [
        "unit|unit|单位", "name|name|名称", "branches|branches|支部", "members|members|党员", "kept|kept abroad|保留党籍",
        "lost|lost|失联",
      ], name: Phrase("By region and branch", "按总支和支部"))
    for row in try look.rows(
      """
      WITH \(present), counted AS (
        SELECT u.id, count(p.id) AS n, sum(p.status = 'kept_abroad') AS kept, sum(p.reach = 'lost') AS lost
        FROM org_unit AS u JOIN present AS p ON p.unit_id = u.id GROUP BY u.id)
      SELECT r.code, r.name, count(b.id), sum(c.n), sum(c.kept), sum(c.lost), 0, r.code FROM org_unit AS r
        JOIN org_unit AS b ON b.parent_id = r.id AND b.level = 'branch' LEFT JOIN counted AS c ON c.id = b.id
        WHERE r.level <> 'branch' GROUP BY r.id
      UNION ALL SELECT b.code, b.name, NULL, c.n, c.kept, c.lost, 1, coalesce(r.code, '') FROM org_unit AS b
        JOIN counted AS c ON c.id = b.id LEFT JOIN org_unit AS r ON r.id = b.parent_id WHERE b.level = 'branch'
      ORDER BY 8, 7, 1
      """, [day])
    {
      units.add(row[0].cell, row[1].cell, row[2].cell, .number(row[3].int), .number(row[4].int), .number(row[5].int))
    }
    page.grids = [status, units]
    let unknown = try look.count("SELECT count(*) FROM member WHERE merged_into IS NULL AND came_on IS NULL")
    if unknown > 0 {
      page.note("no_arrival", "\(unknown) without a day of arrival are not counted.", "\(unknown)人无接收日期，未计入。")
    }
    return page
  }
}

/// R2: the survey's nine tables as pages.
enum SurveyPages {
  static func page(_ look: Look) throws(RelayError) -> Page {
    let report = try SurveyReport(look.db, asOf: look.day.text)
    var page = Page()
    page.tell("members", "members", "党员", .number(report.members))
    page.tell("unpaidHalfYear", "unpaid 6 months or more", "6个月及以上未交", .number(report.unpaidHalfYear))
    page.tell("unpaid", "unpaid at all", "未交合计", .number(report.unpaid))
    for (at, table) in report.tables.enumerated() {
      guard try sees(table.name, look) else {
        page.note(
          "not_seen_" + table.name, "\(table.name): not seen by this device.",
          "\(SurveyLabels.title(table.name, .zh))：本设备无权查看。")
        continue
      }
      let label = Phrase(
        "R2.\(at + 1) \(SurveyLabels.title(table.name, .en))", "R2.\(at + 1) \(SurveyLabels.title(table.name, .zh))")
      var grid = Page.Grid(
        table.name, ["band|band|分段", "count|number|人数", "share|share|比例"], name: label, bar: "count")
      for band in table.bands {
        let name = Phrase(SurveyLabels.band(table.name, band.key, .en), SurveyLabels.band(table.name, band.key, .zh))
        grid.add(.phrase(band.key, name), .number(band.count), .share(band.count, of: table.total))
      }
      page.grids.append(grid)
    }
    return page
  }
}

extension SurveyPages {
  /// Does the role get the column that the table counts?
  private static func sees(_ table: String, _ look: Look) throws(RelayError) -> Bool {
    switch table {
    case "age", "seniority", "education", "sex": try look.sees("birth_ym", of: "member")
    case "dues": try look.sees("dues_entry", "dues_plan")
    case "branch_kind": true
    default: try look.sees("birth_ym", of: "officer")
    }
  }
}

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

/// R4: what the document says of itself, beside what the rows say.
enum ClaimsReport {
  static func page(_ look: Look) throws(RelayError) -> Page {
    let report = try SurveyReport(look.db, asOf: look.day.text)
    func share(_ table: String, _ keys: String...) -> (Int, Int) {
      let found = report.table(table)
      return (keys.reduce(0) { $0 + (found?.count($1) ?? 0) }, found?.total ?? 0)
    }
    func percent(_ pair: (Int, Int)) -> String { Percent(pair.0, of: pair.1).text }
    let (young, high) = (share("age", "35_and_under", "36_54"), share("education", "postgraduate", "bachelor"))
    let (long, half) = (share("seniority", "11_20", "over_20"), (report.unpaidHalfYear, report.members))
    let growths =
      zip(report.headcounts.dropFirst(), report.headcounts).map { $0.members - $1.members }
      + (report.headcounts.last.map { [report.members - $0.members] } ?? [])
    let (old, graduates) = (
      share("secretary_age", "over_50"), share("secretary_education", "bachelor", "master")
    )
    let most = report.table("secretary_age")?.bands.max { $0.count < $1.count }?.key
    var grid = Page.Grid("claims", ["claim|the survey says|提法", "figures|the figures say|数据", "holds|holds|是否成立"])
    func add(_ en: String, _ zh: String, _ figures: String, _ figuresZH: String, _ holds: Bool?) {
      grid.add(
        .phrase(en, Phrase(en, zh)), .phrase(figures, Phrase(figures, figuresZH)), holds.map { .flag($0) } ?? .none)
    }
    let grown = growths.map { "+\($0)" }.joined(separator: ", ")
    add(
      "numbers grow fast: nearly a thousand a year", "数量剧增：每年近千人", "growth \(grown)", "增长\(grown)",
      !growths.isEmpty && growths.allSatisfy { $0 >= 900 })
    add(
      "members are young", "年龄较轻", "\(percent(young)) are 54 or younger", "54岁及以下占\(percent(young))",
      young.0 * 2 > young.1)
    add("education is high", "学历较高", "\(percent(high)) have a degree", "本科及以上占\(percent(high))", high.0 * 2 > high.1)
    add(
      "seniority is long", "党龄较长", "\(percent(long)) for more than 10 years", "党龄超过10年占\(percent(long))",
      long.0 * 2 > long.1)
    add(
      "half have not paid for 6 months", "一半超过6个月未交", "\(percent(half)) (6 months and more)", "\(percent(half))（含6个月）",
      half.0 * 2 > half.1)
    var more = Page.Grid(
      "remarks", ["claim|also said|其他提法", "figures|the figures say|数据"], name: Phrase("Does not add up", "不一致之处"))
    func remark(_ en: String, _ zh: String, _ figures: String, _ figuresZH: String) {
      more.add(.phrase(en, Phrase(en, zh)), .phrase(figures, Phrase(figures, figuresZH)))
    }
    let band = most.map { (SurveyLabels.band("secretary_age", $0, .en), SurveyLabels.band("secretary_age", $0, .zh)) }
    remark(
      "secretaries are fairly young", "书记年龄较轻", "the largest band is \(band?.0 ?? "-"); \(percent(old)) are over 50",
      "人数最多的是\(band?.1 ?? "-")；50岁以上占\(percent(old))")
    remark(
      "secretaries' education is high", "书记学历较高", "\(percent(graduates)) against \(percent(high)) among members",
      "\(percent(graduates))，党员为\(percent(high))")
    if let other = report.otherNet {
      remark(
        "received \(report.received), left \(report.left)", "接收\(report.received)，转出\(report.left)",
        "\(other) of the growth are not explained", "增长中\(other)人未说明")
    }
    for difference in report.differencesFromSeed {
      remark(
        "\(difference.table) \(difference.band): \(difference.stated)",
        "\(SurveyLabels.title(difference.table, .zh)) \(SurveyLabels.band(difference.table, difference.band, .zh))：\(difference.stated)",
        difference.computed, difference.computed)
    }
    var page = Page()
    page.grids = [grid, more]
    return page
  }
}

/// R5: is every post filled, and what a region has to look after.
enum OfficersReport {
  static func page(_ look: Look) throws(RelayError) -> Page {
    let day = Value.text(look.day.text)
    var page = Page()
    let inOffice = "o.from_on <= ?1 AND (o.until_on IS NULL OR o.until_on > ?1)"
    var roles = Page.Grid("roles", ["role|role|职务", "officers|officers|人数"], bar: "officers")
    for row in try look.rows(
      "SELECT o.role, count(*) FROM officer AS o WHERE \(inOffice) GROUP BY 1 ORDER BY 2 DESC, 1", [day])
    {
      roles.add(.word(row[0].text ?? ""), row[1].cell)
    }
    let without = try look.rows(
      """
      SELECT u.code FROM org_unit AS u WHERE u.level = 'branch' AND (u.closed_on IS NULL OR u.closed_on > ?1)
        AND coalesce(u.founded_on, '') <= ?1
        AND NOT EXISTS (SELECT 1 FROM officer AS o WHERE o.unit_id = u.id AND o.role = 'secretary' AND \(inOffice))
      ORDER BY 1
      """, [day]
    ).compactMap { $0[0].text }
    page.tell("withoutSecretary", "branches without secretary", "无书记的支部", .number(without.count))
    if !without.isEmpty { page.tell("which", "which", "支部", .list(without)) }
    let posts = try look.count("SELECT count(*) FROM officer AS o WHERE o.role = 'staff' AND \(inOffice)", [day])
    let members = try look.count("WITH \(SurveySQL.present) SELECT count(*) FROM present", [day])
    page.tell("posts", "posts of the service desk", "服务科编制", .number(posts))
    if posts > 0 {
      let tenths = (members * 20 + posts) / (2 * posts)
      page.tell("membersPerPost", "members a post", "每名编制服务党员", .text("\(tenths / 10).\(tenths % 10)"))
    }
    let year = digits(look.day.month.year, 4)
    let left = try look.count(
      "SELECT count(*) FROM officer WHERE role = 'secretary' AND until_on BETWEEN ? AND ?",
      [.text(year + "-01-01"), day])
    page.tell("turnover", "secretaries who left this year", "本年离任书记", .number(left))
    var regions = Page.Grid(
      "regions", ["unit|region|总支", "branches|branches|支部", "secretaries|secretaries|书记", "deputies|deputies|副书记"],
      name: Phrase("By region", "按总支"))
    for row in try look.rows(
      """
      SELECT r.code, count(DISTINCT b.id), count(DISTINCT CASE WHEN o.role = 'secretary' THEN o.id END),
        count(DISTINCT CASE WHEN o.role = 'deputy' THEN o.id END)
      FROM org_unit AS r JOIN org_unit AS b ON b.parent_id = r.id AND b.level = 'branch'
        AND (b.closed_on IS NULL OR b.closed_on > ?1)
        LEFT JOIN officer AS o ON o.unit_id = b.id AND \(inOffice) GROUP BY r.id ORDER BY 1
      """, [day])
    {
      regions.add(row[0].cell, row[1].cell, row[2].cell, row[3].cell)
    }
    page.grids = [roles, regions]
    return page
  }
}
