internal import RelayProtocol
internal import RelaySQLite

/// `relay_brought`: rows that stand here because of lost work alone (rule 27). Where that is refused they go, as a hub that was
/// put back to before them never tells that they leave.
struct BroughtStore {
  let db: Database

  static let ddl = """
    -- Rows that own work has inserted whose verdict the hub has lost, and that no pull has brought since.
    CREATE TABLE IF NOT EXISTS relay_brought (
      tbl INTEGER NOT NULL, key BLOB NOT NULL, dot INTEGER NOT NULL, PRIMARY KEY (tbl, key, dot)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS relay_brought_dot ON relay_brought (dot);
    """

  /// Everything that was accepted after `seq` is about to be lost.
  ///
  /// - Complexity: O(bytes of that work).
  func note(after seq: UInt64) throws(RelayError) {
    try db.run("SELECT dot, bytes FROM relay_accepted WHERE seq > ?", [Value(seq)]) { (found) throws(RelayError) in
      // Damaged work is told of when it is offered.
      guard let transaction = try? Transaction(decoding: found.blob(1)) else { return true }
      // What was there before the insert may be there still.
      for change in transaction.rows where change.base == 0 && change.operations[0].isInsert {
        try db.execute(
          "INSERT OR IGNORE INTO relay_brought VALUES (?, ?, ?)", change.row.bindings + [.integer(found.int(0))])
      }
      return true
    }
  }

  /// All of them, ascending.
  func rows() throws(RelayError) -> [RowID] {
    try db.query("SELECT DISTINCT tbl, key FROM relay_brought ORDER BY tbl, key") { (row) in
      RowID(table: UInt32(truncatingIfNeeded: row.int(0)), key: row.blob(1))
    }
  }

  /// Those that an own transaction has inserted, ascending.
  func rows(of key: DotKey) throws(RelayError) -> [RowID] {
    try db.query("SELECT tbl, key FROM relay_brought WHERE dot = ? ORDER BY tbl, key", [Value(key)]) { (row) in
      RowID(table: UInt32(truncatingIfNeeded: row.int(0)), key: row.blob(1))
    }
  }

  /// A pull has brought the row: it stands here because the hub has it.
  func arrived(_ row: RowID) throws(RelayError) {
    try db.execute("DELETE FROM relay_brought WHERE tbl = ? AND key = ?", row.bindings)
  }

  /// The work has its verdict.
  func forget(_ key: DotKey) throws(RelayError) {
    try db.execute("DELETE FROM relay_brought WHERE dot = ?", [Value(key)])
  }
}
