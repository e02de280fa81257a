internal import RelayProtocol
internal import RelaySQLite

/// `relay_opening`, `relay_lost_opening`: what the hub's order is called, in the history of now and in those that the hub has
/// lost (rule 27).
struct OpeningStore {
  let db: Database

  static let ddl = """
    -- From which seq on the hub's order was called what. history: 0 for that of now, others for those that the hub has lost.
    CREATE TABLE IF NOT EXISTS relay_opening (
      history INTEGER NOT NULL, first INTEGER NOT NULL, name INTEGER NOT NULL, PRIMARY KEY (history, first))
      WITHOUT ROWID;
    -- Of own work of a history that was lost, for as long as it may be lost once more: which history its bases are of, and
    -- what the order was called where it stood when it was lost; NULL while it is not, 0 for an order without a name.
    CREATE TABLE IF NOT EXISTS relay_lost_opening (dot INTEGER PRIMARY KEY, history INTEGER NOT NULL, place INTEGER);
    """

  /// The hub says what its order is called after a seq. What began before it may be called otherwise than this file thought, of a
  /// history that is the same so far.
  func learn(_ openings: [Opening], after seq: UInt64) throws(RelayError) {
    try db.execute("DELETE FROM relay_opening WHERE history = 0 AND first > ?", [Value(seq)])
    guard !openings.isEmpty else { return }
    let last = try db.first(
      "SELECT name FROM relay_opening WHERE history = 0 ORDER BY first DESC LIMIT 1")?[0].integer
    for opening in openings {
      let name = Int64(bitPattern: opening.name)
      if opening.first <= seq, name == last { continue }
      try db.execute(
        "INSERT OR REPLACE INTO relay_opening VALUES (0, ?, ?)", [Value(max(opening.first, seq + 1)), .integer(name)])
    }
    try db.execute(
      """
      DELETE FROM relay_opening WHERE history = 0 AND first <= coalesce((SELECT first FROM relay_opening
        WHERE history = 0 ORDER BY first DESC LIMIT 1 OFFSET ?), 0)
      """, [.integer(Int64(Limits.openings))])
  }

  /// The hub has lost everything after a seq. To be called once the places of the lost work are noted.
  ///
  /// - Returns: the history that was lost.
  func lose(after seq: UInt64) throws(RelayError) -> Int64 {
    let lost = try keepNames(also: " UNION SELECT dot FROM relay_transaction")
    try db.execute("DELETE FROM relay_opening WHERE history = 0 AND first > ?", [Value(seq)])
    return lost
  }

  /// Work is offered again as if it had been lost, and the file stands where it stood.
  func offerAgain() throws(RelayError) { _ = try keepNames() }

  /// Keeps what the order is called now where lost work stood, and for its bases.
  ///
  /// - Parameter more: other own work.
  /// - Returns: the history that this is of.
  private func keepNames(also more: String = "") throws(RelayError) -> Int64 {
    let last = try db.first("SELECT max(history) FROM relay_opening")?[0].integer ?? 0
    let used = try db.first("SELECT max(history) FROM relay_lost_opening")?[0].integer ?? 0
    let past = try db.first("SELECT max(history) FROM relay_past")?[0].integer ?? 0
    let new = max(last, used, past) + 1
    let history = Value.integer(new)
    try db.execute(
      "INSERT INTO relay_opening SELECT ?, first, name FROM relay_opening WHERE history = 0", [history])
    // What was lost before has its bases in another history still.
    try db.execute(
      """
      INSERT OR IGNORE INTO relay_lost_opening (dot, history) SELECT dot, ?1 FROM (SELECT dot FROM relay_lost\(more))
      """, [history])
    try db.execute(
      """
      UPDATE relay_lost_opening SET place = coalesce((SELECT o.name FROM relay_opening AS o, relay_lost AS l
        WHERE l.dot = relay_lost_opening.dot AND o.history = 0 AND o.first <= l.seq ORDER BY o.first DESC LIMIT 1), 0)
      WHERE place IS NULL AND dot IN (SELECT dot FROM relay_lost WHERE seq > 0)
      """)
    return new
  }

  /// What the order was called where a transaction stood that was lost; 0 where it had no name.
  func place(_ key: DotKey) throws(RelayError) -> UInt64 {
    let found = try db.first("SELECT place FROM relay_lost_opening WHERE dot = ?", [Value(key)])?[0].integer
    return UInt64(bitPattern: found ?? 0)
  }

  /// What the order was called that the bases of a transaction are of, from a seq on.
  func names(_ key: DotKey, after seq: UInt64) throws(RelayError) -> [Opening] {
    let all = try db.query(
      """
      SELECT o.first, o.name FROM relay_lost_opening AS l JOIN relay_opening AS o ON o.history = l.history
      WHERE l.dot = ? ORDER BY o.first
      """, [Value(key)]
    ) { (row) in Opening(first: UInt64(max(0, row.int(0))), name: UInt64(bitPattern: row.int(1))) }
    // The one before is what the first seq after it is called.
    let at = all.lastIndex { $0.first <= seq + 1 } ?? 0
    return Array(all.dropFirst(at).suffix(Limits.openings))
  }

  /// A pull has confirmed work that was lost.
  func confirm(_ key: DotKey) throws(RelayError) {
    try db.execute("UPDATE relay_lost_opening SET place = NULL WHERE dot = ?", [Value(key)])
  }

  func forgetHealed() throws(RelayError) {
    guard try db.first("SELECT 1 FROM relay_lost_opening LIMIT 1") != nil else { return }
    try db.execute("UPDATE relay_lost_opening SET place = NULL WHERE dot NOT IN (SELECT dot FROM relay_lost)")
    try db.execute(
      """
      DELETE FROM relay_lost_opening WHERE dot NOT IN (SELECT dot FROM relay_lost UNION SELECT dot FROM relay_accepted
        UNION SELECT dot FROM relay_transaction)
      """)
    try db.execute(
      """
      DELETE FROM relay_opening WHERE history > 0 AND history NOT IN (SELECT history FROM relay_lost_opening
        UNION SELECT history FROM relay_past)
      """)
  }
}
