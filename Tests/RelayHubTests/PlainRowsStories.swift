import Relay
import RelayHub
internal import RelayProtocol
import TestSupport
import Testing

/// Rows of a table of which every column travels as it stands are sealed from the bytes that SQLite told of them. What comes
/// of it is what comes of the same script in a shell, which goes the long way.
@Suite struct PlainRowsStories {
  static let schema = Array(
    """
    { "name": "store", "version": 1, "roles": ["field"], "tables": [
      { "id": 1, "name": "item", "key": ["shelf", "place"], "scopes": ["everyone"], "homes": ["everyone"],
        "columns": [ { "id": 1, "name": "shelf", "type": "text" }, { "id": 2, "name": "place", "type": "integer" },
          { "id": 3, "name": "note", "type": "text" }, { "id": 4, "name": "price", "type": "real" },
          { "id": 5, "name": "photo", "type": "blob" }, { "id": 6, "name": "state", "type": "text", "required": true,
            "default": "new", "policy": "ask" } ],
        "access": { "field": { "read": true, "write": true } } },
      { "id": 2, "name": "owner", "key": ["id"], "scopes": ["everyone"], "homes": ["everyone"],
        "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "name", "type": "text" } ],
        "access": { "field": { "read": true, "write": true } } },
      { "id": 3, "name": "loan", "key": ["id"], "parent": { "column": "owner", "table": "owner" },
        "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "owner", "type": "text" } ],
        "access": { "field": { "read": true, "write": true } } } ] }
    """.utf8)
  static let ddl = """
    CREATE TABLE item (shelf TEXT, place INTEGER, note TEXT, price REAL, photo BLOB, state TEXT NOT NULL DEFAULT 'new',
      PRIMARY KEY (shelf, place));
    CREATE TABLE owner (id TEXT PRIMARY KEY, name TEXT);
    CREATE TABLE loan (id TEXT PRIMARY KEY, owner TEXT);
    """
  static let numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)"
  static let filled = """
    \(numbers) INSERT INTO item SELECT 's', i, 'note ' || i, i / 4.0, zeroblob(i % 3), 'new' FROM n;
    \(numbers) INSERT INTO owner SELECT 'o' || i, NULL FROM n;
    """

  /// A device that stands where the hub does, with 300 confirmed rows; the same each time.
  private func device() throws -> (fleet: Fleet, device: Fleet.Device) {
    let fleet = try Fleet(schema: Self.schema, ddl: Self.ddl)
    let device = try fleet.add("a", "everyone")
    try device.sql(Self.filled)
    try fleet.settle()
    return (fleet, device)
  }

  private func kept(_ device: Fleet.Device) throws -> [[Value]] {
    try device.values("SELECT tbl, hex(key), base, state, hex(image), stamps, seq FROM relay_image ORDER BY tbl, key")
      + device.values("SELECT tbl, hex(key), dot, kind, fate FROM relay_pending ORDER BY tbl, key, dot")
  }

  @Test(
    "The API and a shell seal the same, and the hub agrees with both",
    arguments: [
      ["UPDATE item SET note = 'all of them'"], ["DELETE FROM item WHERE place % 2"],
      ["UPDATE item SET price = price + 0.5, photo = NULL WHERE place < 100; DELETE FROM item WHERE place > 140"],
      ["UPDATE item SET state = 'old'; UPDATE item SET state = 'new' WHERE place < 75"],
      ["UPDATE item SET place = place + 1000"],
      ["DELETE FROM item; \(Self.numbers) INSERT INTO item SELECT 's', i, 'other', 1, NULL, 'new' FROM n"],
      ["\(Self.numbers) INSERT INTO item (shelf, place) SELECT 't', i FROM n", "UPDATE item SET note = NULL"],
      ["UPDATE item SET note = 'one' WHERE place = 7", "UPDATE item SET note = 'two' WHERE place < 9"],
      [
        "UPDATE item SET note = 'one' WHERE place = 7", "DELETE FROM item WHERE place = 7",
        "INSERT INTO item (shelf, place) VALUES ('s', 7)", "UPDATE item SET price = 1 WHERE place IN (7, 8)",
      ],
      ["DELETE FROM owner WHERE id <> 'o1'; INSERT INTO loan VALUES ('l', 'o2'), ('m', 'o1')"],
      ["UPDATE owner SET name = 'x'; INSERT INTO loan VALUES ('l', 'o2'); INSERT INTO owner (id) VALUES (NULL)"],
      ["DELETE FROM owner WHERE id = 'o3'", "INSERT INTO loan VALUES ('l', 'o3')"],
    ])
  func bothWays(scripts: [String]) throws {
    let (own, foreign) = (try device(), try device())
    for script in scripts {
      _ = try? own.device.replica.write { db in try db.script(script) }
      let shell = try Database(path: foreign.device.replica.path, mode: .readWrite)
      try shell.script("BEGIN; \(script); COMMIT")
      _ = try foreign.device.replica.write { _ in }
    }
    let (heard, logged) = (try own.device.replica.nextRequest().push, try foreign.device.replica.nextRequest().push)
    func rows(_ pushed: [[UInt8]]) throws -> [[RowChange]] {
      try pushed.map { try Transaction(decoding: $0).rows }
    }
    // A row without a key is refused through the API and stays local in a shell.
    guard !scripts[0].contains("(NULL)") else { return #expect(heard.isEmpty) }
    #expect(try rows(heard) == rows(logged))
    #expect(try kept(own.device) == kept(foreign.device))
    #expect(heard.count == scripts.count)
    for (fleet, device) in [own, foreign] {
      try fleet.settle()
      let status = try device.replica.status()
      #expect(status.pending == 0)
      #expect(status.mismatch.isEmpty)
      #expect(try device.values("SELECT count(*) FROM relay_image") == [[0]])
    }
  }

  @Test("What others wrote between two commits of one connection is sealed between them, and seen by the later one")
  func betweenTwoCommits() throws {
    let (fleet, a) = try device()
    let b = try fleet.add("b", "everyone")
    try fleet.settle()
    try a.sql("UPDATE item SET note = 'first' WHERE place = 1")
    let shell = try Database(path: a.replica.path, mode: .readWrite)
    try shell.script("UPDATE item SET note = 'shell' WHERE place = 2")
    try a.sql("UPDATE item SET note = 'second' WHERE place = 3")
    // Another process of the app.
    let twin = try Replica(
      at: a.replica.path, schema: Self.schema, environment: Environment(now: { 1_700_000_000_000 }, random: { 5 }))
    try twin.write { db in try db.execute("UPDATE item SET note = 'twin' WHERE place = 4") }
    try a.sql("UPDATE item SET note = 'third' WHERE place = 5; UPDATE item SET note = 'fourth' WHERE place = 1")
    let pushed = try a.replica.nextRequest().push.map { try Transaction(decoding: $0) }
    #expect(pushed.map(\.dot.counter) == (0..<5).map { pushed[0].dot.counter + $0 })
    #expect(pushed.map { $0.rows.compactMap { try? $0.row.values().last } } == [[1], [2], [3], [4], [1, 5]])
    for (number, transaction) in pushed.enumerated() {
      #expect(transaction.seen.count == number)
    }
    // What a sync brings in between counts as seen.
    try fleet.settle()
    try b.sql("UPDATE item SET state = 'theirs' WHERE place = 9")
    try fleet.sync(b)
    try fleet.sync(a)
    try a.sql("UPDATE item SET state = 'mine' WHERE place = 9")
    try fleet.settle()
    #expect(try b.values("SELECT state FROM item WHERE place = 9") == [["mine"]])
    #expect(try a.conflicts().isEmpty && b.conflicts().isEmpty)
  }

  @Test("A row is deleted, and made anew and changed by two shells: all of that knows what was confirmed of it")
  func madeAnewByTwo() throws {
    let (fleet, a) = try device()
    try a.sql("DELETE FROM item WHERE place = 1")
    for statement in ["INSERT INTO item (shelf, place) VALUES ('s', 1)", "UPDATE item SET note = 'x' WHERE place = 1"] {
      try Database(path: a.replica.path, mode: .readWrite).script(statement)
    }
    let pushed = try a.replica.nextRequest().push.map { try Transaction(decoding: $0) }
    #expect(pushed.count == 3)
    let base = try a.replica.position().base
    #expect(base > 0)
    #expect(pushed.flatMap { $0.rows.map(\.base) } == [base, base, base])
    try fleet.settle()
    #expect(try a.conflicts().isEmpty)
  }

  @Test("A commit that was rolled back leaves nothing for the next one to go on from")
  func rolledBackBetween() throws {
    let (fleet, a) = try device()
    try a.sql("UPDATE item SET note = 'first' WHERE place = 1")
    #expect(throws: RelayError.self) { try a.sql("UPDATE item SET note = 'x' WHERE place = 2; SELECT nothing") }
    try a.sql("UPDATE item SET note = 'second' WHERE place = 3")
    let pushed = try a.replica.nextRequest().push.map { try Transaction(decoding: $0) }
    #expect(pushed.map { $0.rows.compactMap { try? $0.row.values().last } } == [[1], [3]])
    try fleet.settle()
    #expect(try a.replica.status().pending == 0)
  }
}
