internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// `relay_dead`: rows whose delete was pulled, and the base then: a re-insert has seen it.
struct DeadStore {
  let db: Database

  static let ddl = """
    -- Rows whose delete was pulled, and the base then: a re-insert has seen it.
    CREATE TABLE IF NOT EXISTS relay_dead (
      tbl INTEGER NOT NULL, key BLOB NOT NULL, base INTEGER NOT NULL, PRIMARY KEY (tbl, key)) WITHOUT ROWID;
    """

  func base(_ row: RowID) throws(RelayError) -> UInt64? {
    try db.first("SELECT base FROM relay_dead WHERE tbl = ? AND key = ?", row.bindings).map {
      UInt64(max(0, $0[0].integer ?? 0))
    }
  }

  func holds(_ row: RowID) throws(RelayError) -> Bool { try base(row) != nil }

  func add(_ row: RowID, base: UInt64) throws(RelayError) {
    try db.execute("INSERT OR REPLACE INTO relay_dead (tbl, key, base) VALUES (?, ?, ?)", row.bindings + [Value(base)])
  }

  func remove(_ row: RowID) throws(RelayError) {
    try db.execute("DELETE FROM relay_dead WHERE tbl = ? AND key = ?", row.bindings)
  }

  func rows(_ table: UInt32) throws(RelayError) -> [RowID] {
    try db.query("SELECT key FROM relay_dead WHERE tbl = ? ORDER BY key", [.integer(Int64(table))]) {
      (row) throws(RelayError) in RowID(table: table, key: row.blob(0))
    }
  }
}

/// `relay_alone`: rows that stay on this device, because they are too large to travel or cannot be deleted.
final class LocalOnlyStore {
  let db: Database
  private let find = Command("SELECT 1 FROM relay_alone WHERE tbl = ? AND key = ?")

  static let ddl = """
    -- Rows that a foreign tool made too large to travel: the hub has never heard of them.
    CREATE TABLE IF NOT EXISTS relay_alone (
      tbl INTEGER NOT NULL, key BLOB NOT NULL, PRIMARY KEY (tbl, key)) WITHOUT ROWID;
    """

  init(_ db: Database) { self.db = db }

  func holds(_ row: RowID) throws(RelayError) -> Bool { try db.holds(find, row.bindings) }

  func add(_ row: RowID) throws(RelayError) {
    try db.execute("INSERT OR IGNORE INTO relay_alone (tbl, key) VALUES (?, ?)", row.bindings)
  }

  /// - Returns: whether it was there.
  func remove(_ row: RowID) throws(RelayError) -> Bool {
    try db.execute("DELETE FROM relay_alone WHERE tbl = ? AND key = ?", row.bindings)
    return db.changes > 0
  }
}

/// `relay_entered`: rows that came into sight with a history, and the install that brought them.
struct EnteredStore {
  let db: Database

  static let ddl = """
    -- Rows that came into sight with a history, and the install that brought them: a form that was opened before has not
    -- seen them.
    CREATE TABLE IF NOT EXISTS relay_entered (
      tbl INTEGER NOT NULL, key BLOB NOT NULL, install INTEGER NOT NULL, PRIMARY KEY (tbl, key)) WITHOUT ROWID;
    """

  func add(_ row: RowID, install: UInt64) throws(RelayError) { try add(row.bindings, install) }

  /// Of no row has anybody seen all that is shown from now on.
  func addAll(install: UInt64) throws(RelayError) {
    try db.execute("DELETE FROM relay_entered")
    try add([0, .blob([])], install)
  }

  private func add(_ bindings: [Value], _ install: UInt64) throws(RelayError) {
    try db.execute(
      "INSERT OR REPLACE INTO relay_entered (tbl, key, install) VALUES (?, ?, ?)", bindings + [Value(install)])
  }

  func remove(_ row: RowID) throws(RelayError) {
    try db.execute("DELETE FROM relay_entered WHERE tbl = ? AND key = ?", row.bindings)
  }

  /// Did the row come into sight after that install?
  func entered(_ row: RowID, after install: UInt64) throws(RelayError) -> Bool {
    let later = "SELECT 1 FROM relay_entered WHERE (tbl = ?1 AND key = ?2 OR tbl = 0 AND key = x'') AND install > ?3"
    return try db.first(later, row.bindings + [Value(install)]) != nil
  }
}
