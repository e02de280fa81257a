internal import RelayProtocol
internal import RelaySQLite

/// `relay_accepted`: own transactions that are confirmed and that the hub's newest backup does not cover yet (rule 26). A
/// hub that loses them gets them back from here.
struct AcceptedStore {
  let db: Database

  /// The oldest go first where there are more bytes of them.
  static let mostBytes: Int64 = 16 << 20

  static let ddl = """
    -- Own transactions that were accepted and confirmed, until the hub says that a backup covers their seq. total: bytes
    -- of all that were kept up to here, ever.
    CREATE TABLE IF NOT EXISTS relay_accepted (
      seq INTEGER PRIMARY KEY, dot INTEGER NOT NULL, hash BLOB NOT NULL, effective INTEGER NOT NULL,
      total INTEGER NOT NULL, bytes BLOB NOT NULL);
    """

  /// Keeps a pending transaction that is about to leave.
  ///
  /// - Complexity: O(its bytes), whatever is kept.
  func keep(_ key: DotKey, _ verdict: Verdict) throws(RelayError) {
    // What was dropped for the cap is counted, so that the sum needs no look at what is kept.
    try db.execute(
      """
      INSERT OR IGNORE INTO relay_accepted (seq, dot, hash, effective, total, bytes)
      SELECT ?2, dot, hash, ?3, length(bytes) + coalesce((SELECT total FROM relay_accepted ORDER BY seq DESC LIMIT 1), 0),
        bytes
      FROM relay_transaction WHERE dot = ?1 AND length(bytes) <= ?4
      """,
      [Value(key), Value(verdict.seq), Value(verdict.effective), .integer(AcceptedStore.mostBytes)])
  }

  /// The seq of each that is kept.
  ///
  /// - Complexity: O(what is kept): few ask, and only about rows that left.
  func seqs() throws(RelayError) -> [DotKey: Int64] {
    var seqs: [DotKey: Int64] = [:]
    try db.run("SELECT seq, dot FROM relay_accepted", []) { (row) throws(RelayError) in
      seqs[DotKey(row.int(1))] = row.int(0)
      return true
    }
    return seqs
  }

  func stored(_ seq: Int64) throws(RelayError) -> StoredTransaction? {
    var found: StoredTransaction?
    try db.run("SELECT effective, bytes FROM relay_accepted WHERE seq = ?", [.integer(seq)]) {
      (row) throws(RelayError) in
      found = StoredTransaction(seq: seq, effective: row[0].integer, bytes: row.blob(1))
      return false
    }
    return found
  }

  /// Forgets what a backup covers, and the oldest beyond the cap.
  ///
  /// - Complexity: O(what goes).
  func forget(durable seq: UInt64, most: Int64 = AcceptedStore.mostBytes) throws(RelayError) {
    try db.execute("DELETE FROM relay_accepted WHERE seq <= ?", [Value(seq)])
    guard let newest = try db.first("SELECT total FROM relay_accepted ORDER BY seq DESC LIMIT 1")?[0].integer else {
      return
    }
    var last: Int64?
    try db.run("SELECT seq, total - length(bytes) FROM relay_accepted ORDER BY seq", []) { (row) throws(RelayError) in
      guard newest - row.int(1) > most else { return false }
      last = row.int(0)
      return true
    }
    if let last { try db.execute("DELETE FROM relay_accepted WHERE seq <= ?", [.integer(last)]) }
  }
}
