import Relay
import RelayHub
import TestSupport
import Testing

/// More of what updates of an app and other tools do to tables and indexes while work waits.
@Suite struct TableNeighbours {
  private func filled() throws -> Pair {
    let pair = try Pair()
    try pair.a.sql("INSERT INTO item (id, label, shelf) VALUES ('x', 'Lamp', 'A'), ('y', 'Bulb', 'B')")
    try pair.fleet.settle()
    return pair
  }

  @Test(
    "A table made anew with its columns in another order and of another kind: unsent work and all rows are right",
    arguments: ["", " WITHOUT ROWID", " STRICT"])
  func rebuilt(_ kind: String) async throws {
    let pair = try filled()
    try pair.shell(pair.a).script(
      """
      UPDATE item SET label = 'unsent', stock = stock + 2 WHERE id = 'x'; INSERT INTO item (id, label) VALUES ('n', 'new');
      BEGIN;
      CREATE TABLE fresh (stock INTEGER NOT NULL DEFAULT 0, mine TEXT, shelf TEXT, label TEXT,
        id TEXT PRIMARY KEY NOT NULL)\(kind);
      INSERT INTO fresh (id, label, shelf, stock) SELECT id, label, shelf, stock FROM item;
      DROP TABLE item; ALTER TABLE fresh RENAME TO item; COMMIT;
      """)
    try pair.fleet.settle()
    try pair.a.sql("UPDATE item SET shelf = 'C', mine = 'not sent' WHERE id = 'y'")
    try pair.fleet.settle()
    _ = try await pair.a.replica.verify(with: FleetTransport(pair.fleet), options: FleetTransport.options)
    try await pair.agree(Pair.all)
    #expect(
      try pair.b.values("SELECT id, label, shelf, stock FROM item ORDER BY id") == [
        ["n", "new", .null, 0], ["x", "unsent", "A", 2], ["y", "Bulb", "C", 0],
      ])
  }

  @Test(
    "A synced column that an update renamed: the file says so and sends nothing wrong; renamed back, the work goes out")
  func renamedColumn() async throws {
    let pair = try filled()
    let shell = try pair.shell(pair.a)
    try shell.script("UPDATE item SET label = 'unsent' WHERE id = 'x'; ALTER TABLE item RENAME COLUMN label TO title")
    let error = #expect(throws: RelayError.self) { try pair.fleet.sync(pair.a) }
    #expect(error?.code == .schemaMismatch)
    #expect(error?.message.contains("label") == true, "\(error?.message ?? "")")
    try shell.script("UPDATE item SET title = 'later' WHERE id = 'y'; ALTER TABLE item RENAME COLUMN title TO label")
    try await pair.agree(Pair.all)
    #expect(try pair.b.values("SELECT label FROM item ORDER BY id") == [["unsent"], ["later"]])
  }

  @Test("A synced column cannot be dropped in passing; made anew without it, nobody's values are taken away")
  func droppedColumn() async throws {
    let pair = try filled()
    let shell = try pair.shell(pair.a)
    #expect(throws: RelayError.self) { try shell.script("ALTER TABLE item DROP COLUMN shelf") }
    try shell.script(
      """
      BEGIN; CREATE TABLE fresh (id TEXT PRIMARY KEY NOT NULL, label TEXT, stock INTEGER NOT NULL DEFAULT 0);
      INSERT INTO fresh SELECT id, label, stock FROM item; DROP TABLE item; ALTER TABLE fresh RENAME TO item; COMMIT
      """)
    let error = #expect(throws: RelayError.self) { try pair.fleet.sync(pair.a) }
    #expect(error?.code == .schemaMismatch)
    #expect(error?.message.contains("shelf") == true, "\(error?.message ?? "")")
    try shell.script("ALTER TABLE item ADD COLUMN shelf TEXT")
    try pair.fleet.settle()
    #expect(try pair.b.values("SELECT shelf FROM item ORDER BY id") == [["A"], ["B"]])
    let (transport, options) = (FleetTransport(pair.fleet), FleetTransport.options)
    let found = try await pair.a.replica.verify(with: transport, options: options)
    #expect(found.differences.map(\.key) == ["x", "y"])
    _ = try await pair.a.replica.repair(.revert, with: transport, options: options)
    try await pair.agree(Pair.all)
  }

  @Test("An index that capture cannot follow is named; once it is gone, what it had evicted is gone for all")
  func expressionIndex() async throws {
    let pair = try filled()
    let shell = try pair.shell(pair.a)
    try shell.script(
      "CREATE UNIQUE INDEX u ON item (lower(label)); INSERT OR REPLACE INTO item (id, label) VALUES ('z', 'BULB')")
    let error = #expect(throws: RelayError.self) { try pair.fleet.sync(pair.a) }
    #expect(error?.code == .schemaMismatch)
    #expect(error?.message.contains("UNIQUE index u") == true, "\(error?.message ?? "")")
    try shell.script("DROP INDEX u")
    try await pair.agree(Pair.all)
    #expect(try pair.b.values("SELECT id, label FROM item ORDER BY id") == [["x", "Lamp"], ["z", "BULB"]])
  }

  @Test("A dropped table: nothing is deleted for others, and after it is back everything is")
  func droppedTable() async throws {
    let pair = try filled()
    let shell = try pair.shell(pair.a)
    try shell.script("UPDATE item SET label = 'unsent' WHERE id = 'x'; DROP TABLE move")
    let error = #expect(throws: RelayError.self) { try pair.fleet.sync(pair.a) }
    #expect(error?.code == .schemaMismatch)
    try pair.b.sql("INSERT INTO move VALUES ('m', 'x', 'meanwhile')")
    try pair.fleet.sync(pair.b)
    try shell.script("CREATE TABLE move (id TEXT PRIMARY KEY NOT NULL, item TEXT, note TEXT)")
    try await pair.agree(Pair.all)
    #expect(try pair.b.values("SELECT label FROM item ORDER BY id") == [["unsent"], ["Bulb"]])
    #expect(try pair.a.values("SELECT note FROM move") == [["meanwhile"]])
  }

  @Test(
    "REPLACE through an index of another kind, made a moment before, takes the evicted row out everywhere",
    arguments: [
      "CREATE UNIQUE INDEX u ON item (label) WHERE shelf = 'B'",
      "CREATE UNIQUE INDEX u ON item (label COLLATE NOCASE, shelf)",
    ])
  func replaces(_ index: String) async throws {
    for statement in [
      "INSERT OR REPLACE INTO item (id, label, shelf) VALUES ('z', 'Bulb', 'B')",
      "UPDATE OR REPLACE item SET label = 'Bulb', shelf = 'B' WHERE id = 'x'",
      "REPLACE INTO item (id, label, shelf) VALUES ('z', 'Bulb', 'B'), ('w', 'Tube', 'B'), ('v', 'Tube', 'B')",
    ] {
      let pair = try filled()
      let shell = try pair.shell(pair.a)
      try shell.script(index)
      try shell.script(statement)
      try await pair.agree(Pair.all)
      #expect(try pair.b.values("SELECT 1 FROM item WHERE id = 'y'").isEmpty, "\(statement)")
      #expect(try pair.b.values("SELECT count(*) FROM item WHERE label = 'Bulb'") == [[1]])
    }
  }

  @Test("A table that an import empties and fills again: only what differs is sent")
  func refilled() async throws {
    let pair = try filled()
    try pair.shell(pair.a).script(
      """
      BEGIN; CREATE TEMP TABLE copy AS SELECT * FROM item; DELETE FROM item;
      INSERT INTO item SELECT * FROM copy; UPDATE item SET shelf = 'C' WHERE id = 'y'; COMMIT
      """)
    let head = try pair.a.replica.status().head
    try await pair.agree(Pair.all)
    #expect(try pair.b.replica.status().head == head + 1)
    #expect(try pair.b.replica.inbox().isEmpty)
    #expect(try pair.b.values("SELECT id, shelf FROM item ORDER BY id") == [["x", "A"], ["y", "C"]])
  }
}
