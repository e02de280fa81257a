import Foundation
import Relay
internal import RelayProtocol

/// A small app to test with: people, their visits, and a register where nothing is ever changed.
enum Clinic {
  static let ddl = """
    CREATE TABLE person (
      id TEXT PRIMARY KEY, unit TEXT NOT NULL, phone TEXT UNIQUE, given TEXT, family TEXT, level TEXT,
      guests INTEGER NOT NULL DEFAULT 0, tags TEXT NOT NULL DEFAULT '[]', private_note TEXT);
    CREATE TABLE visit (person TEXT NOT NULL, day TEXT NOT NULL, note TEXT, PRIMARY KEY (person, day),
      FOREIGN KEY (person) REFERENCES person (id) ON DELETE CASCADE);
    CREATE TABLE register (id TEXT PRIMARY KEY, unit TEXT NOT NULL, amount INTEGER NOT NULL);
    """

  static let schema = Array(
    """
    { "name": "clinic", "version": 1, "roles": ["field", "office"],
      "tables": [
        { "id": 1, "name": "person", "key": ["id"], "scopes": ["unit/{unit}"], "homes": ["unit/{unit}"],
          "columns": [
            { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "unit", "type": "text", "required": true },
            { "id": 3, "name": "phone", "type": "text", "policy": "ask" },
            { "id": 4, "name": "given", "type": "text" }, { "id": 5, "name": "family", "type": "text" },
            { "id": 6, "name": "level", "type": "text", "policy": "max", "scale": ["low", "middle", "high"] },
            { "id": 7, "name": "guests", "type": "integer", "policy": "counter", "default": 0, "required": true },
            { "id": 8, "name": "tags", "policy": "set", "default": "[]", "required": true } ],
          "groups": [ { "name": "name", "columns": ["given", "family"], "policy": "ask" } ],
          "access": { "field": { "read": true, "write": true }, "office": { "read": true, "write": true } } },
        { "id": 2, "name": "visit", "key": ["person", "day"], "parent": { "column": "person", "table": "person" },
          "columns": [ { "id": 1, "name": "person", "type": "text" }, { "id": 2, "name": "day", "type": "text" },
            { "id": 3, "name": "note", "type": "text" } ],
          "access": { "field": { "read": true, "write": true }, "office": { "read": true, "write": true } } },
        { "id": 3, "name": "register", "key": ["id"], "scopes": ["unit/{unit}"], "homes": ["unit/{unit}"], "append": true,
          "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "unit", "type": "text", "required": true },
            { "id": 3, "name": "amount", "type": "integer", "required": true } ],
          "access": { "field": { "read": true, "write": true }, "office": { "read": true, "write": true } } } ] }
    """.utf8)

  /// A clock that stands still and a random source that counts.
  static func environment(_ seed: UInt64) -> Environment {
    Environment(now: { 1_700_000_000_000 }, random: { seed &* 0x9E37_79B9_7F4A_7C15 })
  }

  static func open(_ path: String, seed: UInt64 = 1) throws(RelayError) -> Replica {
    try Replica(at: path, schema: schema, environment: environment(seed)) { (db) throws(RelayError) in
      try db.script(ddl)
    }
  }

  /// Writes with a connection that knows nothing of Relay, as the sqlite3 shell does.
  static func foreign(_ path: String, _ sql: String) throws(RelayError) {
    let db = try Database(path: path, mode: .readWrite)
    try db.script(sql)
  }
}

extension Replica {
  /// Everything that is sealed and waits, decoded.
  func sealed() throws(RelayError) -> [Transaction] {
    var out: [Transaction] = []
    for bytes in try nextRequest(pushBytes: 60 << 20).push { out.append(try Transaction(decoding: bytes)) }
    return out
  }
}
