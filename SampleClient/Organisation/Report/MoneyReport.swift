internal import Relay

/// R10: dues taken and owed, cash on its way, budgets, allowances.
enum MoneyReport {
  static func page(_ look: Look) throws(RelayError) -> Page {
    guard try look.sees("dues_entry", "dues_plan") else { return .unseen(Phrase("money", "经费")) }
    var page = Page()
    let year = digits(look.day.month.year, 4) + "-01-01"
    let span: [Value] = [.text(year), .text(look.day.text)]
    var taken = Page.Grid(
      "channels", ["channel|channel|方式", "payments|payments|笔数", "amount|amount|金额"],
      name: Phrase("Dues taken this year", "本年收取党费"))
    var sum = 0
    for row in try look.rows(
      """
      SELECT e.channel, count(*), sum(e.amount_fen) FROM dues_entry AS e
      WHERE e.kind = 'payment' AND e.taken_on BETWEEN ?1 AND ?2
        AND e.id NOT IN (SELECT reverses FROM dues_entry WHERE reverses IS NOT NULL AND taken_on <= ?2)
      GROUP BY 1 ORDER BY 3 DESC, 1
      """, span)
    {
      sum += row[2].int
      taken.add(.word(row[0].text ?? ""), row[1].cell, .fen(row[2].int))
    }
    page.tell("taken", "taken this year", "本年收取", .fen(sum))
    let debts = try SurveySQL(db: look.db, day: look.day).debts()
    let owing = debts.filter { ($0.months ?? 0) > 0 }
    page.tell("owing", "members who owe", "欠交党员", .number(owing.count))
    page.tell("owed", "owed", "欠交金额", .fen(owing.reduce(0) { $0 + $1.ledger.owed(on: look.day) }))
    let (planned, standard) = (
      debts.count { !$0.ledger.plans.isEmpty },
      try look.count(
        """
        SELECT count(*) FROM member AS m WHERE m.status IN ('active', 'kept_abroad', 'suspended') AND m.merged_into IS NULL
          AND (SELECT basis FROM dues_plan AS p WHERE p.member_id = m.id AND p.from_ym <= ?
            ORDER BY p.from_ym DESC LIMIT 1) = 'default'
        """, [.text(look.day.month.text)])
    )
    page.tell("onDefault", "on the default base", "按默认基数", .share(standard, of: planned))
    var arrears = Page.Grid(
      "arrears", ["band|months unpaid|未交月数", "members|members|党员", "share|share|比例"], bar: "members")
    let bands = try SurveySQL(db: look.db, day: look.day).dues()
    for band in bands.bands {
      let name = Phrase(SurveyLabels.band("dues", band.key, .en), SurveyLabels.band("dues", band.key, .zh))
      arrears.add(.phrase(band.key, name), .number(band.count), .share(band.count, of: bands.total))
    }
    page.grids = [taken, arrears, try cash(look, span), try budgets(look, span), try receipts(look)]
    let allowances = try look.count(
      """
      SELECT coalesce(sum(allowance_fen), 0) FROM officer WHERE from_on <= ?1 AND (until_on IS NULL OR until_on > ?1)
      """, [span[1]])
    if try look.sees("allowance_fen", of: "officer") {
      page.tell("allowancesMonth", "allowances a month", "每月补贴", .fen(allowances))
      page.tell("allowancesYear", "allowances a year", "每年补贴", .fen(allowances * 12))
    }
    return page
  }

  /// Cash that branches took, against what the counter entered as handed over by them.
  private static func cash(_ look: Look, _ span: [Value]) throws(RelayError) -> Page.Grid {
    var grid = Page.Grid(
      "cash", ["unit|branch|支部", "cash|cash taken|现金", "receipts|receipts|收据数"],
      name: Phrase("Cash taken by branches this year", "本年支部现金"))
    for row in try look.rows(
      """
      SELECT u.code, sum(e.amount_fen), count(*) FROM dues_entry AS e JOIN officer AS o ON o.id = e.taken_by
        JOIN org_unit AS u ON u.id = o.unit_id
      WHERE e.kind = 'payment' AND e.channel = 'cash' AND e.taken_on BETWEEN ?1 AND ?2
        AND e.id NOT IN (SELECT reverses FROM dues_entry WHERE reverses IS NOT NULL AND taken_on <= ?2)
      GROUP BY u.id ORDER BY 2 DESC, 1 LIMIT 100
      """, span)
    {
      grid.add(row[0].cell, .fen(row[1].int), row[2].cell)
    }
    return grid
  }

  private static func budgets(_ look: Look, _ span: [Value]) throws(RelayError) -> Page.Grid {
    var grid = Page.Grid(
      "budgets", ["kind|kind|类别", "state|state|状态", "count|requests|申请数", "asked|asked|申请", "granted|granted|批准"],
      name: Phrase("Budgets", "经费预算"))
    for row in try look.rows(
      """
      SELECT r.kind, r.state, count(*), sum((SELECT sum(l.quantity * l.unit_fen) FROM request_line AS l
          WHERE l.request_id = r.id)), sum(CASE WHEN r.state IN ('approved', 'done') THEN r.amount_fen END)
      FROM request AS r WHERE r.kind IN ('budget_training', 'budget_activity') AND r.opened_on BETWEEN ?1 AND ?2
      GROUP BY 1, 2 ORDER BY 1, 2
      """, span)
    {
      grid.add(.word(row[0].text ?? ""), .word(row[1].text ?? ""), row[2].cell, .fen(row[3].int), .fen(row[4].int))
    }
    return grid
  }

  /// One receipt number on two entries: one of the two papers is wrong.
  private static func receipts(_ look: Look) throws(RelayError) -> Page.Grid {
    var grid = Page.Grid(
      "doubleReceipts", ["receipt|receipt|收据", "entries|entries|条数"],
      name: Phrase("Receipt numbers given out twice", "重复的收据编号"), empty: Phrase("none", "没有"))
    for row in try look.rows(
      """
      SELECT receipt_no, count(*) FROM dues_entry WHERE receipt_no IS NOT NULL GROUP BY 1 HAVING count(*) > 1
      ORDER BY 1 LIMIT 100
      """)
    {
      grid.add(row[0].cell, row[1].cell)
    }
    return grid
  }
}

extension Ledger {
  /// What is still to be paid up to the last month that is over.
  func owed(on day: Day) -> Int {
    guard let start, start.index <= day.lastFullMonth.index else { return 0 }
    let covered = covered(on: day)
    return (start.index...day.lastFullMonth.index).reduce(0) { sum, month in
      covered.contains { $0.contains(month) } ? sum : sum + due(month)
    }
  }
}
