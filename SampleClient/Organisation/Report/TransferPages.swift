package import Relay

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
        let since = look.zone.day(of: standing.steps.first(where: { $0.kind == "release" })?.at)
      else { continue }
      let days = look.day.sinceEpoch - since.sinceEpoch
      guard days >= look.policy.staleDays else { continue }
      grid.add(
        Cell(request.title ?? request.claim), Cell(request.fromUnitID.flatMap { units[$0]?.code }),
        Cell(request.toUnitID.flatMap { units[$0]?.code } ?? request.outside), .word(standing.state),
        .text(since.text),
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
