internal import Relay

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
