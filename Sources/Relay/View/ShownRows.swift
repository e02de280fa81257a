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
  private let noted: ShownStore
  private let stores: Stores
  private let tables: SyncedTables
  private let attachment: Attachment
  /// The newest record of the log when it began.
  private let start: Int64
  /// How often triggers may answer to what is put right.
  private static let rounds = 4

  init(_ stores: Stores, _ tables: SyncedTables, _ attachment: Attachment) throws(RelayError) {
    (self.stores, self.tables, self.attachment) = (stores, tables, attachment)
    db = stores.db
    noted = stores.shown
    try noted.begin()
    start = try stores.log.newest()
  }

  /// Relay has shown these values of a row; nil where it took the row away.
  func note(_ row: RowID, _ values: [Value]?, _ table: TableSchema) throws(RelayError) {
    try noted.note(row, values, table)
  }

  func note(seq: UInt64, _ row: RowID) throws(RelayError) {
    try noted.note(seq: seq, row)
  }

  /// Makes every row that was touched show what it should.
  ///
  /// - Returns: rows that cannot be shown as they should be, with the reason.
  func settle(_ view: View) throws(RelayError) -> [(Should, reason: String)] {
    for round in 1...ShownRows.rounds {
      var wrong: [Should] = []
      for table in tables.schema.tables { wrong += try self.wrong(table) }
      guard !wrong.isEmpty else { break }
      // What should not be there goes first: it may hold a value that is UNIQUE.
      let ordered = wrong.filter { $0.values == nil } + wrong.filter { $0.values != nil }
      var failed: [(Should, reason: String)] = []
      func write() throws(RelayError) {
        for one in ordered {
          if let reason = try view.show(one.row, one.values, one.table) { failed.append((one, reason)) }
          try view.show(seq: one.seq, one.row, one.table)
        }
      }
      let isLast = round == ShownRows.rounds
      if isLast { try db.withoutTriggers { () throws(RelayError) in try write() } } else { try write() }
      if isLast || failed.count == wrong.count {
        try forget()
        return failed
      }
    }
    try forget()
    return []
  }

  /// Rows of a table that were touched and do not show what they should; empties its log.
  private func wrong(_ table: TableSchema) throws(RelayError) -> [Should] {
    var wrong: [Should] = []
    var seen: Set<RowID> = []
    let log = stores.log
    try log.eachRecord(of: table, try attachment.capture(table), after: start) {
      (row, values, seq) throws(RelayError) in
      // Of a row that Relay did not write its first touch says what it showed, and that was right.
      try noted.noteFirst(row, values, seq: seq, table)
      let meant = try noted.noted(row, table)
      if try tables.row(row, table) != meant.values, seen.insert(row).inserted {
        wrong.append(.init(row: row, table: table, values: meant.values, seq: meant.seq))
      }
    }
    try log.forget(table, after: start)
    return wrong.sorted { $0.row < $1.row }
  }

  private func forget() throws(RelayError) {
    for table in tables.schema.tables { try stores.log.forget(table, after: start) }
    try noted.clear()
  }
}

/// A row as its table should show it.
struct Should {
  var row: RowID
  var table: TableSchema
  /// Nil for a row that should not be there.
  var values: [Value]?
  /// Of the hub's row.
  var seq: UInt64?
}
