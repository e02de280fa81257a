import Relay
import RelayHub
import RelayProtocol
import TestSupport
import Testing

/// A table that is its own parent: a tree of units, in which a row without a parent lies by the table's scopes.
@Suite struct TreeStories {
  static let schema = """
    { "name": "tree", "version": 1, "roles": ["field"], "tables": [
      { "id": 1, "name": "unit", "key": ["id"], "scopes": ["land/{land}"], "homes": ["land/{land}"],
        "parent": { "column": "above", "table": "unit" },
        "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "above", "type": "text" },
          { "id": 3, "name": "land", "type": "text" }, { "id": 4, "name": "name", "type": "text" } ],
        "access": { "field": { "read": true, "write": true } } } ] }
    """
  static let ddl = "CREATE TABLE unit (id TEXT PRIMARY KEY, above TEXT, land TEXT, name TEXT)"

  private func fleet() throws -> (fleet: Fleet, a: Fleet.Device, b: Fleet.Device, all: Fleet.Device) {
    let fleet = try Fleet(schema: Array(Self.schema.utf8), ddl: Self.ddl)
    let (a, b) = (try fleet.add("a", "land/1"), try fleet.add("b", "land/2"))
    let all = try fleet.add("all", "land/1", "land/2")
    // Children come before their parents in the order of keys.
    try a.sql("INSERT INTO unit VALUES ('z', NULL, '1', 'root'), ('y', 'z', NULL, 'middle'), ('x', 'y', NULL, 'leaf')")
    try fleet.settle()
    return (fleet, a, b, all)
  }

  private func names(_ device: Fleet.Device) throws -> [String] {
    try device.values("SELECT id FROM unit ORDER BY id").compactMap { $0[0].text }
  }

  private func expectWhole(_ devices: Fleet.Device...) throws {
    for device in devices { #expect(try device.replica.status().mismatch.isEmpty) }
  }

  @Test func aRowLiesWhereItsRootLiesAndABranchMovesWhole() throws {
    let (fleet, a, b, all) = try fleet()
    #expect(try names(a) == ["x", "y", "z"])
    #expect(try names(b) == [])
    try all.sql("INSERT INTO unit VALUES ('r', NULL, '2', 'other root')")
    try all.sql("UPDATE unit SET above = 'r' WHERE id = 'y'")
    try fleet.settle()
    #expect(try names(a) == ["z"])
    #expect(try names(b) == ["r", "x", "y"])
    try expectWhole(a, b, all)
  }

  @Test func ofTwoMovesThatTogetherMakeACircleTheSecondIsRefused() throws {
    let (fleet, a, _, all) = try fleet()
    try a.sql("INSERT INTO unit VALUES ('w', 'z', NULL, 'second branch')")
    try fleet.settle()
    try a.sql("UPDATE unit SET above = 'w' WHERE id = 'y'")
    try all.sql("UPDATE unit SET above = 'y' WHERE id = 'w'")
    try fleet.settle()
    #expect(try a.rules() == [])
    #expect(try all.rules() == ["no_scope"])
    #expect(
      try all.values("SELECT id, above FROM unit WHERE id IN ('w', 'y') ORDER BY id") == [["w", "z"], ["y", "w"]])
    try expectWhole(a, all)
  }

  @Test func aRowThatIsItsOwnParentLiesNowhere() throws {
    let (fleet, a, _, _) = try fleet()
    try a.sql("UPDATE unit SET above = 'z' WHERE id = 'z'")
    try a.sql("INSERT INTO unit VALUES ('v', 'v', '1', NULL)")
    try fleet.settle()
    #expect(try a.rules() == ["no_scope", "no_scope"])
    #expect(try names(a) == ["x", "y", "z"])
  }

  @Test func moreRowsAboveOneThanAreFollowedAreRefused() throws {
    let (fleet, a, _, all) = try fleet()
    for depth in 1...Limits.ancestors {
      try a.sql("INSERT INTO unit VALUES ('d\(depth)', '\(depth == 1 ? "z" : "d\(depth - 1)")', NULL, NULL)")
    }
    try fleet.settle()
    #expect(try a.rules() == [])
    try a.sql("INSERT INTO unit VALUES ('e', 'd\(Limits.ancestors)', NULL, NULL)")
    try fleet.settle()
    #expect(try a.rules() == ["no_scope"])
    try expectWhole(a, all)
  }

  @Test func aTreeWithoutScopesIsNoSchema() throws {
    let json = Self.schema.replacing("\"scopes\": [\"land/{land}\"], ", with: "")
    let error = try #require(throws: RelayError.self) { try SyncSchema(json: Array(json.utf8)) }
    #expect(error.code == .schemaInvalid)
    #expect(error.message.contains("needs scopes"))
  }
}
