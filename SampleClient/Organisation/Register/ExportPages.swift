package import Relay

/// Lists to print or to give away; the one about a member is everything that this device holds about it.
package enum ExportPages {
  package static func roster(_ look: Look, unit: String?) throws(RelayError) -> Page {
    var filter = MemberFilter()
    filter.unit = unit
    let units = try OrgUnit.all(in: look.db)
    var grid = Page.Grid(
      "roster",
      [
        "number|no.|编号", "name|name|姓名", "sex|sex|性别", "born|born|出生年月", "education|education|学历", "joined|since|入党时间",
        "grade|grade|类别", "status|status|党籍", "unit|branch|支部", "employer|employer|工作单位", "area|area|区域",
        "paidThrough|paid through|党费交至",
      ], empty: Phrase("no members", "没有党员"))
    for member in try filter.members(in: look.db, on: look.day)
    where ["active", "kept_abroad", "suspended"].contains(member.status) {
      grid.add(
        .text(member.number), .text(member.name), member.sex.map { .word($0) } ?? .none, Cell(member.born),
        member.education.map { .word($0, area: "member") } ?? .none, Cell(member.joined), .word(member.grade),
        .word(member.status), Cell(units[member.unitID]?.code), Cell(member.employer), Cell(member.area),
        Cell(member.paidThrough))
    }
    return .list(grid)
  }

  /// Every row about a member that this device holds: a member may ask for it. Who gave which ballot is nobody's to know.
  package static func member(_ member: Member, _ look: Look) throws(RelayError) -> Page {
    var page = Page(Phrase("Everything held here about \(member.title)", "本机保存的\(member.titleInChinese)全部信息"))
    let ids = try member.ids(in: look.db)
    let tables = [
      ("member", "id"), ("contact_point", "member_id"), ("declaration", "member_id"), ("dues_plan", "member_id"),
      ("dues_entry", "member_id"), ("attendance", "member_id"), ("points_entry", "member_id"),
      ("appraisal_entry", "member_id"), ("contact_attempt", "member_id"), ("notice_receipt", "member_id"),
      ("request", "member_id"),
    ]
    let schema = try Organisation.syncSchema.get()
    for (name, column) in tables {
      guard try look.sees(name), let table = schema.table(named: name) else { continue }
      let columns = table.columns.map(\.name).filter { $0 != "voter_id" }
      var grid = Page.Grid(
        name, columns.map { Page.Column(stringLiteral: "\($0)|\($0)|\($0)") }, name: Phrase(name, name))
      for id in ids {
        let list = columns.map { "\"\($0)\"" }.joined(separator: ", ")
        for row in try look.rows("SELECT \(list) FROM \"\(name)\" WHERE \"\(column)\" = ? ORDER BY 1", [.text(id)]) {
          grid.rows.append(row.map(\.cell))
        }
      }
      if !grid.rows.isEmpty { page.grids.append(grid) }
    }
    return page
  }
}
