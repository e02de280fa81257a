import Relay
import TestSupport
import Testing

/// A field that one leaves empty while another fills it in (`last_non_null`).
@Suite struct FormFieldStories {
  static let schema = """
    { "name": "form", "version": 1, "roles": ["field"], "tables": [
      { "id": 1, "name": "answer", "key": ["id"], "scopes": ["all"], "homes": ["all"],
        "columns": [ { "id": 1, "name": "id", "type": "text" },
          { "id": 2, "name": "phone", "type": "text", "policy": "last_non_null" },
          { "id": 3, "name": "note", "type": "text" } ],
        "access": { "field": { "read": true, "write": true } } } ] }
    """
  static let ddl = "CREATE TABLE answer (id TEXT PRIMARY KEY, phone TEXT, note TEXT)"

  private func fleet() throws -> (Fleet, Fleet.Device, Fleet.Device) {
    let fleet = try Fleet(schema: Array(Self.schema.utf8), ddl: Self.ddl)
    let (a, b) = (try fleet.add("a", "all"), try fleet.add("b", "all"))
    try a.sql("INSERT INTO answer VALUES ('f', '1', 'x')")
    try fleet.settle()
    return (fleet, a, b)
  }

  @Test func whatOneFilledInStaysWhereAnotherEmptiedItAtTheSameTime() throws {
    let (fleet, a, b) = try fleet()
    try a.sql("UPDATE answer SET phone = '2', note = '2'")
    fleet.clock.advance(1000)
    try b.sql("UPDATE answer SET phone = NULL, note = NULL")
    #expect(try b.values("SELECT phone FROM answer") == [[.null]])
    try fleet.settle()
    for device in [a, b] { #expect(try device.values("SELECT phone, note FROM answer") == [["2", .null]]) }
    #expect(try b.replica.inbox().map(\.kind) == [.notice])
    let history = try fleet.history(a, "answer", "f")
    let cell = try #require(history.cells.first { $0.column == "phone" })
    #expect(cell.reason == .latestGiven)
    #expect(cell.policy == "last_non_null")
  }

  @Test func whoKnowsWhatWasFilledInEmptiesIt() throws {
    let (fleet, a, b) = try fleet()
    try a.sql("UPDATE answer SET phone = '2'")
    try fleet.settle()
    try b.sql("UPDATE answer SET phone = NULL")
    try fleet.settle()
    for device in [a, b] { #expect(try device.values("SELECT phone FROM answer") == [[.null]]) }
    #expect(try a.replica.inbox().isEmpty)
  }
}
