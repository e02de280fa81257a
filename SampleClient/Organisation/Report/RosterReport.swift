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
