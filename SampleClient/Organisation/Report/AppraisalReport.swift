internal import Relay

/// R11: the round's grades, and who is kept from paying online by points.
enum AppraisalReport {
  static func page(_ look: Look) throws(RelayError) -> Page {
    var page = Page()
    let year = digits(look.day.month.year, 4)
    if try look.sees("appraisal_entry") {
      var grid = Page.Grid(
        "grades", ["round|round|年度", "stage|stage|环节", "grade|grade|等次", "members|members|党员"],
        name: Phrase("Appraisal", "民主评议"))
      for row in try look.rows(
        """
        SELECT round, stage, grade, count(*) FROM (
          SELECT a.round, a.stage, a.grade, a.member_id, coalesce(a.voter_id, '') AS voter, max(a.on_date || a.id)
          FROM appraisal_entry AS a WHERE a.grade IS NOT NULL AND a.on_date <= ?1
          GROUP BY a.round, a.stage, a.member_id, voter) WHERE round >= ?2 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """, [.text(look.day.text), .text(digits(look.day.month.year - 1, 4))])
      {
        grid.add(
          row[0].cell, .word(row[1].text ?? "", area: "stage"), .word(row[2].text ?? "", area: "grade"), row[3].cell)
      }
      page.grids.append(grid)
    }
    guard try look.sees("points_entry") else {
      page.append(.unseen(Phrase("points", "积分")))
      return page
    }
    let needed = look.policy.pointsForOnline
    var grid = Page.Grid(
      "points", ["band|points this year|本年积分", "members|members|党员"], name: Phrase("Points", "积分"), bar: "members")
    var bands = [0, 0, 0, 0]
    for row in try look.rows(
      """
      SELECT coalesce((SELECT sum(p.points) FROM points_entry AS p WHERE p.member_id = m.id AND p.year = ?1
        AND p.on_date <= ?2), 0) FROM member AS m WHERE m.status = 'active' AND m.merged_into IS NULL
      """, [Value(look.day.month.year), .text(look.day.text)])
    {
      let points = row[0].int
      bands[points <= 0 ? 0 : points * 2 < needed ? 1 : points < needed ? 2 : 3] += 1
    }
    let labels = [
      ("none", Phrase("none", "无")), ("under_half", Phrase("under half of the gate", "不足一半")),
      ("under_gate", Phrase("under the gate (\(needed))", "未达到（\(needed)）")), ("open", Phrase("gate is open", "已达到")),
    ]
    for (label, count) in zip(labels, bands) { grid.add(.phrase(label.0, label.1), .number(count)) }
    page.tell("year", "year", "年度", .text(year))
    page.tell("blocked", "blocked by points", "因积分不能线上交费", .number(needed == 0 ? 0 : bands[0] + bands[1] + bands[2]))
    page.grids.append(grid)
    return page
  }
}
