import Relay
import RelayHub
import TestSupport
import Testing

/// An ORM rebuilds a table and its triggers are gone; what it wrote meanwhile is found and settled as a person wishes.
@Suite struct RebuiltTableTests {
  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device
  let shell: Database

  static let rebuild = """
    CREATE TABLE person_new (id TEXT PRIMARY KEY, unit TEXT NOT NULL, phone TEXT, area TEXT,
      guests INTEGER NOT NULL DEFAULT 0, tags TEXT NOT NULL DEFAULT '[]', top INTEGER);
    INSERT INTO person_new SELECT id, unit, phone, area, guests, tags, top FROM person;
    DROP TABLE person; ALTER TABLE person_new RENAME TO person;
    """

  /// Everything that can happen to a row unseen: changed, changed where it is counted, gone, new.
  static let unseen = """
    UPDATE person SET area = 'unseen' WHERE id = 'p'; UPDATE person SET guests = guests + 4 WHERE id = 'q';
    DELETE FROM person WHERE id = 'r'; INSERT INTO person (id, unit, tags) VALUES ('n', 'u1', '["x"]');
    """

  init() throws {
    (fleet, a, b) = try Fleet.pair()
    try a.sql(
      """
      INSERT INTO person (id, unit, area, guests) VALUES ('p', 'u1', '0', 1), ('q', 'u1', '0', 1), ('r', 'u1', '0', 1),
        ('s', 'u1', '0', 1)
      """)
    for device in [a, b, a] { try fleet.sync(device) }
    shell = try Database(path: a.replica.path, mode: .readWrite)
  }

  private func verify(_ device: Fleet.Device) async throws -> [String] {
    let found = try await device.replica.verify(with: FleetTransport(fleet), options: FleetTransport.options)
    return found.differences.map { "\($0.kind) \($0.table) \($0.key)" }
  }

  private func repair(_ repair: Repair) async throws -> Int {
    let found = try await a.replica.repair(repair, with: FleetTransport(fleet), options: FleetTransport.options)
    return found.differences.count
  }

  private let all = "SELECT id, area, guests, tags FROM person ORDER BY id"

  @Test(
    "A replica that stays open notices the rebuild at its next write or sync and captures again", arguments: [0, 1])
  func noticed(_ way: Int) throws {
    try shell.script(RebuiltTableTests.rebuild)
    if way == 0 { try a.sql("UPDATE person SET phone = '1' WHERE id = 's'") } else { try fleet.sync(a) }
    #expect(try a.replica.status().wasRebuilt)
    try shell.script("UPDATE person SET area = 'seen' WHERE id = 's'")
    try fleet.sync(a)
    try fleet.sync(b)
    #expect(try b.values("SELECT area FROM person WHERE id = 's'") == [["seen"]])
  }

