import Relay
import RelayHub
internal import RelayProtocol
import TestSupport
import Testing

/// More of what other programs leave, and what becomes of it when rights change meanwhile.
@Suite struct BatchNeighbours {
  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device

  init() throws {
    fleet = try Fleet(schema: BatchStories.schema, ddl: BatchStories.ddl)
    a = try fleet.add("a", "everyone")
    b = try fleet.add("b", "everyone")
    try b.sql("INSERT INTO member VALUES ('x', 77, 'adult'), ('y', 88, 'adult')")
    try fleet.sync(b)
  }

  private func shell(_ sql: String) throws { try Database(path: a.replica.path, mode: .readWrite).script(sql) }

  private func refused() throws -> [InboxItem] { try a.replica.inbox().filter { $0.kind == .refused } }

  @Test("Two bad rows of one batch are two items, each put right with one command, and nothing else waits for them")
  func twoBadRows() throws {
    try shell(
      (0..<20).map { at in
        let number = at == 3 ? 77 : at == 11 ? 88 : at
        return
          "INSERT INTO member VALUES ('m\(at)', \(number), 'adult'); INSERT INTO visit VALUES ('v\(at)', 'm\(at)');"
      }.joined())
    for _ in 0..<3 { try fleet.sync(a) }
    try fleet.sync(b)
    #expect(try b.values("SELECT count(*) FROM member") == [[20]])
    #expect(try refused().map(\.key).sorted() == ["m11", "m3"])
    for (at, item) in try refused().enumerated() {
      try a.replica.resubmit(
        item.id, corrections: [RowCorrection(row: item.row, values: ["number": .integer(900 + Int64(at))])])
    }
    try fleet.settle()
    #expect(try b.values("SELECT count(*) FROM visit") == [[20]])
    #expect(try a.replica.inbox().isEmpty)
  }

  @Test("What a program took back, by ROLLBACK or a savepoint, never was")
  func takenBack() throws {
    try shell(
      """
      BEGIN; INSERT INTO payment VALUES ('no', 1); ROLLBACK;
      BEGIN; INSERT INTO payment VALUES ('yes', 1); SAVEPOINT s; INSERT INTO payment VALUES ('no', 2);
      UPDATE payment SET cents = 5; ROLLBACK TO s; COMMIT; INSERT OR IGNORE INTO payment VALUES ('yes', 9);
      """)
    try fleet.settle()
    #expect(try b.values("SELECT * FROM payment") == [["yes", 1]])
  }

  @Test("A large transaction over two tables that its program marks arrives whole, or not at all")
  func largeAndMarked() throws {
    let rows = (0..<600).map {
      "INSERT INTO member VALUES ('m\($0)', \(1000 + $0), 'adult'); INSERT INTO payment VALUES ('p\($0)', 1);"
    }
    try shell(
      "BEGIN; UPDATE relay_boundary SET open = 1;" + rows.joined() + "UPDATE relay_boundary SET open = 0; COMMIT")
    #expect(try a.replica.nextRequest().push.count == 1)
    try fleet.settle()
    #expect(try b.values("SELECT (SELECT count(*) FROM member), (SELECT count(*) FROM payment)") == [[602, 600]])
    try shell(
      "BEGIN; UPDATE relay_boundary SET open = 1; INSERT INTO member VALUES ('bad', 77, 'adult');"
        + rows.joined().replacing("'m", with: "'n").replacing("'p", with: "'q").replacing(", 1000", with: ", 5000")
        .replacing("INSERT INTO member VALUES ('n", with: "INSERT OR IGNORE INTO member VALUES ('n")
        + "UPDATE relay_boundary SET open = 0; COMMIT")
    try fleet.settle()
    #expect(try b.values("SELECT count(*) FROM payment") == [[600]])
    #expect(try refused().count == 1)
  }

  @Test("A parent from one program and its children from another: refused together, put right with one command")
  func childrenOfAnotherProgram() throws {
    try shell("INSERT INTO member VALUES ('m', 77, 'adult')")
    try shell("INSERT INTO visit VALUES ('v', 'm'); INSERT INTO payment VALUES ('p', 1)")
    try shell("INSERT INTO visit VALUES ('w', 'm'), ('z', 'y')")
    for _ in 0..<3 { try fleet.sync(a) }
    try fleet.sync(b)
    #expect(try b.values("SELECT id FROM payment UNION SELECT id FROM visit ORDER BY id") == [["p"], ["z"]])
    let item = try #require(try refused().first { $0.key == "m" })
    try a.replica.resubmit(item.id, corrections: [RowCorrection(row: item.row, values: ["number": 99])])
    try fleet.settle()
    #expect(try b.values("SELECT id FROM visit ORDER BY id") == [["v"], ["w"], ["z"]])
    #expect(try a.replica.inbox().isEmpty)
  }

  @Test("Moved away and back again between two syncs: work of before is in force, and nothing is asked")
  func movedAndBack() throws {
    try fleet.sync(a)
    try a.sql("UPDATE member SET kind = 'child' WHERE id = 'x'")
    try fleet.grant(a, ["elsewhere"])
    try fleet.grant(a, ["everyone"])
    try fleet.settle()
    #expect(try b.values("SELECT kind FROM member WHERE id = 'x'") == [["child"]])
    #expect(try a.replica.inbox().isEmpty)
    #expect(try a.values("SELECT count(*) FROM member") == [[2]])
    #expect(try a.replica.status().mismatch.isEmpty)
  }

  @Test("Revoked with unsent work and admitted again: it goes up, and later work as well")
  func revokedAndAdmitted() throws {
    try fleet.sync(a)
    try a.sql("UPDATE member SET kind = 'child' WHERE id = 'x'")
    try fleet.writer.revoke(device: "a")
    let error = #expect(throws: RelayError.self) { try fleet.sync(a) }
    #expect(error?.code == .revoked)
    try a.sql("INSERT INTO payment VALUES ('p', 1)")
    #expect(try a.replica.status().pending == 2)
    try fleet.writer.admit(device: "a", quarantined: false)
    try fleet.settle()
    #expect(try b.values("SELECT kind, (SELECT cents FROM payment) FROM member WHERE id = 'x'") == [["child", 1]])
    #expect(try a.replica.status().pending == 0)
  }
}
