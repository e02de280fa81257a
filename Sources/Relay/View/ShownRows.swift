internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// What synced tables should show after Relay has written, where the app's triggers may write beside it (rule 30).
///
/// Capture logs what happens meanwhile, Relay's own writes too, and this keeps what Relay meant. What was touched is then
/// compared and put right; that fires triggers again, so it is repeated until it stands, and the last time no trigger
/// fires. It lies in a temporary table: an install may show more rows than memory holds.
struct ShownRows {
  private let db: Database
  /// The newest record of the log when it began.
  private let start: Int64
  /// How often triggers may answer to what is put right.
  private static let rounds = 4

  init(_ core: ReplicaCore) throws(RelayError) {
    db = core.db
    try db.execute(
      """
      CREATE TEMP TABLE IF NOT EXISTS relay_shown (
        tbl INTEGER NOT NULL, key BLOB NOT NULL, image BLOB, seq INTEGER, PRIMARY KEY (tbl, key)) WITHOUT ROWID
      """)
    try db.execute("DELETE FROM temp.relay_shown")
    start = try CaptureLog(db: db).newest()
  }

  /// Relay has shown these values of a row; nil where it took the row away.
  func note(_ row: RowID, _ values: [Value]?, _ table: TableSchema) throws(RelayError) {
    try db.execute(
      """
      INSERT INTO temp.relay_shown (tbl, key, image) VALUES (?, ?, ?)
      ON CONFLICT (tbl, key) DO UPDATE SET image = excluded.image
      """, row.bindings + [values.map { .blob(RowBlob.encode($0, table)) } ?? .null])
  }

  func note(seq: UInt64, _ row: RowID) throws(RelayError) {
    try db.execute("UPDATE temp.relay_shown SET seq = ?3 WHERE tbl = ?1 AND key = ?2", row.bindings + [Value(seq)])
  }

  /// Makes every row that was touched show what it should.
  ///
  /// - Returns: rows that cannot be shown as they should be, with the reason.
  func settle(_ core: ReplicaCore) throws(RelayError) -> [(ReplicaCore.Should, reason: String)] {
    for round in 1...ShownRows.rounds {
      var wrong: [ReplicaCore.Should] = []
      for table in core.schema.tables { wrong += try self.wrong(core, table) }
      guard !wrong.isEmpty else { break }
      // What should not be there goes first: it may hold a value that is UNIQUE.
      let ordered = wrong.filter { $0.values == nil } + wrong.filter { $0.values != nil }
      var failed: [(ReplicaCore.Should, reason: String)] = []
      func write() throws(RelayError) {
        for one in ordered {
          if let reason = try core.show(one.row, one.values, one.table) { failed.append((one, reason)) }
          try core.show(seq: one.seq, one.row, one.table)
        }
      }
      let isLast = round == ShownRows.rounds
      if isLast { try db.withoutTriggers { () throws(RelayError) in try write() } } else { try write() }
      if isLast || failed.count == wrong.count {
        try forget(core)
        return failed
      }
    }
    try forget(core)
    return []
  }

  /// Rows of a table that were touched and do not show what they should; empties its log.
  private func wrong(_ core: ReplicaCore, _ table: TableSchema) throws(RelayError) -> [ReplicaCore.Should] {
    var wrong: [ReplicaCore.Should] = []
    var seen: Set<RowID> = []
    let log = CaptureLog(db: db)
    try log.eachRecord(of: table, try core.capture(table), after: start) { (row, values, seq) throws(RelayError) in
      let was = values.map { Value.blob(RowBlob.encode($0, table)) } ?? .null
      // Of a row that Relay did not write its first touch says what it showed, and that was right.
      try db.execute(
        "INSERT OR IGNORE INTO temp.relay_shown (tbl, key, image, seq) VALUES (?, ?, ?, ?)", row.bindings + [was, seq])
      let meant = try db.first("SELECT image, seq FROM temp.relay_shown WHERE tbl = ? AND key = ?", row.bindings)
      var should: [Value]?
      if case .blob(let image)? = meant?[0] { should = try RowBlob.decode(image, table) }
      if try core.tableRow(row, table) != should, seen.insert(row).inserted {
        let seq = meant?[1].integer.map { UInt64(max(0, $0)) }
        wrong.append(.init(row: row, table: table, values: should, seq: seq))
      }
    }
    try log.forget(table, after: start)
    return wrong.sorted { $0.row < $1.row }
  }

  private func forget(_ core: ReplicaCore) throws(RelayError) {
    for table in core.schema.tables { try CaptureLog(db: db).forget(table, after: start) }
    try db.execute("DELETE FROM temp.relay_shown")
  }
}

/// Whether capture logs what is written (`relay_guard.applying`).
enum CaptureGuard: Int64 {
  /// An app writes: everything is logged.
  case captures = 0
  /// Relay writes: nothing is logged.
  case silent = 1
  /// Relay writes, and the app's triggers may write into synced tables: everything is logged, to be compared.
  case watches = 2
}

extension ReplicaCore {
  /// Writes made inside are Relay's own and travel nowhere; whatever the app's triggers do meanwhile, the synced tables
  /// end as Relay meant them. The guard is a row, so it is undone with the transaction and holds for no other connection.
  func applying<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    db.tap.isListening = false
    defer { db.tap.isListening = true }
    // No trigger fires here: there is nothing to guard against.
    if !db.firesTriggers { return try body() }
    let mustWatch = try appTriggers().writeSyncedTables
    try guardCapture(mustWatch ? .watches : .silent)
    guard mustWatch else {
      let value = try body()
      try guardCapture(.captures)
      return value
    }
    let meant = try ShownRows(self)
    shownRows = meant
    defer { shownRows = nil }
    let value = try body()
    for (one, reason) in try meant.settle(self) { try keepOut(one, reason) }
    try guardCapture(.captures)
    return value
  }

  private func guardCapture(_ state: CaptureGuard) throws(RelayError) {
    try db.execute("UPDATE relay_guard SET applying = ?", [.integer(state.rawValue)])
  }

  /// A trigger made it impossible to show a row as it should be.
  private func keepOut(_ one: Should, _ reason: String) throws(RelayError) {
    guard let values = one.values, try !isUnderWork(one.row) else {
      return try tell(held: one.row, one.table, reason)
    }
    try hold(one.row, one.table, values, [], seq: one.seq, reason)
  }
}