  @Test("verify lists what was written unseen and nothing else")
  func listed() async throws {
    try shell.script(RebuiltTableTests.rebuild + RebuiltTableTests.unseen)
    try a.sql("UPDATE person SET phone = '1' WHERE id = 's'")
    #expect(
      try await verify(a)
        == ["extra person n", "different person p", "different person q", "missing person r"])
    #expect(try a.replica.status().wasRebuilt)
  }

  @Test("A rebuild that wrote nothing is forgotten once verify found no difference")
  func harmless() async throws {
    try shell.script(RebuiltTableTests.rebuild)
    try fleet.sync(a)
    #expect(try a.replica.status().wasRebuilt)
    #expect(try await verify(a) == [])
    #expect(try !a.replica.status().wasRebuilt)
  }

  @Test("Taken as edits: exact operations go to the hub, on top of what others wrote")
  func takenAsEdits() async throws {
    try shell.script(RebuiltTableTests.rebuild + RebuiltTableTests.unseen)
    try b.sql("UPDATE person SET guests = guests + 10, phone = '5' WHERE id = 'q'")
    try fleet.sync(b)
    // The pull that the comparison begins with overwrites q, so that its unseen change is gone before it was found.
    let sealed = try a.replica.nextRequest().push.count
    #expect(sealed == 0)
    #expect(try await repair(.takeAsEdits) == 3)
    let operations = try a.replica.exportPending().transactions.flatMap(\.rows).map { row in
      "\(row.key) \(row.base) \(row.operations.map(\.kind))"
    }
    #expect(operations.count == 3)
    #expect(try !a.replica.status().wasRebuilt)
    try fleet.sync(a)
    try fleet.sync(b)
    #expect(try b.values(all) == a.values(all))
    #expect(
      try b.values("SELECT id, area FROM person ORDER BY id") == [
        ["n", .null], ["p", "unseen"], ["q", "0"], ["s", "0"],
      ])
    #expect(try await verify(a) == [])
    for device in [a, b] {
      #expect(try device.replica.status().mismatch == [])
      #expect(try device.replica.inbox().isEmpty)
    }
  }

  @Test("Taken as edits: a counter that was changed unseen is an increment")
  func counterIsAnIncrement() async throws {
    try shell.script(RebuiltTableTests.rebuild + "UPDATE person SET guests = guests + 4 WHERE id = 'q'")
    try fleet.sync(a)
    #expect(try await repair(.takeAsEdits) == 1)
    try b.sql("UPDATE person SET guests = guests + 10 WHERE id = 'q'")
    try fleet.sync(b)
    for device in [a, b] { try fleet.sync(device) }
    for device in [a, b] {
      #expect(try device.values("SELECT guests FROM person WHERE id = 'q'") == [[15]])
      #expect(try device.replica.status().mismatch == [])
    }
  }

  @Test("Reverted: the hub's rows are back, unsent edits stay, and nothing is sent")
  func reverted() async throws {
    try a.sql("UPDATE person SET phone = 'edit' WHERE id = 's'")
    try shell.script(RebuiltTableTests.rebuild + RebuiltTableTests.unseen)
    #expect(try await repair(.revert) == 4)
    #expect(try !a.replica.status().wasRebuilt)
    #expect(try a.values(all) == b.values(all))
    #expect(try a.values("SELECT phone FROM person WHERE id = 's'") == [["edit"]])
    #expect(try a.replica.exportPending().transactions.isEmpty)
    #expect(try await verify(a) == [])
    try fleet.syncAll()
    for device in [a, b] { #expect(try device.replica.status().mismatch == []) }
  }

  @Test(
    "A row that was changed unseen and then edited in plain sight keeps the edit and is settled like the others",
    arguments: [Repair.takeAsEdits, .revert])
  func underWork(_ way: Repair) async throws {
    // The hub is older than the app, so that the edit of a new column waits.
    let updated = try fleet.update(a, to: SkewApps.new.schema, migration: SkewApps.migration)
    try fleet.sync(updated)
    let rebuild = """
      CREATE TABLE copy AS SELECT * FROM person; DROP TABLE person;
      CREATE TABLE person (id TEXT PRIMARY KEY, unit TEXT NOT NULL, phone TEXT, area TEXT,
        guests INTEGER NOT NULL DEFAULT 0, tags TEXT NOT NULL DEFAULT '[]', top INTEGER, email TEXT,
        score INTEGER NOT NULL DEFAULT 0);
      INSERT INTO person SELECT * FROM copy; DROP TABLE copy;
      """
    let file = try Database(path: updated.replica.path, mode: .readWrite)
    try updated.sql("UPDATE person SET email = 'q@x' WHERE id = 'q'")
    try file.script(rebuild + "UPDATE person SET area = 'unseen' WHERE id IN ('p', 'q')")
    try updated.sql("UPDATE person SET email = 'p@x' WHERE id = 'p'")
    let transport = FleetTransport(fleet)
    let found = try await updated.replica.repair(way, with: transport, options: FleetTransport.options)
    #expect(found.differences.map(\.key) == ["p", "q"])
    let area: Value = way == .revert ? "0" : "unseen"
    let shown = "SELECT area, email FROM person WHERE id IN ('p', 'q') ORDER BY id"
    #expect(try updated.values(shown) == [[area, "p@x"], [area, "q@x"]])
    _ = try fleet.writer.update(schema: SkewApps.new.schema)
    try fleet.sync(updated)
    try fleet.sync(b)
    #expect(try updated.values(shown) == [[area, "p@x"], [area, "q@x"]])
    #expect(try b.values("SELECT area FROM person WHERE id IN ('p', 'q')") == [[area], [area]])
    for device in fleet.devices { #expect(try device.replica.status().mismatch == []) }
    let again = try await updated.replica.verify(with: transport, options: FleetTransport.options)
    #expect(again.isEqual)
  }

  @Test("Rows that exchanged a UNIQUE value unseen get their own back")
  func exchangedUnique() async throws {
    try shell.script("UPDATE person SET phone = id")
    try fleet.sync(a)
    try fleet.sync(a)
    try shell.script(
      RebuiltTableTests.rebuild + """
        UPDATE person SET phone = 'x' WHERE id = 'p'; UPDATE person SET phone = 'p' WHERE id = 'q';
        UPDATE person SET phone = 'q' WHERE id = 'p'; CREATE UNIQUE INDEX one_phone ON person (phone)
        """)
    #expect(try await repair(.revert) == 2)
    #expect(try a.values("SELECT id, phone FROM person ORDER BY id")[..<2] == [["p", "p"], ["q", "q"]])
    #expect(try a.replica.status().held == 0)
  }

  @Test("Sums that rows written unseen have put wrong are made anew, whatever leaves afterwards")
  func sumsThatDoNotAddUp() async throws {
    try fleet.grant(b, ["unit/u1", "unit/u2"])
    try fleet.settle()
    // Nothing captures these two, and nothing counts them.
    try shell.script(
      RebuiltTableTests.rebuild + "INSERT INTO person (id, unit) VALUES ('x', 'u1'), ('y', 'u1')")
    try b.sql("INSERT INTO person (id, unit) VALUES ('x', 'u1'), ('y', 'u1')")
    try fleet.sync(b)
    try fleet.sync(a)
    #expect(try a.replica.status().mismatch.isEmpty)
    try b.sql("UPDATE person SET unit = 'u2'")
    try fleet.sync(b)
    try fleet.sync(a)
    #expect(try a.values("SELECT id FROM person").isEmpty)
    #expect(try a.replica.status().mismatch.isEmpty)
    #expect(try await verify(a) == [])
  }

  @Test("A count that falls below nothing stops nothing: the sums are made anew")
  func countBelowNothing() async throws {
    try shell.script("UPDATE relay_scope SET count = 1, digest = zeroblob(32)")
    try fleet.grant(b, ["unit/u1", "unit/u2"])
    try fleet.sync(b)
    try b.sql("UPDATE person SET unit = 'u2'")
    try fleet.sync(b)
    try fleet.sync(a)
    #expect(try a.replica.status().mismatch.isEmpty)
    #expect(try a.values("SELECT count FROM relay_scope") == [[0]])
    #expect(try await verify(a) == [])
  }

  private func emptied(_ before: String) throws {
    try shell.script(before + "; DROP TABLE person;" + Fleet.ddl.prefix { $0 != ";" } + ";")
  }

  @Test("A table that was dropped and made anew deletes nobody's rows; the hub's come back, and the author is asked")
  func droppedAndMadeAnew() async throws {
    try emptied("UPDATE person SET area = 'unsent' WHERE id = 'p'; INSERT INTO person (id, unit) VALUES ('n', 'u1')")
    try fleet.sync(a)
    try fleet.sync(b)
    #expect(try b.values("SELECT count(*) FROM person") == [[4]])
    #expect(try a.replica.status().wasRebuilt)
    #expect(try await verify(a).count == 4)
    #expect(try await repair(.revert) == 4)
    #expect(try a.values(all) == b.values(all))
    #expect(try a.replica.exportPending().transactions.isEmpty)
  }

  @Test("What was sealed before the table was dropped is sent as it was")
  func sealedBeforeTheDrop() async throws {
    try a.sql("UPDATE person SET area = 'sealed' WHERE id = 'p'")
    try emptied("UPDATE person SET area = 'unsent' WHERE id = 'q'")
    try fleet.sync(a)
    try fleet.sync(b)
    #expect(try b.values("SELECT area FROM person ORDER BY id") == [["sealed"], ["0"], ["0"], ["0"]])
    #expect(try await repair(.revert) > 0)
    #expect(try a.values(all) == b.values(all))
  }

  @Test("A row that was deleted in plain sight before a rebuild is deleted; one that changed keeps its change")
  func writtenBeforeARebuild() throws {
    try shell.script(
      "DELETE FROM person WHERE id = 'r'; UPDATE person SET area = 'seen' WHERE id = 's';" + RebuiltTableTests.rebuild)
    try fleet.sync(a)
    try fleet.sync(b)
    #expect(try b.values("SELECT id, area FROM person ORDER BY id") == [["p", "0"], ["q", "0"], ["s", "seen"]])
  }
}
