import Relay
import RelayHub
import TestSupport
import Testing

/// One device's own tables are stricter than the organisation: a row that they refuse waits, and stops nothing.
@Suite struct HeldRowStories {
  let fleet: Fleet
  let a: Fleet.Device
  let strict: Fleet.Device

  init() throws {
    fleet = try Fleet()
    a = try fleet.add("a", "unit/u1")
    strict = try fleet.add(
      "strict", scopes: ["unit/u1"], ddl: Fleet.ddl + "CREATE UNIQUE INDEX one_area ON person (area);")
    try a.sql("INSERT INTO person (id, unit, area) VALUES ('p', 'u1', 'North'), ('q', 'u1', 'South')")
    try fleet.settle()
  }

  @Test func whoEditsAHeldRowHasSeenOnlyWhatTheirTableShows() throws {
    let held = try strict.replica.status().base
    try a.sql("UPDATE person SET area = 'North', phone = '1' WHERE id = 'q'")
    try fleet.settle()
    #expect(try strict.replica.status().held == 1)
    #expect(try strict.values("SELECT area, phone FROM person WHERE id = 'q'") == [["South", .null]])
    // Life goes on, and the hub goes on telling of what is newer than the row that is shown.
    try a.sql("UPDATE person SET guests = 2")
    try fleet.settle()
    #expect(try strict.values("SELECT guests FROM person ORDER BY id") == [[2], [0]])
    let request = try strict.replica.nextRequest()
    #expect(request.floor == held)
    #expect(request.base > held)
    try strict.sql("UPDATE person SET phone = '2' WHERE id = 'q'")
    try fleet.settle()
    for device in [a, strict] { #expect(try device.conflicts().map(\.column) == ["phone"]) }
    try a.sql("UPDATE person SET area = 'East' WHERE id = 'q'")
    try fleet.settle()
    #expect(try strict.replica.status().held == 0)
    #expect(try strict.values("SELECT area, guests FROM person WHERE id = 'q'") == [["East", 2]])
    #expect(try strict.replica.nextRequest().floor == strict.replica.status().base)
    #expect(try strict.replica.status().mismatch.isEmpty)
  }

  @Test func aConstraintThatReplacesByItselfThrowsNothingOutWhenAPullComes() throws {
    let eager = try fleet.add(
      "eager", scopes: ["unit/u1"],
      ddl: Fleet.ddl.replacing("area TEXT,", with: "area TEXT UNIQUE ON CONFLICT REPLACE,"))
    try fleet.settle()
    try a.sql("UPDATE person SET area = 'North' WHERE id = 'q'")
    try fleet.settle()
    // p stays; q waits, as with any other constraint.
    #expect(try eager.values("SELECT id, area FROM person ORDER BY id") == [["p", "North"], ["q", "South"]])
    #expect(try eager.replica.status().held == 1)
    #expect(try eager.replica.status().pending == 0)
    try a.sql("UPDATE person SET area = 'East' WHERE id = 'p'")
    try fleet.settle()
    #expect(try eager.values("SELECT id, area FROM person ORDER BY id") == [["p", "East"], ["q", "North"]])
  }

  @Test func aHeldRowKeepsWhatOnlyThisDeviceKnowsOfIt() throws {
    let local = try fleet.add(
      "local", scopes: ["unit/u1"],
      ddl: Fleet.ddl + """
        ALTER TABLE person ADD COLUMN mine TEXT; ALTER TABLE person ADD COLUMN computed TEXT AS (upper(mine));
        CREATE UNIQUE INDEX one_area ON person (area);
        """)
    try fleet.settle()
    try local.sql("UPDATE person SET mine = 'note of ' || id")
    try a.sql("UPDATE person SET area = 'North' WHERE id = 'q'")
    try fleet.settle()
    #expect(try local.replica.status().held == 1)
    // Two that swap their areas have to make room for each other.
    try a.sql("UPDATE person SET area = 'East' WHERE id = 'p'")
    try fleet.settle()
    #expect(try local.replica.status().held == 0)
    try a.sql("UPDATE person SET area = CASE id WHEN 'p' THEN 'North' ELSE 'East' END")
    try fleet.settle()
    #expect(try local.replica.status().held == 0)
    #expect(
      try local.values("SELECT id, area, mine, computed FROM person ORDER BY id") == [
        ["p", "North", "note of p", "NOTE OF P"], ["q", "East", "note of q", "NOTE OF Q"],
      ])
    #expect(try local.replica.status().pending == 0)
  }

  @Test("A REAL column knows no -0.0: the row waits on that device, and everybody's digests agree")
  func minusZero() throws {
    let schema = """
      { "name": "level", "version": 1, "roles": ["field"], "tables": [
        { "id": 1, "name": "level", "key": ["id"], "scopes": ["everyone"], "homes": ["everyone"],
          "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "height", "type": "real" } ],
          "access": { "field": { "read": true, "write": true } } } ] }
      """
    let fleet = try Fleet(schema: Array(schema.utf8), ddl: "CREATE TABLE level (id TEXT PRIMARY KEY, height)")
    let exact = try fleet.add("exact", "everyone")
    let declared = try fleet.add(
      "declared", scopes: ["everyone"], ddl: "CREATE TABLE level (id TEXT PRIMARY KEY, height REAL)")
    try exact.sql("INSERT INTO level VALUES ('a', 1.0), ('b', -0.0)")
    try fleet.settle()
    #expect(try declared.values("SELECT id, height FROM level") == [["a", 1.0]])
    #expect(try declared.replica.status().held == 1)
    try exact.sql("UPDATE level SET height = CASE id WHEN 'a' THEN -0.0 ELSE 2.0 END")
    try fleet.settle()
    #expect(try declared.values("SELECT id, height FROM level ORDER BY id") == [["a", 1.0], ["b", 2.0]])
    #expect(try declared.replica.inbox().first { $0.kind == .held }?.message?.contains("height") == true)
    for device in [exact, declared] { #expect(try device.replica.status().mismatch.isEmpty) }
    try exact.sql("UPDATE level SET height = 0.0 WHERE id = 'a'")
    try fleet.settle()
    #expect(try declared.values("SELECT id, height FROM level ORDER BY id") == [["a", 0.0], ["b", 2.0]])
    #expect(try declared.replica.status().held == 0)
  }
}
