import Relay
import RelayHub
import RelayProtocol
import TestSupport
import Testing

/// Devices that claim what is not theirs, and spellings that look alike.
@Suite struct HostileDeviceTests {
  let world: RightsWorld
  let clerk: Fleet.Device

  init() throws {
    world = try RightsWorld()
    clerk = try world.device("clerk")
    try world.sync(clerk)
  }

  private func closing(_ device: Fleet.Device, _ change: (inout SyncRequest) -> Void) throws -> PullClosing {
    var request = try device.replica.nextRequest()
    request.pull = PullRequest(pageBytes: 1 << 24)
    change(&request)
    return try #require(try world.fleet.answer(device, request)?.page?.closing)
  }

  @Test("Claiming scopes that were never granted tells no key of theirs")
  func claimedScopes() throws {
    for claim in [["*"], ["at/none"]] {
      let closing = try closing(clerk) { ($0.base, $0.floor, $0.logHash, $0.scopes) = (0, 0, .zero, claim) }
      #expect(closing.exits.isEmpty, "\(claim)")
    }
    // What was granted once does leave.
    try world.fleet.grant(clerk, ["at/both"])
    let left = try closing(clerk) { _ in }.exits
    #expect(!left.isEmpty)
    #expect(try left.allSatisfy { try $0.values()[0].text?.contains("read") == true })
  }

  @Test("Calling another's transactions pending tells no verdict of theirs")
  func claimedPending() throws {
    let admin = try world.admin.replica.replicaID()
    try #require(try world.fleet.reader.head() > 3)
    let all = DotSet(intervals: [DotSet.Interval(replica: admin, low: 1, high: 3)])
    #expect(try closing(clerk) { $0.pending = all ?? DotSet() }.confirmed.isEmpty)
    #expect(try closing(world.admin) { $0.pending = all ?? DotSet() }.confirmed.count == 3)
  }

  @Test("A scope whose name is spelt in two ways has one name, and the other spelling stops nobody")
  func spellings() throws {
    let json = """
      { "name": "teams", "version": 1, "roles": ["field"], "tables": [
        { "id": 1, "name": "team", "key": ["id"], "scopes": ["who/{each members}", "who/all"], "homes": ["who/all"],
          "columns": [ { "id": 1, "name": "id", "type": "text" },
            { "id": 2, "name": "members", "policy": "set", "default": "[]", "required": true },
            { "id": 3, "name": "note", "type": "text" } ],
          "access": { "field": { "read": true, "write": true } } } ] }
      """
    let ddl = "CREATE TABLE team (id TEXT PRIMARY KEY, members TEXT NOT NULL DEFAULT '[]', note TEXT)"
    let fleet = try Fleet(schema: Array(json.utf8), ddl: ddl)
    let device = try fleet.add("device", "who/all")
    try device.sql("INSERT INTO team VALUES ('t', '[\"\u{E9}\",\"f\"]', NULL)")
    try device.sql("INSERT INTO team VALUES ('u', '[\"\u{E9}\",\"f\",\"e\u{301}\"]', NULL)")
    try fleet.settle()
    for note in ["one", "two"] {
      try device.sql("UPDATE team SET note = '\(note)'")
      try fleet.settle()
    }
    #expect(try device.replica.status().mismatch.isEmpty)
    #expect(try device.values("SELECT id, note FROM team") == [["t", "two"]])
    #expect(try device.rules() == ["no_scope"])
  }

  @Test("Another role takes away what it may not hold, and brings back what it may")
  func anotherRole() throws {
    let scopes = [ScopeGrant(scope: "at/both")]
    try world.fleet.writer.grant(device: "clerk", role: "stranger", grants: scopes, now: world.fleet.clock.now)
    try world.sync(clerk)
    #expect(try clerk.values("SELECT count(*) FROM doc") == [[0]])
    #expect(try clerk.values("SELECT count(*) FROM leaf") == [[0]])
    #expect(try clerk.values("SELECT count(*) FROM relay_image") == [[0]])
    try world.fleet.writer.grant(device: "clerk", role: "reader", grants: scopes, now: world.fleet.clock.now)
    try world.sync(clerk)
    let shown = try clerk.values("SELECT open, locked FROM doc WHERE id = 'd-both-over'")
    #expect(shown == [["<both.doc.open.over>", .null]])
    #expect(try clerk.replica.status().mismatch.isEmpty)
  }

  @Test("The history of a row that lives because a child was hung on it tells of the child")
  func signOfLife() async throws {
    let fleet = try Fleet()
    let a = try fleet.add("a", "unit/u1")
    let b = try fleet.add("b", "unit/u1")
    try a.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    try fleet.settle()
    try a.sql("DELETE FROM person")
    try b.sql("INSERT INTO visit VALUES ('v', 'p', 'at home')")
    try fleet.settle()
    let history = try await a.replica.history(
      table: "person", key: ["p"], with: FleetTransport(fleet), options: FleetTransport.options)
    #expect(history.events.count == 3)
  }
}
