internal import RelayMerge
internal import RelayProtocol

/// Refused transactions of this device: what hangs together, and how it is forgotten.
struct RefusedWork {
  let core: ReplicaCore

  /// A refused transaction with everything that was refused because it builds on it, in their author's order.
  ///
  /// - Throws: `entry_unknown` when there is no such refused transaction.
  func chain(_ id: String) throws(RelayError) -> [Transaction] {
    guard try core.inbox.store.holds(id, .refused) else {
      throw RelayError(.entryUnknown, "the inbox holds no refused transaction '\(id)'")
    }
    var transactions: [Transaction] = []
    for (key, bytes) in try core.refusals.chain(id) {
      var transaction = try Transaction(decoding: bytes)
      transaction.dot = try core.replicas.dot(key)
      transaction.seen = try core.replicas.current(transaction.seen)
      transactions.append(transaction)
    }
    guard !transactions.isEmpty else {
      throw RelayError(.entryUnknown, "the transaction of '\(id)' is not in this file any more")
    }
    return transactions
  }

  /// Forgets refused transactions here; the hub keeps them. Where later pending work was sealed on top of one, its dot
  /// stays in `relay_pending` as refused and forgotten, so that the view goes on leaving that work out.
  func forget(_ chain: [Transaction]) throws(RelayError) {
    var rows: Set<RowID> = []
    for transaction in chain {
      guard let key = try core.replicas.key(transaction.dot) else { continue }
      for change in transaction.rows {
        try core.outbox.settle(key, on: change.row, .forgotten)
        rows.insert(change.row)
      }
      try core.stores.forgotten.note(key)
      try core.outbox.remove(key)
      try core.refusals.remove(key)
      _ = try core.inbox.store.remove(Inbox.refusalID(transaction.dot))
    }
    core.changes.written.inbox = true
    let state = try core.state()
    var own = OwnTransactions()
    try core.view.applying { () throws(RelayError) in
      for row in rows.sorted() {
        try core.outbox.forgetSettled(row)
        // Without an image the table already shows what there is: a confirmed row, own pending work, or nothing.
        let table = try core.table(row.table)
        if try core.view.image(row, table) != nil { try core.view.rebuild(row, table, state, &own) }
      }
    }
  }

  /// What the rows that a transaction changed, or hung others on, had shown as confirmed: the hub has forgotten them, and
  /// this file is about to.
  func before(_ transaction: Transaction) throws(RelayError) -> [RefusedOperation] {
    var rows = transaction.rows.filter { !$0.operations[0].isInsert }.map(\.row)
    for change in transaction.rows {
      guard let parent = core.schema.table(change.row.table)?.namedParent(change),
        !transaction.rows.contains(where: { $0.row == parent }), !rows.contains(parent)
      else { continue }
      rows.append(parent)
    }
    var list: [RefusedOperation] = []
    for row in rows.prefix(InboxItem.mostOperations) {
      guard let table = core.schema.table(row.table), let values = try core.view.confirmed(row, table) else { continue }
      for (column, value) in zip(table.columns, values) {
        list.append(
          RefusedOperation(
            table: table.name, key: Inbox.label(row), operation: RefusedOperation.before, column: column.name,
            value: value))
      }
    }
    return list
  }

  /// The inbox item that a transaction refused as `depends_on_refused` builds on; nil where it is not here any more.
  func dependsOn(_ verdict: Verdict, _ transaction: Transaction) throws(RelayError) -> String? {
    guard verdict.refusal?.rule == .dependsOnRefused else { return nil }
    for (_, dot) in try lacked(transaction) {
      let id = Inbox.refusalID(dot)
      if try core.inbox.store.holds(id) { return id }
    }
    return nil
  }

  /// The refused transactions that a transaction builds on, each with the row of its own that it did that to.
  func lacked(_ transaction: Transaction) throws(RelayError) -> [(row: RowID, dot: Dot)] {
    var list: [(RowID, Dot)] = []
    for change in transaction.rows {
      if let dot = try lacks(change.row, inserts: change.operations[0].isInsert, transaction) {
        list.append((change.row, dot))
      } else if let parent = core.schema.table(change.row.table)?.namedParent(change),
        !transaction.rows.contains(where: { $0.row == parent && $0.operations[0].isInsert }),
        let dot = try lacks(parent, inserts: false, transaction)
      {
        list.append((parent, dot))
      }
    }
    return list
  }

  /// The refused transaction that an operation on this row lacks (rule 18), among those that its author had seen.
  private func lacks(_ row: RowID, inserts: Bool, _ transaction: Transaction) throws(RelayError) -> Dot? {
    guard let key = try core.replicas.key(transaction.dot) else { return nil }
    var standing: Standing?
    for earlier in try core.outbox.touches(row) where earlier.key < key {
      let dot = try core.replicas.dot(earlier.key)
      guard transaction.seen.contains(dot) else { continue }
      standing = Standing.after(standing, kind: earlier.kind, dot: dot, refused: earlier.isRefused)
    }
    return Standing.lacks(standing, inserts: inserts)
  }
}
