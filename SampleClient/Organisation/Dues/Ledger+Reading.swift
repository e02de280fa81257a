package import Relay

extension Ledger {
  /// The ledgers of these members.
  ///
  /// - Parameters:
  ///   - condition: on `m`, a row of `member`; with `values` for its parameters.
  ///   - setAside: entries that do not count, because somebody has to look at them first.
  /// - Complexity: one pass over the plans and one over the entries of these members.
  static func read(
    where condition: String, _ values: [Value], in db: Database, without setAside: Set<String> = [],
    proof: Proof = .word
  ) throws(RelayError) -> [String: Ledger] {
    // What was written for somebody whose row was merged into another's counts for that one.
    let members = "SELECT id, coalesce(merged_into, id) FROM member AS m WHERE \(condition)"
    let committees = Set(
      try db.query("SELECT id FROM org_unit WHERE level = 'committee'", []) { (row) throws(RelayError) in
        row[0].text ?? ""
      })
    var ledgers: [String: Ledger] = [:]
    if try Policy(in: db).areDuesWaivedWhileKept { try excuse(&ledgers, members, values, in: db) }
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
        e.taken_by, e.taken_on, e.note, g.unit_id
      FROM chosen JOIN dues_entry AS e ON e.member_id = chosen.id LEFT JOIN signature AS g ON g.id = e.id
      ORDER BY e.taken_on, e.id
      """, values
    ) { (row) throws(RelayError) in
      let id = row[1].text ?? ""
      guard !setAside.contains(id) else { return }
      // What only the committee's side enters counts where one of its devices has.
      let isCommittees = row[2] == "waiver" || row[2] == "payment" && (row[6] == "counter" || row[6] == "online")
      if proof == .signature, isCommittees, row[12].text.map({ !committees.contains($0) }) ?? true { return }
      ledgers[row[0].text ?? "", default: Ledger()].entries.append(
        Entry(
          id: id, kind: row[2].text ?? "", amountFen: Int(row[3].integer ?? 0), from: row[4].text.flatMap { Month($0) },
          to: row[5].text.flatMap { Month($0) }, channel: row[6].text ?? "", receipt: row[7].text,
          reverses: row[8].text, takenBy: row[9].text, takenOn: row[10].text ?? "", note: row[11].text))
    }
    return ledgers
  }

  /// The months of approved stays abroad.
  private static func excuse(
    _ ledgers: inout [String: Ledger], _ members: String, _ values: [Value], in db: Database
  ) throws(RelayError) {
    try db.query(
      """
      WITH chosen (id, owner) AS (\(members))
      SELECT chosen.owner, substr(coalesce(r.effective_on, r.decided_on), 1, 7), substr(coalesce(r.until_on, (
        SELECT min(b.decided_on) FROM request AS b WHERE b.member_id = r.member_id AND b.kind = 'restore_membership'
          AND b.state IN ('approved', 'done') AND b.decided_on >= r.decided_on), '9998-12-31'), 1, 7)
      FROM chosen JOIN request AS r ON r.member_id = chosen.id
      WHERE r.kind = 'keep_membership' AND r.state IN ('approved', 'done') AND r.same_as IS NULL
      """, values
    ) { (row) throws(RelayError) in
      guard let from = Month(row[1].text ?? ""), let to = Month(row[2].text ?? ""), from <= to else { return }
      ledgers[row[0].text ?? "", default: Ledger()].excused.append(from.index...to.index)
    }
  }

  /// One member's, with what was written under ids that were merged into it.
  package static func of(
    _ member: Member, proof: Proof = .word, in db: Database
  ) throws(RelayError) -> Ledger {
    let setAside = try Review.open(in: db)
    return try read(
      where: "m.id = ?1 OR m.merged_into = ?1", [.text(member.id)], in: db, without: setAside.ids("dues_entry"),
      proof: proof)[member.id] ?? Ledger()
  }
}
