package import Relay

/// Units, officers and thresholds as tables.
package enum StructurePages {
  package static func units(_ look: Look, level: String? = nil, under: String? = nil) throws(RelayError) -> Page {
    let parent = try under.map { (which) throws(RelayError) in try OrgUnit.find(which, in: look.db).id }
    var grid = Page.Grid(
      "units",
      [
        "code|code|代码", "name|name|名称", "level|level|层级",
        "kind|kind|类型", "under|under|上级", "members|members|党员",
        "secretary|secretary|书记", "place|meeting place|活动场所", "area|area|区域",
        "closed|closed|撤销",
      ], empty: Phrase("no units", "没有单位"))
    let rows = try look.rows(
      """
      SELECT u.code, u.name, u.level, u.kind, p.code, (
          SELECT count(*) FROM member AS m WHERE m.unit_id = u.id AND m.merged_into IS NULL
            AND m.status IN ('active', 'kept_abroad', 'suspended')),
        (SELECT group_concat(display_name, ', ') FROM officer AS o WHERE o.unit_id = u.id
          AND o.role IN ('secretary', 'regional_lead') AND o.from_on <= ?1 AND (o.until_on IS NULL OR o.until_on > ?1)),
        u.meeting_place, u.area, u.closed_on
      FROM org_unit AS u LEFT JOIN org_unit AS p ON p.id = u.parent_id
      WHERE (?2 IS NULL OR u.level = ?2) AND (?3 IS NULL OR u.parent_id = ?3)
      ORDER BY u.level = 'branch', u.level = 'regional', u.code
      """, [.text(look.day.text), Value(level), Value(parent)])
    for row in rows {
      grid.add(
        row[0].cell, row[1].cell, .word(row[2].text ?? ""), row[3].text.map { .word($0) } ?? .none, row[4].cell,
        row[5].cell, row[6].cell, row[7].cell, row[8].cell, row[9].cell)
    }
    return .list(grid)
  }

  package static func unit(_ unit: OrgUnit, _ look: Look) throws(RelayError) -> Page {
    let row = try look.rows(
      """
      SELECT u.kind, p.code, u.area, u.theme, u.meeting_place, u.founded_on, u.closed_on, (
        SELECT count(*) FROM member AS m WHERE m.merged_into IS NULL AND m.status IN ('active', 'kept_abroad', 'suspended')
          AND (m.unit_id = u.id OR m.unit_id IN (SELECT id FROM org_unit WHERE parent_id = u.id)
            OR u.level = 'committee'))
      FROM org_unit AS u LEFT JOIN org_unit AS p ON p.id = u.parent_id WHERE u.id = ?
      """, [.text(unit.id)])[0]
    var page = Page(Phrase("\(unit.code)  \(unit.name)", "\(unit.code)  \(unit.name)"))
    page.tell("id", "id", "标识", .text(unit.id))
    page.tell("code", "code", "代码", .text(unit.code))
    page.tell("level", "level", "层级", .word(unit.level.rawValue))
    page.tell("kind", "kind", "类型", row[0].text.map { .word($0) } ?? .none)
    page.tell("under", "under", "上级", row[1].cell)
    page.tell("area", "area", "区域", row[2].cell)
    page.tell("theme", "theme", "特色", row[3].cell)
    page.tell("place", "meeting place", "活动场所", row[4].cell)
    page.tell("founded", "founded", "成立", row[5].cell)
    page.tell("closed", "closed", "撤销", row[6].cell)
    page.tell("members", "members", "党员", row[7].cell)
    page.grids = [try officers(look, unit: unit).grids[0]]
    return page
  }

  /// - Parameter former: also those who left.
  package static func officers(
    _ look: Look, unit: OrgUnit? = nil, role: String? = nil, former: Bool = false
  ) throws(RelayError) -> Page {
    var grid = Page.Grid(
      "officers",
      [
        "name|name|姓名", "unit|unit|单位", "role|role|职务",
        "phone|phone|电话", "from|from|任职", "until|until|离任",
        "member|member|党员编号", "id|id|标识",
      ], empty: Phrase("nobody", "没有"))
    let rows = try look.rows(
      """
      SELECT o.display_name, u.code, o.role, o.work_phone, o.from_on, o.until_on, m.member_no, o.id
      FROM officer AS o JOIN org_unit AS u ON u.id = o.unit_id LEFT JOIN member AS m ON m.id = o.member_id
      WHERE (?2 IS NULL OR o.unit_id = ?2) AND (?3 IS NULL OR o.role = ?3)
        AND (?4 OR o.from_on <= ?1 AND (o.until_on IS NULL OR o.until_on > ?1))
      ORDER BY u.level = 'branch', u.level = 'regional', u.code, o.role, o.display_name, o.id
      """, [.text(look.day.text), Value(unit?.id), Value(role), former ? 1 : 0])
    for row in rows {
      grid.add(
        row[0].cell, row[1].cell, .word(row[2].text ?? ""), row[3].cell, row[4].cell, row[5].cell, row[6].cell,
        row[7].cell)
    }
    return .list(grid)
  }

  package static func policies(_ look: Look) throws(RelayError) -> Page {
    var grid = Page.Grid(
      "policies",
      [
        "key|key|键", "value|value|值", "since|since|自",
        "meaning|meaning|含义", "note|note|备注",
      ])
    let known = try look.rows("SELECT key, value, since_on, note FROM policy ORDER BY key")
    for rule in PolicyKey.all {
      let row = known.first { $0[0] == .text(rule.key) }
      grid.add(
        .text(rule.key), row?[1].cell ?? .none, row?[2].cell ?? .none, .phrase(rule.meaning.en, rule.meaning),
        row?[3].cell ?? .none)
    }
    return .list(grid)
  }
}
