internal import RelayProtocol
internal import RelaySQLite

/// `relay_sync`: what the talk with the hub remembers. One row; nothing in it decides what a row of the app shows.
struct SyncRecord {
  let db: Database

  static let ddl = """
    -- What the talk with the hub remembers: when a push and a pull last ended well, and the hub's clock then; what a
    -- sync that runs waits for,
    -- since when, and until when it will have moved on; how much the line carried. Times in milliseconds since 1970.
    CREATE TABLE IF NOT EXISTS relay_sync (
      id INTEGER PRIMARY KEY CHECK (id = 1), pushed_at INTEGER, pulled_at INTEGER, hub_time INTEGER,
      activity TEXT, since INTEGER, until INTEGER,
      push_bytes INTEGER, push_patience INTEGER, page_bytes INTEGER, page_patience INTEGER);
    """

  func times() throws(RelayError) -> (pushed: Int64?, pulled: Int64?, hub: Int64?) {
    let row = try db.first("SELECT pushed_at, pulled_at, hub_time FROM relay_sync")
    return (row?[0].integer, row?[1].integer, row?[2].integer)
  }

  func pushed(at now: Int64) throws(RelayError) {
    try db.execute("UPDATE relay_sync SET pushed_at = ?", [.integer(now)])
  }

  func pulled(at now: Int64, hubTime: UInt64) throws(RelayError) {
    // What no calendar has is not kept.
    let hubTime = Value.integer(Int64(min(hubTime, 1 << 47)))
    try db.execute("UPDATE relay_sync SET pulled_at = ?, hub_time = ?", [.integer(now), hubTime])
  }

  /// What a sync waits for; nil where none said so, or the one that did must be over.
  func activity(now: Int64) throws(RelayError) -> SyncActivity? {
    let row = try db.first(
      "SELECT activity, since FROM relay_sync WHERE activity IS NOT NULL AND until >= ?", [.integer(now)])
    guard let row, let what = row[0].text, let since = row[1].integer else { return nil }
    return SyncActivity(waitsFor: what, since: since)
  }

  func begin(_ what: String, since: Int64, until: Int64) throws(RelayError) {
    try db.execute(
      "UPDATE relay_sync SET activity = ?, since = ?, until = ?", [.text(what), .integer(since), .integer(until)])
  }

  func isBusy() throws(RelayError) -> Bool {
    try db.first("SELECT 1 FROM relay_sync WHERE activity IS NOT NULL") != nil
  }

  func end() throws(RelayError) {
    try db.execute("UPDATE relay_sync SET activity = NULL, since = NULL, until = NULL WHERE activity IS NOT NULL")
  }

  func sizes(most: (push: Int, page: Int)) throws(RelayError) -> (push: AdaptiveSize, page: AdaptiveSize) {
    let row = try db.first("SELECT push_bytes, push_patience, page_bytes, page_patience FROM relay_sync")
    func number(_ at: Int) -> Int? { row?[at].integer.map { Int(clamping: $0) } }
    return (
      AdaptiveSize(bytes: number(0), patience: number(1), most: most.push),
      AdaptiveSize(bytes: number(2), patience: number(3), most: most.page)
    )
  }

  /// A line that carries everything is not worth a word.
  func save(_ push: AdaptiveSize, _ page: AdaptiveSize) throws(RelayError) {
    func number(_ size: AdaptiveSize) -> [Value] {
      size.isFull ? [.null, .null] : [.integer(Int64(size.bytes)), .integer(Int64(size.patience))]
    }
    try db.execute(
      "UPDATE relay_sync SET push_bytes = ?, push_patience = ?, page_bytes = ?, page_patience = ?",
      number(push) + number(page))
  }
}
