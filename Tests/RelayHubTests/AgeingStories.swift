import Relay
import RelayHub
internal import RelayProtocol
import TestSupport
import Testing

/// Rows that leave their scopes when they are old: the hub takes them out, whoever is granted everything keeps them.
@Suite struct AgeingStories {
  private static let schema = Array(
    """
    { "name": "dues", "version": 1, "roles": ["field"],
      "tables": [
        { "id": 1, "name": "member", "key": ["id"], "scopes": ["unit/{unit}"], "homes": ["unit/{unit}"],
          "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "unit", "type": "text" } ],
          "access": { "field": { "read": true, "write": true } } },
        { "id": 2, "name": "entry", "key": ["id"], "parent": { "column": "member", "table": "member" },
          "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "member", "type": "text" },
            { "id": 3, "name": "on_day", "type": "text" }, { "id": 4, "name": "amount", "type": "integer" } ],
          "access": { "field": { "read": true, "write": true } } },
        { "id": 3, "name": "remark", "key": ["id"], "parent": { "column": "entry", "table": "entry" },
          "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "entry", "type": "text" } ],
          "access": { "field": { "read": true, "write": true } } } ] }
    """.utf8)

  private static let ddl = """
    CREATE TABLE member (id TEXT PRIMARY KEY, unit TEXT);
    CREATE TABLE entry (id TEXT PRIMARY KEY, member TEXT, on_day TEXT, amount INTEGER);
    CREATE TABLE remark (id TEXT PRIMARY KEY, entry TEXT);
    """

  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device
  let committee: Fleet.Device

  /// The clock of a fleet begins in November 2023.
  init() throws {
    fleet = try Fleet(schema: Self.schema, ddl: Self.ddl)
    a = try fleet.add("a", "unit/u1")
    b = try fleet.add("b", "unit/u1")
    committee = try fleet.add("committee", "*")
    try a.sql(
      """
      INSERT INTO member VALUES ('m', 'u1');
      INSERT INTO entry VALUES ('old', 'm', '2022-10-31', 5), ('new', 'm', '2022-11-01', 7), ('odd', 'm', 'soon', 1);
      INSERT INTO remark VALUES ('r', 'old'), ('s', 'new');
      """)
    try fleet.settle()
  }

  private func age() throws {
    var steps = 0
    while let _ = try fleet.writer.age(now: fleet.clock.now) {
      steps += 1
      try #require(steps < 100)
    }
  }

  private func entries(_ device: Fleet.Device) throws -> [[Value]] {
    try device.values("SELECT id FROM entry ORDER BY id")
  }

