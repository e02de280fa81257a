internal import RelayProtocol
internal import RelaySQLite

/// `relay_refusal`: own transactions that the hub refused, whole, until somebody resubmits or discards them.
struct RefusalStore {
  let db: Database

  static let ddl = """
    -- Own transactions that were refused, once an installed pull has confirmed that. They are kept whole.
    CREATE TABLE IF NOT EXISTS relay_refusal (
      dot INTEGER PRIMARY KEY, hash BLOB NOT NULL, seq INTEGER NOT NULL, effective INTEGER NOT NULL,
      refusal TEXT NOT NULL, schema INTEGER NOT NULL, bytes BLOB NOT NULL);
    CREATE INDEX IF NOT EXISTS relay_refusal_seq ON relay_refusal (seq);
    """

  /// Takes over a pending transaction that is about to leave.
  func keep(_ key: DotKey) throws(RelayError) {
    try db.execute(
      """
      INSERT OR REPLACE INTO relay_refusal (dot, hash, seq, effective, refusal, schema, bytes)
      SELECT dot, hash, seq, effective, refusal, schema, bytes FROM relay_transaction
      WHERE dot = ? AND refusal IS NOT NULL
      """, [Value(key)])
  }

  func stored(_ key: DotKey) throws(RelayError) -> StoredTransaction? {
    var found: StoredTransaction?
    try db.run("SELECT seq, effective, bytes FROM relay_refusal WHERE dot = ?", [Value(key)]) {
      (row) throws(RelayError) in
      found = StoredTransaction(seq: row[0].integer, effective: row[1].integer, bytes: row.blob(2))
      return false
    }
    return found
  }

  func remove(_ key: DotKey) throws(RelayError) {
    try db.execute("DELETE FROM relay_refusal WHERE dot = ?", [Value(key)])
  }

  /// The refused transactions of an inbox item and of all that depend on it, pending or kept, in their order.
  func chain(_ id: String) throws(RelayError) -> [(key: DotKey, bytes: [UInt8])] {
    try db.query(
      """
      WITH RECURSIVE chain (id, seq) AS (
        SELECT id, opened FROM relay_inbox WHERE id = ?
        UNION SELECT i.id, i.opened FROM relay_inbox AS i JOIN chain ON i.depends_on = chain.id)
      SELECT dot, bytes FROM relay_refusal WHERE seq IN (SELECT seq FROM chain)
      UNION ALL SELECT dot, bytes FROM relay_transaction WHERE refusal IS NOT NULL AND seq IN (SELECT seq FROM chain)
      ORDER BY dot
      """, [.text(id)]
    ) { (row) throws(RelayError) in (DotKey(row.int(0)), row.blob(1)) }
  }

  /// All that is not in force: pending and refused transactions, in their order.
  func all() throws(RelayError) -> [(hash: Hash128, refusal: String?, bytes: [UInt8])] {
    try db.query(
      """
      SELECT dot, hash, refusal, bytes FROM relay_transaction UNION ALL SELECT dot, hash, refusal, bytes FROM relay_refusal
      ORDER BY dot
      """
    ) { (row) throws(RelayError) in (Hash128(bytes: row.blob(1)) ?? .zero, row[2].text, row.blob(3)) }
  }
}

/// `relay_forgotten`: what was refused and forgotten here before a pull confirmed that. It lies between pending work that
/// goes on, and nothing that is written now has seen it.
struct ForgottenStore {
  let db: Database

  static let ddl = """
    -- Refused own transactions that somebody settled before a pull confirmed the refusal, while older ones wait for one.
    CREATE TABLE IF NOT EXISTS relay_forgotten (dot INTEGER PRIMARY KEY);
    """

  /// To be called before it leaves the outbox.
  func note(_ key: DotKey) throws(RelayError) {
    try db.execute(
      "INSERT OR IGNORE INTO relay_forgotten SELECT dot FROM relay_transaction WHERE dot = ?", [Value(key)])
  }

  /// Older than all that is pending, it lies between nothing.
  func tidy() throws(RelayError) {
    try db.execute(
      "DELETE FROM relay_forgotten WHERE dot < coalesce((SELECT min(dot) FROM relay_transaction), \(Int64.max))")
  }
}
