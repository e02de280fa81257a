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
    try locked { (core) throws(RelayError) in core.observed.formUnion(tables) }
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
    try locked { (core) throws(RelayError) in try core.poll() }
  }
}

extension ReplicaCore {
  static let inboxTable = "relay_inbox"

  /// Where the file stands when this replica opens it.
  func lookAround() throws(RelayError) {
    try db.snapshot { () throws(RelayError) in
      _ = try state()
      seenVersion = try dataVersion()
    }
  }

  func poll() throws(RelayError) -> Bool {
    let version = try dataVersion()
    guard version != seenVersion else { return false }
    try db.transaction { () throws(RelayError) in
      try seal(.residue)
      // Reading the state finds out whether another replica of this file has moved it.
      _ = try state()
    }
    seenVersion = version
    if movedElsewhere.here { touched.here.formUnion(observed) }
    if movedElsewhere.hub { touched.hub.formUnion(observed) }
    movedElsewhere = (false, false)
    return true
  }

  /// Another number when another connection has committed (https://sqlite.org/pragma.html#pragma_data_version).
  func dataVersion() throws(RelayError) -> Int64 { try db.first("PRAGMA data_version")?[0].integer ?? 0 }

  func inboxChanged() {
    if isFromHub { touched.hub.insert(Self.inboxTable) } else { touched.here.insert(Self.inboxTable) }
  }

  /// Relay has written a row of a synced table: shown, hidden, or given other values.
  func shown(_ table: TableSchema) {
    if isFromHub { touched.hub.insert(table.name) } else { touched.here.insert(table.name) }
  }

  func sealed(_ tables: Set<UInt32>) {
    guard !observed.isEmpty else { return }
    for id in tables { if let table = schema.table(id) { touched.here.insert(table.name) } }
  }
}

/// What moves when a replica of this file works: compared to notice that another one has.
struct ReplicaPlace: Equatable {
  var counter: UInt64
  var base: UInt64
  var accepted: UInt64

  init(_ state: ReplicaState) { (counter, base, accepted) = (state.counter, state.base, state.accepted) }
}
