package import Relay

/// Which members a secretary asks for; what is nil does not matter.
package struct MemberFilter: Sendable {
  /// A unit's code, id or name; of a region its branches.
  package var unit: String?
  package var status: String?
  package var reach: String?
  /// A part of the number, the name, the employer, or of a number or address to reach them by.
  package var search: String?
  /// No success in reaching them for so many months.
  package var silentMonths: Int?
  /// One of their interests.
  package var interest: String?
  /// Only those whose tie is parked here: no contact, no dues and no attendance for a year.
  package var isParked = false

  /// On `m`; `?1` is the day.
  static let parked = """
    m.status = 'active' AND m.merged_into IS NULL AND m.came_on < date(?1, '-1 year')
      AND coalesce(m.last_contact_on, '') < date(?1, '-1 year')
      AND coalesce(m.paid_through, '') < substr(date(?1, '-1 year'), 1, 7)
      AND NOT EXISTS (SELECT 1 FROM attendance AS a JOIN activity AS v ON v.id = a.activity_id WHERE a.member_id = m.id
        AND a.mark IN ('present', 'online') AND v.starts_at >= date(?1, '-1 year'))
    """

  package init() {}

  /// Members by number, without those that were merged into another.
  package func members(in db: Database, on day: Day) throws(RelayError) -> [Member] {
    var conditions = ["m.merged_into IS NULL"]
    var values: [Value] = []
    func demand(_ condition: String, _ value: Value) {
      conditions.append(condition)
      values.append(value)
    }
    if let unit {
      let id = Value.text(try OrgUnit.find(unit, in: db).id)
      demand(
        "m.unit_id IN (SELECT ?\(values.count + 1) UNION SELECT id FROM org_unit WHERE parent_id = ?\(values.count + 1))",
        id)
    }
    if let status {
      try MemberFilter.check(status, "status")
      demand("m.status = ?\(values.count + 1)", .text(status))
    }
    if let reach {
      try MemberFilter.check(reach, "reach")
      demand("m.reach = ?\(values.count + 1)", .text(reach))
    }
    if let interest {
      demand("EXISTS (SELECT 1 FROM json_each(m.interests) WHERE value = ?\(values.count + 1))", .text(interest))
    }
    if let silentMonths {
      guard (1...1200).contains(silentMonths) else {
        throw RelayError(.valueNotAllowed, "\(silentMonths) is no number of months")
      }
      demand("coalesce(m.last_contact_on, '') < ?\(values.count + 1)", .text(day.earlier(byMonths: silentMonths).text))
    }
    if isParked { demand(MemberFilter.parked.replacing("?1", with: "?\(values.count + 1)"), .text(day.text)) }
    if let search {
      let at = "?\(values.count + 1)"
      demand(
        """
        (instr(m.member_no, \(at)) OR instr(lower(m.full_name), \(at)) OR instr(lower(coalesce(m.employer, '')), \(at))
          OR EXISTS (SELECT 1 FROM contact_point AS c WHERE c.member_id = m.id AND instr(lower(c.value), \(at))))
        """, .text(search.lowercased()))
    }
    return try db.query(
      """
      SELECT \(Member.columns) FROM member AS m WHERE \(conditions.joined(separator: " AND "))
      ORDER BY m.member_no, m.id
      """, values, Member.read)
  }

  private static func check(_ value: String, _ column: String) throws(RelayError) {
    let schema = try Organisation.syncSchema.get()
    guard let allowed = schema.table(named: "member")?.column(named: column)?.allowed, !allowed.contains(.text(value))
    else { return }
    throw RelayError(
      .valueNotAllowed, "'\(value)' is no \(Names.column(column, of: "member"))",
      advice: "Nothing was changed. It is one of: \(Names.list(allowed, column, of: "member")).")
  }
}

/// Members as a table for people.
package enum MemberList {
  /// For a spreadsheet; what this device does not see stays empty.
  package static func grid(_ members: [Member], _ units: [String: OrgUnit]) -> Page.Grid {
    var grid = Page.Grid(
      "members",
      [
        "number|no.|编号", "name|name|姓名", "unit|branch|支部", "sex|sex|性别", "born|born|出生年月", "education|education|学历",
        "joined|joined|入党时间", "grade|grade|类别", "status|status|党籍", "reach|reach|联系情况",
        "lastContact|last contact|最近联系", "paidThrough|paid through|党费交至", "occupation|occupation|职业",
        "employer|employer|单位", "area|area|区域", "id|id|标识",
      ])
    for member in members {
      grid.rows.append([
        .text(member.number), .text(member.name), .text(units[member.unitID]?.code ?? "?"), Cell(member.sex),
        Cell(member.born), Cell(member.education), Cell(member.joined), .word(member.grade), .word(member.status),
        .word(member.reach), Cell(member.lastContact), Cell(member.paidThrough), Cell(member.occupation),
        Cell(member.employer), Cell(member.area), .text(member.id),
      ])
    }
    return grid
  }

  package static func text(_ members: [Member], in db: Database, _ language: Language) throws(RelayError) -> String {
    let units = try OrgUnit.all(in: db)
    var table = TextTable(
      [
        language.choose("no.", "编号"), language.choose("name", "姓名"), language.choose("branch", "支部"),
        language.choose("status", "党籍"), language.choose("reach", "联系情况"),
        language.choose("last contact", "最近联系"), language.choose("paid through", "党费交至"),
      ])
    for member in members {
      table.add([
        member.number, member.name, units[member.unitID]?.code ?? "?", Words.of(member.status, language),
        Words.of(member.reach, language), member.lastContact ?? "-", member.paidThrough ?? "-",
      ])
    }
    let count = language.choose("\(members.count) members", "共\(members.count)人")
    return members.isEmpty ? count : table.text + "\n" + count
  }
}
