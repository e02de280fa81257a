internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// `relay_schema`: which versions of the sync schema meet in this file.
struct SchemaStore {
  let db: Database

  static let ddl = """
    -- The sync schema file that this file was opened with last; the version that the confirmed rows were pulled at, and
    -- the newest that the hub said it knows (0 while there is none).
    CREATE TABLE IF NOT EXISTS relay_schema (
      id INTEGER PRIMARY KEY CHECK (id = 1), file BLOB NOT NULL, installed INTEGER NOT NULL, hub INTEGER NOT NULL);
    """

  func standing() throws(RelayError) -> SchemaStanding {
    let row = try db.first("SELECT installed, hub FROM relay_schema")
    return SchemaStanding(
      installed: UInt64(max(0, row?[0].integer ?? 0)), hub: UInt64(max(0, row?[1].integer ?? 0)))
  }

  /// The schema file; nil before the first one.
  func file() throws(RelayError) -> [UInt8]? {
    guard case .blob(let file)? = try db.first("SELECT file FROM relay_schema")?[0] else { return nil }
    return file
  }

  func save(file: [UInt8]) throws(RelayError) {
    try db.execute(
      "INSERT INTO relay_schema (id, file, installed, hub) VALUES (1, ?1, 0, 0) ON CONFLICT (id) DO UPDATE SET file = ?1",
      [.blob(file)])
  }

  func save(installed version: UInt64) throws(RelayError) {
    try db.execute("UPDATE relay_schema SET installed = ?", [Value(version)])
  }

  func save(hub version: UInt64) throws(RelayError) {
    try db.execute("UPDATE relay_schema SET hub = ?", [Value(version)])
  }
}
