package import Relay

extension Ledger {
  /// The ledgers of these members.
  ///
  /// - Parameters:
  ///   - condition: on `m`, a row of `member`; with `values` for its parameters.
  ///   - setAside: entries that do not count, because somebody has to look at them first.
  /// - Complexity: one pass over the plans and one over the entries of these members.
  static func read(
    where condition: String, _ values: [Value], in db: Database, without setAside: Set<String> = []
  ) throws(RelayError) -> [String: Ledger] {
    // What was written for somebody whose row was merged into another's counts for that one.
    let members = "SELECT id, coalesce(merged_into, id) FROM member AS m WHERE \(condition)"
    var ledgers: [String: Ledger] = [:]
    try db.query(
      """
      WITH chosen (id, owner) AS (\(members))
      SELECT chosen.owner, p.from_ym, p.monthly_fen, p.basis FROM chosen JOIN dues_plan AS p ON p.member_id = chosen.id
      ORDER BY p.from_ym, p.id
      """, values
    ) { (row) throws(RelayError) in
      guard let from = Month(row[1].text ?? "") else { return }
      ledgers[row[0].text ?? "", default: Ledger()].plans.append(
        Plan(from: from, monthlyFen: Int(row[2].integer ?? 0), isWaived: row[3] == "waived"))
    }
    try db.query(
      """
      WITH chosen (id, owner) AS (\(members))
      SELECT chosen.owner, e.id, e.kind, e.amount_fen, e.from_ym, e.to_ym, e.channel, e.receipt_no, e.reverses,
        e.taken_by, e.taken_on, e.note
      FROM chosen JOIN dues_entry AS e ON e.member_id = chosen.id ORDER BY e.taken_on, e.id
      """, values
    ) { (row) throws(RelayError) in
      let id = row[1].text ?? ""
      guard !setAside.contains(id) else { return }
      ledgers[row[0].text ?? "", default: Ledger()].entries.append(
        Entry(
          id: id, kind: row[2].text ?? "", amountFen: Int(row[3].integer ?? 0), from: row[4].text.flatMap { Month($0) },
          to: row[5].text.flatMap { Month($0) }, channel: row[6].text ?? "", receipt: row[7].text,
          reverses: row[8].text, takenBy: row[9].text, takenOn: row[10].text ?? "", note: row[11].text))
    }
    return ledgers
  }

  /// One member's, with what was written under ids that were merged into it.
  package static func of(_ member: Member, in db: Database) throws(RelayError) -> Ledger {
    let setAside = try Review.open(in: db)
    return try read(
      where: "m.id = ?1 OR m.merged_into = ?1", [.text(member.id)], in: db, without: setAside.ids("dues_entry"))[
        member.id] ?? Ledger()
  }
}
