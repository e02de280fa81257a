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

    /// - Parameter rows: those of its rows that are not confirmed yet.
    mutating func append(_ own: OwnTransactions.Own, _ verdict: Verdict, _ rows: [RowID]) {
      for row in rows { byRow[row, default: []].append(list.count) }
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
    let wasRefused = try pull.closing.confirmed.isEmpty ? false : core.inbox.store.count(.refused) > 0
    for verdict in pull.closing.confirmed {
      guard let key = try core.own(verdict) else { continue }
      // A push of it may have been answered by the hub as it was before it was put back, and others sent it again.
      if wasRefused, verdict.isAccepted, try core.inbox.store.remove(Inbox.refusalID(verdict.dot), .refused) {
        core.changes.written.inbox = true
      }
      if let bytes = try core.stores.lost.confirm(key, verdict) {
        if !verdict.isAccepted {
          var lost = try Transaction(decoding: bytes)
          lost.dot = verdict.dot
          try core.tell(verdict, lost)
        }
        continue
      }
      let explained = ownRows?.explained[key.value] ?? 0
      if explained > 0, try core.outbox.rowCount(key) == explained {
        try core.learn(key, verdict)
        try core.accepted.keep(key, verdict)
        try core.outbox.remove(key)
        confirmed.accepted += 1
        continue
      }
      guard let one = try own.pending(key, core.stores) else { continue }
      var rows = one.transaction.rows.map(\.row)
      if explained > 0 { rows = try core.outbox.pendingRows(rows, of: key) }
      var isExplained = true
      if verdict.isAccepted { isExplained = try self.isExplained(rows, verdict) }
      guard isExplained else {
        if explained > 0 {
          throw RelayError(.malformedMessage, "\(verdict.dot) was accepted, and not all of its rows came")
        }
        try core.outbox.doubt(key)
        continue
      }
      try core.learn(key, verdict)
      confirmed.append(one, verdict, rows)
      if verdict.isAccepted, try core.outbox.batch(key) == .sealedAnew {
        try core.resealing.takeBack(one.transaction, try changesInForce(one))
      }
      try core.leavePending(key, verdict, one.transaction)
    }
    return confirmed
  }

  /// What a transaction changed of rows that this pull brings alive and that this device has not deleted since.
  private func changesInForce(_ one: OwnTransactions.Own) throws(RelayError) -> [RowChange] {
    var changes: [RowChange] = []
    for change in one.transaction.rows {
      guard let arrived = hot[change.row], let table = core.schema.table(change.row.table),
        try arrived.values(table) != nil, try core.tableRow(change.row, table) != nil
      else { continue }
      changes.append(change)
    }
    return changes
  }

  /// Is each row of an accepted transaction accounted for: by what the pull brings of it, by an exit, or because this
  /// device knows already that the row is not its any more?
  private func isExplained(_ rows: [RowID], _ verdict: Verdict) throws(RelayError) -> Bool {
    // What such a pull does not bring has left.
    if pull.leavesTheRest || pull.isWhole { return true }
    for row in rows {
      guard let table = core.schema.table(row.table), table.access(pull.newRole).reads else { continue }
      if let arrived = hot[row], arrived.record.seq >= verdict.seq { continue }
      if pull.exits(row) { continue }
      guard let image = try core.view.image(row, table) else { return false }
      // Another process on this file installed the pull that brought it, before it asked about this transaction.
      let cameBefore = verdict.seq <= pull.base && image.seq.map { $0 >= verdict.seq } ?? false
      guard image.state == .left || cameBefore else { return false }
    }
    return true
  }
}

extension ReplicaCore {
  /// The own transaction that a closing confirms. A closing names dots alone, and another copy's work may lie under a name that was
  /// asked about; a push says by its bytes what is meant. So it is not taken for the word about work that was answered
  /// otherwise, nor about work that a hub has lost and has not judged again, nor about work that this hub cannot know yet and was
  /// never sent.
  ///
  /// - Returns: nil for what is nobody's here, or left pending before.
  func own(_ verdict: Verdict) throws(RelayError) -> DotKey? {
    guard let key = try replicas.named(verdict.dot) else { return nil }
    if try outbox.waits(key) {
      let known = try versions.standing().hub
      if known > 0, let needed = try outbox.schema(key), needed > known { return nil }
    }
    return try fits(key, verdict) ? key : nil
  }

  /// Does a closing say of own work what a push was answered with?
  func fits(_ key: DotKey, _ verdict: Verdict) throws(RelayError) -> Bool {
    if let fits = try outbox.fits(key, verdict) { return fits }
    return try stores.lost.fits(key, verdict)
  }

  /// Records what the hub said of a transaction; its effect leaves the view if it was refused.
  func learn(_ key: DotKey, _ verdict: Verdict) throws(RelayError) {
    try outbox.learn(key, verdict)
  }

  /// No longer pending: where it was accepted it is kept until the hub's backup covers it, where it was refused until
  /// somebody settles that.
  func leavePending(_ key: DotKey, _ verdict: Verdict, _ transaction: Transaction) throws(RelayError) {
    let livesOn = try resealing.sealApart(verdict, transaction)
    if !livesOn {
      let fate = verdict.isAccepted ? Fate.accepted : .refused
      for change in transaction.rows { try outbox.settle(key, on: change.row, fate) }
      if verdict.isAccepted { try accepted.keep(key, verdict) } else { try refusals.keep(key) }
    }
    try outbox.remove(key)
    if !verdict.isAccepted, !livesOn, !Mutation.isPlanted(.refusalForgotten) { try tell(verdict, transaction) }
  }
}
