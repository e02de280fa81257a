internal import Relay

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
