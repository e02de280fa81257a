package import Relay

/// What a member pays a month, waivers, and cash that a branch hands over: the committee's side of the dues.
package struct DuesPlanDesk: Sendable {
  private let desk: Desk

  package init(_ desk: Desk) { self.desk = desk }

  /// A new rate is a new row from its month on; what was before stays as it was.
  ///
  /// - Parameter base: the income in fen that it follows from; never on a branch's device.
  /// - Returns: the plan's id.
  package func plan(
    _ member: Member, from: String?, monthly: String?, base: String?, basis: String, in db: Database
  ) throws(RelayError) -> String {
    try desk.demandCommittee()
    try ColumnRules.check(basis, "basis", of: "dues_plan")
    let month = from ?? desk.today.month.text
    try ColumnRules.check(month, "from_ym", of: "dues_plan")
    let baseFen = try base.map { (text) throws(RelayError) in try Money.fen(text) }
    var fen = try monthly.map { (text) throws(RelayError) in try Money.fen(text) } ?? 0
    guard basis == "waived" || monthly != nil else {
      throw RelayError(.usage, "a plan needs --monthly", advice: "Nothing was changed.")
    }
    if basis == "waived" { fen = 0 }
    let id = member.id + ":" + month
    try db.execute(
      """
      INSERT INTO dues_plan (id, member_id, from_ym, base_fen, monthly_fen, basis, decided_by)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
      ON CONFLICT (id) DO UPDATE SET base_fen = ?4, monthly_fen = ?5, basis = ?6, decided_by = ?7
      """,
      [
        .text(id), .text(member.id), .text(month), baseFen.map { Value($0) } ?? .null, Value(fen), .text(basis),
        .text(desk.officer.id),
      ])
    return id
  }

  /// Months that nobody has to pay.
  package func waive(
    _ member: Member, from: String, to: String, note: String?, in db: Database
  ) throws(RelayError) -> String {
    try desk.demandCommittee()
    guard let first = Month(from), let last = Month(to), first <= last, first.distance(to: last) < 120 else {
      throw RelayError(.valueNotAllowed, "\(from) to \(to) is no span of months", advice: "Nothing was changed.")
    }
    let id = desk.newID()
    try db.execute(
      """
      INSERT INTO dues_entry (id, member_id, kind, amount_fen, from_ym, to_ym, channel, taken_by, taken_on, note)
      VALUES (?, ?, 'waiver', 0, ?, ?, 'counter', ?, ?, ?)
      """,
      [
        .text(id), .text(member.id), .text(from), .text(to), .text(desk.officer.id), .text(desk.today.text),
        Value(note),
      ])
    try Signature.write(id, by: desk.unit, to: db)
    return id
  }
}

package enum DuesPages {
  /// The cash that the unit's officers took, receipt by receipt, for handing over at the counter.
  package static func handover(_ unit: OrgUnit, from: String, _ look: Look) throws(RelayError) -> Page {
    var page = Page(Phrase("Cash taken by \(unit.code) since \(from)", "\(unit.code)自\(from)起收取的现金"))
    var grid = Page.Grid(
      "receipts",
      [
        "receipt|receipt|收据", "day|day|日期", "number|no.|编号", "name|name|姓名", "amount|amount|金额", "by|by|经手人",
        "reversed|reversed|已冲销",
      ], empty: Phrase("no cash was taken", "没有现金"))
    var (sum, count) = (0, 0)
    for row in try look.rows(
      """
      SELECT e.receipt_no, e.taken_on, m.member_no, m.full_name, e.amount_fen, o.display_name,
        e.id IN (SELECT reverses FROM dues_entry WHERE reverses IS NOT NULL)
      FROM dues_entry AS e JOIN officer AS o ON o.id = e.taken_by LEFT JOIN member AS m ON m.id = e.member_id
      WHERE e.kind = 'payment' AND e.channel = 'cash' AND o.unit_id = ?1 AND e.taken_on BETWEEN ?2 AND ?3
      ORDER BY e.taken_on, e.receipt_no, e.id
      """, [.text(unit.id), .text(from), .text(look.day.text)])
    {
      if row[6] == 0 { (sum, count) = (sum + row[4].int, count + 1) }
      grid.add(
        row[0].cell, row[1].cell, row[2].cell, row[3].cell, .fen(row[4].int), row[5].cell, .flag(row[6] == 1))
    }
    page.tell("unit", "unit", "单位", .text(unit.code))
    page.tell("receipts_count", "receipts", "收据数", .number(count))
    page.tell("sum", "to hand over", "应上交", .fen(sum))
    page.grids = [grid]
    try tellElsewhere(unit, from: from, look, &page)
    return page
  }

  /// What was paid follows the member to another branch; the cash does not.
  private static func tellElsewhere(
    _ unit: OrgUnit, from: String, _ look: Look, _ page: inout Page
  ) throws(RelayError) {
    guard look.rights.role == "branch" else { return }
    let receipts = try look.rows(
      """
      SELECT e.receipt_no, e.taken_on >= ?2 FROM dues_entry AS e JOIN officer AS o ON o.id = e.taken_by
      WHERE e.receipt_no IS NOT NULL AND o.unit_id = ?1
      """, [.text(unit.id), .text(from)]
    ).compactMap { row in ReceiptNumber(row[0].text ?? "").map { (number: $0, isAsked: row[1] == 1) } }
    let own = try DeviceNotes.value("receipts_of", in: look.db)
    let given = try DeviceNotes.value("receipts", in: look.db).flatMap { Int($0) } ?? 0
    var missing: [String] = []
    for prefix in Set(receipts.map(\.number.prefix) + [own].compactMap { $0 }).sorted() {
      let series = receipts.filter { $0.number.prefix == prefix }
      let here = Set(series.map(\.number.counter))
      let before = series.filter { !$0.isAsked }.map(\.number.counter).max() ?? 0
      let last = max(here.max() ?? 0, prefix == own ? given : 0)
      guard before < last, last - before < 10_000 else { continue }
      missing += (before + 1...last).filter { !here.contains($0) }.map { ReceiptNumber.text(prefix, $0) }
    }
    guard !missing.isEmpty else { return }
    page.tell("elsewhere", "receipts not here", "不在本机的收据", .list(missing))
    page.note(
      "receipts_elsewhere",
      "What a member paid goes with the member to another branch; the committee's `dues handover \(unit.code)` has these receipts too.",
      "党员转走后其交费记录随之转走；党委的 `dues handover \(unit.code)` 含这些收据。")
  }

  package static func plans(_ member: Member, _ look: Look) throws(RelayError) -> Page {
    guard try look.sees("dues_plan") else { return .unseen(Phrase("dues plans", "党费计划")) }
    var grid = Page.Grid(
      "plans", ["from|from|起", "monthly|a month|每月", "basis|basis|依据", "by|decided by|核定人"],
      empty: Phrase("no plan", "无计划"))
    for row in try look.rows(
      """
      SELECT p.from_ym, p.monthly_fen, p.basis, o.display_name FROM dues_plan AS p
      LEFT JOIN officer AS o ON o.id = p.decided_by WHERE p.member_id = ? ORDER BY p.from_ym
      """, [.text(member.id)])
    {
      grid.add(row[0].cell, .fen(row[1].int), .word(row[2].text ?? "", area: "basis"), row[3].cell)
    }
    return .list(grid)
  }
}