  private func check(_ branch: [[Value]], sourceLocation: SourceLocation = #_sourceLocation) throws {
    try fleet.settle()
    for device in [a, b, committee] {
      let status = try device.replica.status()
      #expect(status.pending == 0 && status.mismatch.isEmpty, "\(device.name)", sourceLocation: sourceLocation)
    }
    for device in [a, b] { #expect(try entries(device) == branch, sourceLocation: sourceLocation) }
  }

  @Test("What is of an older month leaves the branch with what hangs on it, once; the committee keeps it")
  func leaves() throws {
    try fleet.writer.setAgeing(table: "entry", column: "on_day", months: 12)
    let before = try fleet.reader.head()
    try age()
    #expect(try fleet.reader.head() == before + 1, "one transaction of the hub's own")
    try check([["new"], ["odd"]])
    #expect(try b.values("SELECT id FROM remark") == [["s"]])
    #expect(try entries(committee) == [["new"], ["odd"], ["old"]])
    try age()
    #expect(try fleet.reader.head() == before + 1)
    fleet.clock.advance(31 * 24 * 3600 * 1000)
    try age()
    try check([["odd"]])
    #expect(try a.replica.inbox().isEmpty && b.replica.inbox().isEmpty)
  }

  @Test("An edit of a row that left meanwhile counts, and does not bring it back")
  func lateEdit() throws {
    try fleet.writer.setAgeing(table: "entry", column: "on_day", months: 12)
    try b.sql("UPDATE entry SET amount = 50 WHERE id = 'old'")
    try b.sql("INSERT INTO remark VALUES ('t', 'old')")
    try age()
    try check([["new"], ["odd"]])
    #expect(try committee.values("SELECT amount FROM entry WHERE id = 'old'") == [[50]])
    #expect(try committee.values("SELECT id FROM remark ORDER BY id") == [["r"], ["s"], ["t"]])
    #expect(try b.values("SELECT id FROM remark") == [["s"]])
    #expect(try b.replica.inbox().isEmpty)
  }

  @Test("Who writes down late what is old has it until the hub has it")
  func lateInsert() throws {
    try fleet.writer.setAgeing(table: "entry", column: "on_day", months: 12)
    try age()
    try b.sql("INSERT INTO entry VALUES ('older', 'm', '2021-01-05', 3)")
    #expect(try entries(b).contains(["older"]))
    try check([["new"], ["odd"]])
    #expect(try entries(committee).contains(["older"]))
    #expect(try b.replica.inbox().isEmpty)
  }

  @Test("Who is granted everything keeps an old row that it writes down or corrects itself")
  func ofTheCommittee() throws {
    try fleet.writer.setAgeing(table: "entry", column: "on_day", months: 12)
    try age()
    try check([["new"], ["odd"]])
    try committee.sql("INSERT INTO entry VALUES ('older', 'm', '2021-01-05', 3)")
    try committee.sql("UPDATE entry SET amount = 6 WHERE id = 'old'")
    try check([["new"], ["odd"]])
    let kept = try committee.values("SELECT id, amount FROM entry WHERE id LIKE 'old%' ORDER BY id")
    #expect(kept == [["old", 6], ["older", 3]])
    #expect(try committee.replica.inbox().isEmpty)
  }

  @Test("A row that moves takes no old rows along; a committee that corrects the day brings one back")
  func moves() throws {
    try fleet.writer.setAgeing(table: "entry", column: "on_day", months: 12)
    try age()
    let c = try fleet.add("c", "unit/u2")
    try fleet.settle()
    try committee.sql("UPDATE member SET unit = 'u2'")
    try check([])
    #expect(try entries(c) == [["new"], ["odd"]])
    try committee.sql("UPDATE entry SET on_day = '2023-01-01' WHERE id = 'old'")
    try check([])
    #expect(try entries(c) == [["new"], ["odd"], ["old"]])
    #expect(try c.values("SELECT id FROM remark ORDER BY id") == [["r"], ["s"]])
    #expect(try c.replica.status().mismatch.isEmpty)
  }

  @Test("A rule that is taken back, or a clock that comes back, brings the rows again")
  func takenBack() throws {
    try fleet.writer.setAgeing(table: "entry", column: "on_day", months: 12)
    try age()
    try check([["new"], ["odd"]])
    try fleet.writer.setAgeing(table: "entry", column: nil, months: nil)
    try age()
    try check([["new"], ["odd"], ["old"]])
    #expect(throws: RelayError.self) { try fleet.writer.setAgeing(table: "entry", column: nil, months: nil) }
    #expect(throws: RelayError.self) { try fleet.writer.setAgeing(table: "entry", column: "amount", months: 3) }
    #expect(throws: RelayError.self) { try fleet.writer.setAgeing(table: "none", column: "on_day", months: 3) }
    #expect(throws: RelayError.self) { try fleet.writer.setAgeing(table: "entry", column: "on_day", months: 0) }
  }

  @Test("Many rows leave in steps, each a transaction; what stops between two goes on")
  func steps() throws {
    try a.sql((0..<1200).map { "INSERT INTO entry VALUES ('e\($0)', 'm', '2020-01-01', 1);" }.joined())
    try fleet.settle()
    try fleet.writer.setAgeing(table: "entry", column: "on_day", months: 12)
    let before = try fleet.reader.head()
    #expect(try fleet.writer.age(now: fleet.clock.now) != nil)
    // Half has left; everybody agrees with the hub all the same.
    try fleet.settle()
    for device in [a, b, committee] { #expect(try device.replica.status().mismatch.isEmpty) }
    try age()
    #expect(try fleet.reader.head() == before + 3)
    try check([["new"], ["odd"]])
  }
}
