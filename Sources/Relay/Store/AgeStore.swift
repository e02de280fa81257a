internal import RelayProtocol
internal import RelaySQLite

/// `relay_age`: where this device stood, month by month, so that what it notes of rows that are gone is forgotten by age
/// (rule 28): `relay_dead` and `relay_entered`.
struct AgeStore {
  let db: Database

  private static let day: Int64 = 24 * 3600 * 1000
  /// As long as hubs keep deleted rows where their operators say nothing.
  static let retention = 400 * day
  private static let step = 30 * day

  static let ddl = """
    -- Where this device stood, month by month, by the hub's clock in milliseconds since 1970: rows that died or came into
    -- sight before it are old once that is long ago.
    CREATE TABLE IF NOT EXISTS relay_age (base INTEGER PRIMARY KEY, install INTEGER NOT NULL, time INTEGER NOT NULL);
    """

  /// - Parameter now: milliseconds since 1970, by the hub's clock.
  /// - Complexity: O(1); once a month O(what is noted of rows).
  func stood(at base: UInt64, install: UInt64, now: Int64) throws(RelayError) {
    // A clock that once stood ahead does not count for ever.
    try db.execute("DELETE FROM relay_age WHERE time > ?", [.integer(now)])
    let isNew = try db.first("SELECT 1 FROM relay_age WHERE time > ? LIMIT 1", [.integer(now - Self.step)]) != nil
    if isNew { return }
    try db.execute("INSERT OR REPLACE INTO relay_age VALUES (?, ?, ?)", [Value(base), Value(install), .integer(now)])
    let old = try db.first(
      "SELECT base, install, time FROM relay_age WHERE time <= ? ORDER BY time DESC LIMIT 1",
      [.integer(now - Self.retention)])
    guard let old else { return }
    try db.execute("DELETE FROM relay_dead WHERE base <= ?", [old[0]])
    try db.execute("DELETE FROM relay_entered WHERE install <= ?", [old[1]])
    try db.execute("DELETE FROM relay_age WHERE time < ?", [old[2]])
  }
}
