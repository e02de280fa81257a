import Relay
internal import RelayProtocol
import TestSupport
import Testing

/// Relay's own connection hears of changes from SQLite, foreign ones are captured by triggers: whatever is written, both
/// come to the same transaction.
@Suite struct TapCaptureTests {
  static let schema = Array(
    """
    { "name": "two-ways", "version": 1, "roles": ["field"], "tables": [
      { "id": 1, "name": "person", "key": ["id"], "scopes": ["all"], "homes": ["all"], "unique": [["badge"]],
        "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "badge", "type": "integer" },
          { "id": 3, "name": "weight", "type": "real" }, { "id": 4, "name": "photo", "type": "blob" },
          { "id": 5, "name": "guests", "type": "integer", "policy": "counter", "default": 0, "required": true } ],
        "access": { "field": { "read": true, "write": true } } },
      { "id": 2, "name": "visit", "key": ["id"], "scopes": ["all"], "homes": ["all"],
        "columns": [ { "id": 1, "name": "id", "type": "integer" }, { "id": 2, "name": "person", "type": "text" } ],
        "access": { "field": { "read": true, "write": true } } },
      { "id": 3, "name": "seat", "key": ["room", "place"], "scopes": ["all"], "homes": ["all"],
        "columns": [ { "id": 1, "name": "room", "type": "text" }, { "id": 2, "name": "place", "type": "integer" },
          { "id": 3, "name": "who", "type": "text" } ],
        "access": { "field": { "read": true, "write": true } } } ] }
    """.utf8)
  static let ddl = """
    CREATE TABLE Person (local TEXT, id TEXT PRIMARY KEY, badge INTEGER UNIQUE, weight REAL, photo BLOB);
    INSERT INTO Person (id) VALUES ('old');
    ALTER TABLE Person ADD COLUMN guests INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE visit (id INTEGER PRIMARY KEY, person TEXT REFERENCES person (id) ON DELETE CASCADE ON UPDATE CASCADE);
    CREATE TABLE seat (room TEXT, place INTEGER, who TEXT, PRIMARY KEY (room, place)) WITHOUT ROWID;
    """
  static let filled = """
    INSERT INTO person VALUES ('here', 'a', 1, 60, x'00ff', 2), ('here', 'b', 2, 70.5, NULL, 0), ('', 'c', 3, NULL, x'', 5);
    INSERT INTO visit VALUES (1, 'a'), (2, 'a'), (3, 'b'); INSERT INTO seat VALUES ('r', 1, 'a'), ('r', 2, 'b');
    """

  private func twin(_ folder: TestFolder, _ name: String) throws -> Replica {
    var environment = Environment(now: { 1 }, random: { 7 })
    environment.prepare = { (db) throws(RelayError) in try db.execute("PRAGMA foreign_keys = ON") }
    let replica = try Replica(at: folder.file(name), schema: Self.schema, environment: environment) {
      (db) throws(RelayError) in try db.script(Self.ddl)
    }
    try replica.write { (db) throws(RelayError) in try db.script(Self.filled) }
    return replica
  }

  @Test(
    "Both ways say the same",
    arguments: [
      "INSERT INTO person (id, weight) VALUES ('d', 80); UPDATE person SET weight = 81, local = 'x' WHERE id = 'd'",
      "UPDATE person SET guests = guests + 3, photo = x'aa'; UPDATE person SET guests = guests - 3",
      "INSERT OR REPLACE INTO person (id, badge) VALUES ('a', 2)",
      "UPDATE OR REPLACE person SET badge = 3 WHERE id = 'a'", "DELETE FROM seat", "DELETE FROM visit WHERE id > 1",
      "DELETE FROM person WHERE id = 'a'; UPDATE person SET id = 'z' WHERE id = 'b'",
      "UPDATE visit SET id = id + 10; UPDATE visit SET id = 1 WHERE id = 11",
      "UPDATE seat SET place = place + 5; INSERT OR REPLACE INTO seat VALUES ('r', 6, 'c')",
      "SAVEPOINT s; UPDATE person SET badge = badge + 100; INSERT INTO seat VALUES ('q', 1, 'x'); ROLLBACK TO s; "
        + "UPDATE person SET weight = 1 WHERE id = 'b'; RELEASE s",
      "INSERT INTO seat VALUES ('n', 1, 'x') ON CONFLICT DO UPDATE SET who = 'y'; "
        + "INSERT INTO seat VALUES ('r', 1, 'x') ON CONFLICT DO UPDATE SET who = 'y'",
      "ALTER TABLE person ADD COLUMN more TEXT NOT NULL DEFAULT 'm'; UPDATE person SET weight = 2; "
        + "ALTER TABLE person DROP COLUMN local; UPDATE person SET weight = 3, badge = NULL WHERE id = 'c'",
      "UPDATE person SET weight = 50 WHERE id = 'old'", "DELETE FROM person WHERE id = 'old'",
      "UPDATE person SET weight = CAST(weight AS INTEGER), badge = '7' WHERE id = 'b'",
    ])
  func bothWays(script: String) throws {
    let folder = TestFolder()
    let (own, foreign) = (try twin(folder, "own.db"), try twin(folder, "foreign.db"))
    try own.write { db in try db.script(script) }
    let shell = try Database(path: foreign.path, mode: .readWrite)
    try shell.script("PRAGMA foreign_keys = ON; BEGIN; \(script); COMMIT")
    let (heard, logged) = (try own.sealed(), try foreign.sealed())
    #expect(heard.count == logged.count)
    #expect(heard.last?.rows == logged.last?.rows)
    #expect(heard.count > 2)
  }

  @Test("A statement that fails and is forgiven leaves no trace; what came before it stays")
  func aForgivenFailure() throws {
    let folder = TestFolder()
    let replica = try twin(folder, "own.db")
    defer { withExtendedLifetime(folder) {} }
    try replica.write { db in
      try db.execute("UPDATE person SET weight = 1 WHERE id = 'a'")
      #expect(throws: RelayError.self) { try db.execute("UPDATE person SET badge = 9") }
      try db.execute("UPDATE person SET weight = 2 WHERE id = 'a'")
    }
    let rows = try replica.sealed().last?.rows ?? []
    #expect(rows.count == 1)
    #expect(rows.first?.operations.map(\.kind) == [.set(3, [2.0])])
  }

  @Test("A trigger that an app makes in a closure takes over from there, and nothing is lost")
  func aTriggerMadeMeanwhile() throws {
    let folder = TestFolder()
    let replica = try twin(folder, "own.db")
    defer { withExtendedLifetime(folder) {} }
    try replica.write { db in
      try db.execute("UPDATE person SET weight = 1 WHERE id = 'a'")
      try db.script(
        "CREATE TRIGGER follow AFTER UPDATE ON person BEGIN UPDATE seat SET who = 'by trigger' WHERE place = 1; END")
      try db.execute("UPDATE person SET weight = 2 WHERE id = 'b'")
    }
    let rows = try replica.sealed().last?.rows ?? []
    #expect(rows.map(\.row.table) == [1, 1, 3])
    #expect(
      try replica.read { db in try db.query("SELECT who FROM seat ORDER BY place") { $0[0] } } == ["by trigger", "b"])
    try replica.write { db in try db.execute("UPDATE person SET weight = 3 WHERE id = 'c'") }
    #expect(try replica.sealed().last?.rows.count == 1)
  }
}
