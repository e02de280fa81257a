internal import RelayProtocol
internal import RelaySQLite

/// `relay_page` and `relay_pull`: pages of a pull as they arrived, until the last one is in.
struct StageStore {
  let db: Database

  static let ddl = """
    -- Pages of a pull as they arrived, until the last one is in.
    CREATE TABLE IF NOT EXISTS relay_page (number INTEGER PRIMARY KEY, body BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS relay_pull (
      id INTEGER PRIMARY KEY CHECK (id = 1), base INTEGER NOT NULL, floor INTEGER NOT NULL, asked BLOB NOT NULL,
      token BLOB NOT NULL);
    """

  /// How a pull on its way goes on.
  struct Pull {
    /// What it was asked with.
    var base: UInt64
    var floor: UInt64
    var asked: [UInt8]
    var token: [UInt8]
  }

  func pull() throws(RelayError) -> Pull? {
    guard let row = try db.first("SELECT base, floor, asked, token FROM relay_pull") else { return nil }
    guard let base = row[0].integer, let floor = row[1].integer, base >= 0, floor >= 0, case .blob(let asked) = row[2],
      case .blob(let token) = row[3]
    else { throw RelayError(.corrupt, "\(db.path): relay_pull holds no pull") }
    return Pull(base: UInt64(base), floor: UInt64(floor), asked: asked, token: token)
  }

  func add(_ page: [UInt8], _ pull: Pull) throws(RelayError) {
    try db.execute("INSERT INTO relay_page (body) VALUES (?)", [.blob(page)])
    try db.execute(
      "INSERT OR REPLACE INTO relay_pull (id, base, floor, asked, token) VALUES (1, ?, ?, ?, ?)",
      [Value(pull.base), Value(pull.floor), .blob(pull.asked), .blob(pull.token)])
  }

  /// The pages in the order in which they came.
  ///
  /// - Parameter body: gives false to stop.
  func eachPage(_ body: ([UInt8]) throws(RelayError) -> Bool) throws(RelayError) {
    try db.run("SELECT body FROM relay_page ORDER BY number", []) { (row) throws(RelayError) in try body(row.blob(0)) }
  }

  /// What they take in the file.
  func byteCount() throws(RelayError) -> UInt64 {
    // A page takes at least one of SQLite's own.
    let sum = "SELECT coalesce(sum(max(length(body), 4096)), 0) FROM relay_page"
    return UInt64(max(0, try db.first(sum)?[0].integer ?? 0))
  }

  func forget() throws(RelayError) {
    try db.execute("DELETE FROM relay_page")
    try db.execute("DELETE FROM relay_pull")
  }
}
