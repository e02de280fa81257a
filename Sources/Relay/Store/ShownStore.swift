internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// `temp.relay_shown`: what rows should show after Relay has written beside the app's triggers. A temporary table: an install
/// may show more rows than memory holds.
struct ShownStore {
  let db: Database

  func begin() throws(RelayError) {
    try db.execute(
      """
      CREATE TEMP TABLE IF NOT EXISTS relay_shown (
        tbl INTEGER NOT NULL, key BLOB NOT NULL, image BLOB, seq INTEGER, PRIMARY KEY (tbl, key)) WITHOUT ROWID
      """)
    try clear()
  }

  /// - Parameter values: nil where the row should not be there.
  func note(_ row: RowID, _ values: [Value]?, _ table: TableSchema) throws(RelayError) {
    try db.execute(
      """
      INSERT INTO temp.relay_shown (tbl, key, image) VALUES (?, ?, ?)
      ON CONFLICT (tbl, key) DO UPDATE SET image = excluded.image
      """, row.bindings + [image(values, table)])
  }

  func note(seq: UInt64, _ row: RowID) throws(RelayError) {
    try db.execute("UPDATE temp.relay_shown SET seq = ?3 WHERE tbl = ?1 AND key = ?2", row.bindings + [Value(seq)])
  }

  /// Of a row that nobody has noted this counts.
  func noteFirst(_ row: RowID, _ values: [Value]?, seq: Value, _ table: TableSchema) throws(RelayError) {
    try db.execute(
      "INSERT OR IGNORE INTO temp.relay_shown (tbl, key, image, seq) VALUES (?, ?, ?, ?)",
      row.bindings + [image(values, table), seq])
  }

  func noted(_ row: RowID, _ table: TableSchema) throws(RelayError) -> (values: [Value]?, seq: UInt64?) {
    let found = try db.first("SELECT image, seq FROM temp.relay_shown WHERE tbl = ? AND key = ?", row.bindings)
    let seq = found?[1].integer.map { UInt64(max(0, $0)) }
    guard case .blob(let image)? = found?[0] else { return (nil, seq) }
    return (try RowBlob.decode(image, table), seq)
  }

  func clear() throws(RelayError) { try db.execute("DELETE FROM temp.relay_shown") }

  private func image(_ values: [Value]?, _ table: TableSchema) -> Value {
    values.map { .blob(RowBlob.encode($0, table)) } ?? .null
  }
}

/// `temp.relay_arrived`: rows of a pull that brings everything anew.
struct ArrivedStore {
  let db: Database

  func begin() throws(RelayError) {
    try db.execute(
      "CREATE TEMP TABLE IF NOT EXISTS relay_arrived (tbl INTEGER, key BLOB, PRIMARY KEY (tbl, key)) WITHOUT ROWID")
    try clear()
  }

  func add(_ row: RowID) throws(RelayError) {
    try db.execute("INSERT OR IGNORE INTO temp.relay_arrived VALUES (?, ?)", row.bindings)
  }

  func holds(_ row: RowID) throws(RelayError) -> Bool {
    try db.first("SELECT 1 FROM temp.relay_arrived WHERE tbl = ? AND key = ?", row.bindings) != nil
  }

  func clear() throws(RelayError) { try db.execute("DELETE FROM temp.relay_arrived") }
}
