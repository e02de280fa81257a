internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// What the hub said of own transactions.
extension Install {
  struct Confirmed {
    var accepted = 0
    /// Rows of the transactions that left pending.
    var rows: Set<RowID> { Set(byRow.keys) }
    private var list: [(own: OwnTransactions.Own, verdict: Verdict)] = []
    private var byRow: [RowID: [Int]] = [:]

    mutating func append(_ own: OwnTransactions.Own, _ verdict: Verdict) {
      for change in own.transaction.rows { byRow[change.row, default: []].append(list.count) }
      list.append((own, verdict))
      if verdict.isAccepted { accepted += 1 }
    }

    /// Those that touch a row, in their author's order.
    func transactions(on row: RowID) -> [(own: OwnTransactions.Own, verdict: Verdict)] {
      (byRow[row] ?? []).map { list[$0] }
    }

    func inserts(_ row: RowID) -> Bool {
      transactions(on: row).contains { one, verdict in
        verdict.isAccepted && one.changes[row]?.operations.first?.isInsert == true
      }
    }
  }

  /// Takes confirmed dots out of pending. Refused transactions stay, with their reason in the inbox; one that the hub
  /// calls accepted without showing what became of its rows stays pending and is offered again (rule 7).
  mutating func confirm() throws(RelayError) -> Confirmed {
    var confirmed = Confirmed()
    for verdict in pull.closing.confirmed where verdict.dot.replica == state.replica {
      guard let one = try own.own(verdict.dot.counter, core.db) else { continue }
      let isExplained = try isExplained(one, verdict)
      guard isExplained || !verdict.isAccepted else {
        try core.doubt(verdict.dot)
        continue
      }
      try core.learn(verdict)
      confirmed.append(one, verdict)
      try core.leavePending(verdict, one.transaction)
    }
    return confirmed
  }

  /// Is each row of an accepted transaction accounted for: by what the pull brings of it, by an exit, or because this
  /// device knows already that the row is not its any more?
  private func isExplained(_ one: OwnTransactions.Own, _ verdict: Verdict) throws(RelayError) -> Bool {
    // What such a pull does not bring has left.
    if pull.leavesTheRest { return true }
    for change in one.transaction.rows {
      let row = change.row
      guard let table = core.schema.table(row.table), table.access(pull.newRole).reads else { continue }
      if let arrived = hot[row], arrived.record.seq >= verdict.seq { continue }
      if pull.exits(row) { continue }
      guard let image = try core.image(row, table) else { return false }
      // Another process on this file installed the pull that brought it, before it asked about this transaction.
      let cameBefore = verdict.seq <= pull.base && image.seq.map { $0 >= verdict.seq } ?? false
      guard image.state == .left || cameBefore else { return false }
    }
    return true
  }
}

extension ReplicaCore {
  /// Records what the hub said of a transaction; its effect leaves the view if it was refused.
  func learn(_ verdict: Verdict) throws(RelayError) {
    var refusal = Value.null
    if let refused = verdict.refusal { refusal = .blob(Array("\(refused.rule.rawValue): \(refused.message)".utf8)) }
    try db.execute(
      "UPDATE relay_transaction SET seq = ?, effective = ?, refusal = ? WHERE counter = ?",
      [Value(verdict.seq), .integer(Int64(bitPattern: verdict.effective.bits)), refusal, Value(verdict.dot.counter)])
    try setBack(to: verdict)
    try db.execute(
      "UPDATE relay_pending SET verdict = ? WHERE counter = ? AND verdict < 3",
      [.integer(verdict.isAccepted ? 1 : 2), Value(verdict.dot.counter)])
  }

  /// No longer pending: forgotten where it was accepted, kept with its reason where it was refused.
  func leavePending(_ verdict: Verdict, _ transaction: Transaction) throws(RelayError) {
    let counter = Value(verdict.dot.counter)
    try db.execute("UPDATE relay_pending SET done = 1 WHERE counter = ?", [counter])
    let livesOn = try sealApart(verdict, transaction)
    guard !verdict.isAccepted, !livesOn else {
      return try db.execute("DELETE FROM relay_transaction WHERE counter = ?", [counter])
    }
    try db.execute("UPDATE relay_transaction SET installed = 1 WHERE counter = ?", [counter])
    try tell(verdict, transaction)
  }

  /// Whatever was said of this transaction is not believed: it waits as if nobody had heard of it.
  func doubt(_ dot: Dot) throws(RelayError) {
    let counter = Value(dot.counter)
    try db.execute("UPDATE relay_transaction SET seq = NULL, effective = NULL WHERE counter = ?", [counter])
    try db.execute("UPDATE relay_pending SET verdict = 0 WHERE counter = ? AND verdict < 3", [counter])
  }
}
