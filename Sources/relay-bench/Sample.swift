internal import Relay
internal import RelaySQLite

/// The table that is measured with, and what is written to it, by plain SQLite and by Relay alike.
enum Sample {
  static let ddl = "CREATE TABLE item (id TEXT PRIMARY KEY, unit TEXT NOT NULL, name TEXT, note TEXT, n INTEGER)"
  static let schema = Array(
    """
    { "name": "bench", "version": 1, "roles": ["field"], "tables": [
      { "id": 1, "name": "item", "key": ["id"], "scopes": ["unit/{unit}"], "homes": ["unit/{unit}"],
        "columns": [
          { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "unit", "type": "text", "required": true },
          { "id": 3, "name": "name", "type": "text" }, { "id": 4, "name": "note", "type": "text" },
          { "id": 5, "name": "n", "type": "integer" } ],
        "access": { "field": { "read": true, "write": true } } } ] }
    """.utf8)

  static func plain(_ path: String) throws -> Database {
    let db = try Database(path: path, mode: .create)
    try db.script(ddl)
    return db
  }

  static func insert(_ range: Range<Int>, _ db: Database) throws(RelayError) {
    for at in range {
      try db.execute(
        "INSERT INTO item VALUES (?, 'u', ?, ?, ?)",
        [.text("item-\(at)"), .text("name of \(at)"), .text("a note of ordinary length"), .integer(Int64(at))])
    }
  }

  static func update(_ at: Int, _ db: Database, of count: Int) throws(RelayError) {
    try db.execute("UPDATE item SET note = ? WHERE id = ?", [.text("note \(at)"), .text("item-\(at % count)")])
  }

  static func delete(_ at: Int, _ db: Database) throws(RelayError) {
    try db.execute("DELETE FROM item WHERE id = ?", [.text("item-\(at)")])
  }
}
