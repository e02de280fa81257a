package import Relay

/// Do the branches keep the rules: enough full members, not too many, a place, a secretary?
package enum BranchPages {
  private static let counts = """
    SELECT u.code, u.kind, count(m.id), sum(m.grade = 'full' AND m.status = 'active'), u.meeting_place, (
        SELECT count(*) FROM officer AS o WHERE o.unit_id = u.id AND o.role = 'secretary' AND o.from_on <= ?1
          AND (o.until_on IS NULL OR o.until_on > ?1)), u.name, u.id
    FROM org_unit AS u LEFT JOIN member AS m ON m.unit_id = u.id AND m.merged_into IS NULL
      AND m.status IN ('active', 'kept_abroad', 'suspended')
    WHERE u.level = 'branch' AND (u.closed_on IS NULL OR u.closed_on > ?1)
    GROUP BY u.id ORDER BY u.code
    """

  /// A rule that a merge can break is checked after it, and becomes a task for a person; it never blocks a merge.
  package static func check(_ look: Look) throws(RelayError) -> Page {
    var page = Page(Phrase("Branches to look at", "需关注的支部"))
    page.tell(
      "minimum", "full members an enterprise branch needs", "企业支部所需正式党员", .number(look.policy.enterpriseMinimum))
    page.tell("maximum", "members a branch should not exceed", "支部人数上限", .number(look.policy.branchMaximum))
    var grid = Page.Grid(
      "findings",
      ["unit|branch|支部", "finding|what|问题", "members|members|党员", "full|full members|正式党员"],
      empty: Phrase("every branch keeps the rules", "各支部均符合要求"))
    for row in try here(look) {
      var findings: [(String, Phrase)] = []
      if row[1] == "enterprise", row[3].int < look.policy.enterpriseMinimum {
        findings.append(("under_minimum", Phrase("too few full members", "正式党员不足")))
      }
      if row[2].int > look.policy.branchMaximum {
        findings.append(("over_maximum", Phrase("too many members", "人数超限")))
      }
      if row[4].isNull { findings.append(("no_place", Phrase("no meeting place", "没有活动场所"))) }
      if row[5].int == 0 { findings.append(("no_secretary", Phrase("no secretary", "没有书记"))) }
      for (code, phrase) in findings {
        grid.add(row[0].cell, .phrase(code, phrase), .number(row[2].int), .number(row[3].int))
      }
    }
    page.grids = [grid]
    try page.tellAway(look)
    return page
  }

  /// Members of other branches are not seen here: nothing is said of those branches.
  private static func here(_ look: Look) throws(RelayError) -> [[Value]] {
    let units = try OrgUnit.all(in: look.db)
    let all = try look.rows(counts, [.text(look.day.text)])
    return all.filter { row in units[row[7].text ?? ""].map { look.rights.holds($0, among: units) } ?? false }
  }

  package static func size(_ look: Look) throws(RelayError) -> Page {
    var page = Page(Phrase("Branches by size", "支部规模"))
    let rows = try here(look)
    let bounds = [2, 9, 19, 29, 39, 49, 59, 69, 79, 89]
    var histogram = [Int](repeating: 0, count: bounds.count + 1)
    for row in rows { histogram[bounds.firstIndex { row[2].int <= $0 } ?? bounds.count] += 1 }
    var grid = Page.Grid("sizes", ["members|members|人数", "branches|branches|支部数"], bar: "branches")
    for (at, count) in histogram.enumerated() where count > 0 {
      let low = at == 0 ? 0 : bounds[at - 1] + 1
      grid.add(.text(at == bounds.count ? "\(low)+" : "\(low)-\(bounds[at])"), .number(count))
    }
    let sum = rows.reduce(0) { $0 + $1[2].int }
    page.tell("branches", "branches", "支部", .number(rows.count))
    page.tell("members", "members", "党员", .number(sum))
    page.grids = [grid]
    try page.tellAway(look)
    return page
  }
}
