internal import RelayMerge
public import RelayProtocol

extension Replica {
  /// Yields after every commit through this replica that changed one of the tables: writes, installed pulls, verdicts.
  /// What other programs write is noticed by the next write or sync here, or by `poll`.
  ///
  /// ```swift
  /// for await changes in try replica.changes(of: ["book", "relay_inbox"]) { reload(changes.tables) }
  /// ```
  ///
  /// - Parameter tables: names of synced tables, and `relay_inbox`.
  /// - Throws: `usage` for a table that the sync schema does not name.
  public func changes(of tables: [String]) throws(RelayError) -> TableChangeSequence {
    for name in tables where name != ReplicaCore.inboxTable && schema.table(named: name) == nil {
      throw RelayError(.usage, "the sync schema has no table '\(name)' to observe")
    }
    let observer = Observer(Set(tables))
    try locked { (core) throws(RelayError) in
      let place = ReplicaPlace(try core.db.snapshot { () throws(RelayError) in try core.state() })
      core.watch.observe(tables, from: place)
    }
    observers.add(observer)
    return TableChangeSequence(observer: observer)
  }

  /// Asks SQLite whether another connection or process has written to the file; if so, seals what foreign tools left
  /// and tells the observers. Relay has no timer and no thread: the app calls this when it likes, such as once a second
  /// while it is in the foreground, or when a file watcher stirs.
  ///
  /// After another program that syncs this file through Relay, every observed table is told as changed.
  ///
  /// - Returns: whether anybody had written.
  /// - Complexity: one PRAGMA when nobody has.
  @discardableResult
  public func poll() throws(RelayError) -> Bool {
    let version = try locked { (core) throws(RelayError) in
      let version = try core.dataVersion()
      return version == core.watch.version ? nil : version
    }
    guard let version else { return false }
    _ = try changing { (core) throws(RelayError) in try core.sealer.sealResidue() }
    let moved = try locked { (core) throws(RelayError) in
      core.watch.version = version
      return core.watch.movedElsewhere()
    }
    observers.tell(moved)
    return true
  }
}

extension ReplicaCore {
  static let inboxTable = "relay_inbox"

  /// Another number when another connection has committed (https://sqlite.org/pragma.html#pragma_data_version).
  func dataVersion() throws(RelayError) -> Int64 { try db.first("PRAGMA data_version")?[0].integer ?? 0 }

  /// Relay has written a row of a synced table: shown, hidden, or given other values.
  func shown(_ table: TableSchema) { changes.written.tables.insert(table.id) }

  // MARK: What people are told, and that it changed

  func tell(_ notice: NoticeRecord) throws(RelayError) {
    try inbox.tell(notice, device: try state().device, &changes.written)
  }

  func tell(_ verdict: Verdict, _ transaction: Transaction) throws(RelayError) {
    let before = verdict.refusal?.rule == .updateOfPurged ? try refused.before(transaction) : []
    try inbox.tell(
      verdict, transaction, dependsOn: try refused.dependsOn(verdict, transaction), before: before, &changes.written)
  }

  func tell(held row: RowID, _ table: TableSchema, _ reason: String) throws(RelayError) {
    try inbox.tell(held: row, table, reason, &changes.written)
  }

  func replaceEntries(_ row: RowID, _ table: TableSchema, _ entries: [EntryRecord]) throws(RelayError) {
    try inbox.replaceEntries(row, table, entries, &changes.written) { () throws(RelayError) in
      try view.confirmed(row, table)
    }
  }

  func forgetConflicts(_ row: RowID) throws(RelayError) { try inbox.forgetConflicts(row, &changes.written) }

  func forgetHeld(_ row: RowID) throws(RelayError) {
    try stores.images.release(row)
    try inbox.forget(held: row, &changes.written)
  }
}
