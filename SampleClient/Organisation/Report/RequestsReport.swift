internal import Relay

/// R7: what is open and how long, why it was refused, who is in the pocket, who is abroad, who should move.
enum RequestsReport {
  static func page(_ look: Look) throws(RelayError) -> Page {
    var page = Page()
    let standings = try RequestPages.standings(RequestPages.kinds, look).filter { $0.request.sameAs == nil }
    var open = Page.Grid(
      "open",
      [
        "kind|kind|类别", "state|state|状态", "under30|under 30 days|30天内", "under90|30-89 days|30-89天",
        "older|90 days and more|90天以上",
      ],
      empty: Phrase("nothing is open", "没有未办申请"))
    var counts: [String: [Int]] = [:]
    for standing in standings where !standing.request.isClosed {
      let age = standing.request.openedOn.flatMap { Day($0) }.map { look.day.sinceEpoch - $0.sinceEpoch } ?? 0
      counts[standing.request.kind + " " + standing.state, default: [0, 0, 0]][age < 30 ? 0 : age < 90 ? 1 : 2] += 1
    }
    for key in counts.keys.sorted() {
      let parts = key.split(separator: " ").map(String.init)
      let numbers = counts[key] ?? [0, 0, 0]
      open.add(.word(parts[0]), .word(parts[1]), .number(numbers[0]), .number(numbers[1]), .number(numbers[2]))
    }
    let reasons = try look.policy.refusalReasons(in: look.db)
    var refusals: [String: Int] = [:]
    for standing in standings where standing.state == "refused" {
      let note = standing.steps.last { $0.kind == "refuse" && standing.fold.idle[$0.id] == nil }?.note ?? ""
      let word = String(note.prefix { $0 != ":" && $0 != " " })
      refusals[reasons.contains(word) ? word : "other", default: 0] += 1
    }
    var refused = Page.Grid(
      "refusals", ["reason|reason|理由", "count|refused|拒收"], name: Phrase("Refusals by reason", "拒收理由"),
      empty: Phrase("no refusals", "没有拒收"))
    for key in refusals.keys.sorted() { refused.add(.word(key, area: "refusal"), .number(refusals[key] ?? 0)) }
    page.grids = [open, refused, try TransferPages.stale(look).grids[0], try abroad(look), try retired(look)]
    return page
  }

  private static func abroad(_ look: Look) throws(RelayError) -> Page.Grid {
    var grid = Page.Grid(
      "abroad", ["status|status|党籍", "members|members|党员", "overdue|return overdue|逾期未归"],
      name: Phrase("Abroad", "出国（境）"))
    for row in try look.rows(
      """
      SELECT m.status, count(*), sum(coalesce((SELECT max(r.until_on) FROM request AS r WHERE r.member_id = m.id
        AND r.kind = 'keep_membership' AND r.state IN ('approved', 'done')), '9999') < ?1)
      FROM member AS m WHERE m.status IN ('kept_abroad', 'suspended') AND m.merged_into IS NULL GROUP BY 1 ORDER BY 1
      """, [.text(look.day.text)])
    {
      grid.add(.word(row[0].text ?? ""), row[1].cell, row[2].cell)
    }
    return grid
  }

  private static func retired(_ look: Look) throws(RelayError) -> Page.Grid {
    var grid = Page.Grid(
      "retired", ["number|no.|编号", "name|name|姓名", "unit|branch|支部", "since|since|退休"],
      name: Phrase("Retired more than 3 months ago, still here", "退休超过3个月未转出"))
    guard try look.sees("declaration") else { return grid }
    for row in try look.rows(
      """
      SELECT m.member_no, m.full_name, u.code, max(coalesce(d.effective_on, d.made_on)) FROM declaration AS d
        JOIN member AS m ON m.id = d.member_id LEFT JOIN org_unit AS u ON u.id = m.unit_id
      WHERE d.topic = 'retired' AND m.status = 'active' AND m.merged_into IS NULL
      GROUP BY m.id HAVING max(coalesce(d.effective_on, d.made_on)) < ? ORDER BY 4, 1 LIMIT 200
      """, [.text(look.day.earlier(byMonths: 3).text)])
    {
      grid.add(row[0].cell, row[1].cell, row[2].cell, row[3].cell)
    }
    return grid
  }
}
