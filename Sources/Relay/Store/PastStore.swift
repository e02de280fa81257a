internal import RelayProtocol
internal import RelaySQLite

/// What a file had seen of the history that the hub lost last (rule 27).
struct Past {
  var epoch: Hash128
  /// Its rows were as the hub had them at this seq.
  var base: UInt64
  /// The last one that both histories share.
  var shared: UInt64
  /// What that order was called (`OpeningStore`).
  var history: Int64
}

/// `relay_past`, `relay_taken`: what this file had seen of a lost history, and what it has sealed since in the light of that.
struct PastStore {
  let db: Database

  static let ddl = """
    -- Up to which seq of the history that the hub lost last this file had seen everything, and up to which both are the same.
    -- history: in relay_opening.
    CREATE TABLE IF NOT EXISTS relay_past (
      id INTEGER PRIMARY KEY CHECK (id = 1), epoch BLOB NOT NULL, base INTEGER NOT NULL, shared INTEGER NOT NULL,
      history INTEGER NOT NULL);
    -- Own work that was sealed in the light of such a history after that was lost.
    CREATE TABLE IF NOT EXISTS relay_taken (
      dot INTEGER PRIMARY KEY, epoch BLOB NOT NULL, base INTEGER NOT NULL, shared INTEGER NOT NULL, history INTEGER NOT NULL);
    """

  /// The file goes back to a place. One that no hub has recognised since the last time goes on looking for where the same loss
  /// began.
  func note(_ past: Past) throws(RelayError) {
    guard past.base > past.shared else { return }
    if let last = try newest(), last.shared == past.base {
      try db.execute("UPDATE relay_past SET shared = ?", [Value(past.shared)])
    } else {
      try db.execute("INSERT OR REPLACE INTO relay_past VALUES (1, ?, ?, ?, ?)", values(past))
    }
  }

  /// Nil where no hub of this file was ever put back.
  func newest() throws(RelayError) -> Past? {
    try db.first("SELECT epoch, base, shared, history FROM relay_past").map(past)
  }

  // MARK: What was sealed since

  /// An own transaction that waits was sealed in the light of a lost history.
  func add(_ key: DotKey, _ past: Past) throws(RelayError) {
    try db.execute(
      """
      DELETE FROM relay_taken WHERE dot NOT IN (SELECT dot FROM relay_transaction UNION SELECT dot FROM relay_lost
        UNION SELECT dot FROM relay_accepted UNION SELECT dot FROM relay_refusal)
      """)
    try db.execute("INSERT INTO relay_taken VALUES (?, ?, ?, ?, ?)", [Value(key)] + values(past))
    try db.execute("INSERT INTO relay_lost_opening VALUES (?, ?, NULL)", [Value(key), .integer(past.history)])
    try db.execute(
      "UPDATE relay_transaction SET floor = min(floor, ?) WHERE dot = ?", [Value(past.shared), Value(key)])
  }

  /// Nil for one that was sealed in the light of the history of then.
  func of(_ key: DotKey) throws(RelayError) -> Past? {
    try db.first("SELECT epoch, base, shared, history FROM relay_taken WHERE dot = ?", [Value(key)]).map(past)
  }

  private func values(_ past: Past) -> [Value] {
    [.blob(past.epoch.bytes), Value(past.base), Value(past.shared), .integer(past.history)]
  }

  private func past(_ row: [Value]) throws(RelayError) -> Past {
    guard case .blob(let bytes) = row[0], let epoch = Hash128(bytes: bytes), let base = row[1].integer, base >= 0,
      let shared = row[2].integer, shared >= 0, let history = row[3].integer
    else { throw RelayError(.corrupt, "\(db.path): what the file had seen of a lost history is no place") }
    return Past(epoch: epoch, base: UInt64(base), shared: UInt64(shared), history: history)
  }
}
