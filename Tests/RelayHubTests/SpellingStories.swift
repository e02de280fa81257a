import Relay
import RelayHub
import RelayProtocol
import TestSupport
import Testing

/// Two spellings of one name: `é` as one sign or as two, K and the sign for kelvin. Swift takes them for equal strings,
/// SQL and every other client for two; so only one of them is a name (rule 29).
@Suite struct SpellingStories {
  static let kelvin = "\u{212A}"
  static let one = "caf\u{E9}"
  static let two = "cafe\u{301}"

  @Test func aBranchWhoseNameHasATwinNeitherStopsTheHubNorLosesItsOtherRows() throws {
    let fleet = try Fleet()
    let branch = try fleet.add("branch", "unit/K")
    let office = try fleet.add("office", "*")
    try branch.sql("INSERT INTO person (id, unit, area) VALUES ('p1', 'K', 'north')")
    try branch.sql("INSERT INTO person (id, unit, area) VALUES ('p2', '\(Self.kelvin)', 'south')")
    try fleet.settle()
    #expect(try branch.rules() == ["no_scope"])
    for device in [branch, office] {
      #expect(try device.values("SELECT id FROM person ORDER BY id") == [["p1"]])
      #expect(try device.replica.status().mismatch.isEmpty)
    }
    // Whatever becomes of the row that is there, it is counted where it lies and nowhere else.
    try office.sql("UPDATE person SET unit = '\(Self.kelvin)' WHERE id = 'p1'")
    try office.sql("UPDATE person SET area = 'west' WHERE id = 'p1'")
    try fleet.settle()
    #expect(try office.rules() == ["no_scope"])
    #expect(try branch.values("SELECT unit, area FROM person") == [["K", "west"]])
    try office.sql("DELETE FROM person")
    try fleet.settle()
    for device in [branch, office] {
      #expect(try device.values("SELECT id FROM person").isEmpty)
      #expect(try device.replica.status().mismatch.isEmpty)
    }
  }

  @Test func nobodySeesTheRowsOfANamesTwin() throws {
    let fleet = try Fleet()
    let office = try fleet.add("office", "*")
    let owner = try fleet.add("owner", "unit/" + Self.one)
    #expect(throws: RelayError.self) { try fleet.add("stranger", "unit/" + Self.two) }
    #expect(throws: RelayError.self) { try fleet.grant(owner, ["unit/" + Self.one, "unit/" + Self.two]) }
    try office.sql("INSERT INTO person (id, unit) VALUES ('p1', '\(Self.one)'), ('p2', 'u2')")
    try office.sql("INSERT INTO person (id, unit) VALUES ('p3', '\(Self.two)')")
    try fleet.settle()
    #expect(try owner.values("SELECT id FROM person") == [["p1"]])
    #expect(try office.rules() == ["no_scope"])
    #expect(try office.conflicts().isEmpty)
  }

  @Test func aRequestThatNamesTheTwinIsNotRead() throws {
    let fleet = try Fleet()
    let device = try fleet.add("phone", "unit/" + Self.one)
    var request = try device.replica.nextRequest()
    request.scopes = ["unit/" + Self.two]
    let bytes = request.encoded()
    #expect(throws: RelayError.self) { try SyncRequest(decoding: bytes) }
  }

  @Test func valuesAndKeysKeepWhateverSpellingTheyHave() throws {
    let fleet = try Fleet()
    let phone = try fleet.add("phone", "unit/u1")
    let office = try fleet.add("office", "*")
    try phone.sql("INSERT INTO person (id, unit, phone) VALUES ('\(Self.one)', 'u1', 'a'), ('\(Self.two)', 'u1', 'b')")
    try fleet.settle()
    try phone.sql("UPDATE person SET phone = '\(Self.one)'")
    try office.sql("UPDATE person SET phone = '\(Self.two)'")
    try fleet.settle()
    try fleet.settle()
    // Both rows are asked about, each under its own key, and each shows its own two values.
    let conflicts = try office.conflicts()
    #expect(conflicts.map(\.siblings.count) == [2, 2])
    #expect(Set(conflicts.map { Array($0.key.utf8) }).count == 2)
    #expect(try office.values("SELECT count(*) FROM person") == [[2]])
  }

  @Test func aRowInMoreScopesThanTheHubKeepsIsRefused() throws {
    let json = """
      { "name": "teams", "version": 1, "roles": ["field"], "tables": [
        { "id": 1, "name": "task", "key": ["id"], "scopes": ["team/{each teams}", "everyone"], "homes": ["everyone"],
          "columns": [ { "id": 1, "name": "id", "type": "text" },
            { "id": 2, "name": "teams", "policy": "set", "default": "[]", "required": true } ],
          "access": { "field": { "read": true, "write": true } } } ] }
      """
    let ddl = "CREATE TABLE task (id TEXT PRIMARY KEY, teams TEXT NOT NULL DEFAULT '[]')"
    let fleet = try Fleet(schema: Array(json.utf8), ddl: ddl)
    let phone = try fleet.add("phone", "everyone")
    func teams(_ count: Int) -> String { "[" + (1...count).map(String.init).joined(separator: ",") + "]" }
    try phone.sql("INSERT INTO task VALUES ('t1', '\(teams(Limits.scopesOfRow - 1))')")
    try phone.sql("INSERT INTO task VALUES ('t2', '\(teams(Limits.scopesOfRow))')")
    try fleet.settle()
    #expect(try phone.rules() == ["no_scope"])
    #expect(try phone.values("SELECT id FROM task") == [["t1"]])
  }
}
