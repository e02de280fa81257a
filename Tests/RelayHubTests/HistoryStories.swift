import Relay
import RelayHub
internal import RelayProtocol
import TestSupport
import Testing

/// Why a row is what it is: who wrote what and when, what is shown and why, and what this device alone knows.
@Suite struct HistoryStories {
  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device
  let office: Fleet.Device

  init() throws {
    (fleet, a, b) = try Fleet.pair()
    office = try fleet.add("office", "*")
    try a.sql("INSERT INTO person (id, unit, phone, guests, tags) VALUES ('p', 'u1', '0', 2, '[\"x\"]')")
    try fleet.syncAll()
    try fleet.syncAll()
  }

  private func cell(_ history: RowHistory, _ name: String) throws -> CellHistory {
    try #require(history.cells.first { $0.column == name })
  }

  @Test("Each cell says why it shows what it shows, and the story lists every transaction, newest first")
  func reasons() throws {
    try a.sql("UPDATE person SET phone = '1', area = 'North', guests = guests + 5, top = 4, tags = '[]'")
    fleet.clock.advance(60_000)
    try b.sql("UPDATE person SET phone = '2', area = 'South', guests = guests + 3, top = 3, tags = '[\"x\",\"y\"]'")
    fleet.clock.advance(60_000)
    for device in [a, b] { try fleet.sync(device) }
    try fleet.syncAll()
    for device in [a, b, office] {
      let history = try fleet.history(device, "person", "p")
      #expect(history.head == 3)
      #expect(history.isHere)
      #expect(history.events.map(\.seq) == [3, 2, 1])
      #expect(history.events.map(\.device) == ["b", "a", "a"])
      #expect(history.events.map(\.base) == [1, 1, 0])
      #expect(history.events.allSatisfy { $0.state == .accepted })
      #expect(history.events.map(\.time) == [1_700_000_060_000, 1_700_000_000_000, 1_700_000_000_000])
      #expect(history.events.map(\.received) == [1_700_000_120_000, 1_700_000_120_000, 1_700_000_000_000])
      #expect(history.events[1].operations.map(\.operation) == ["set", "set", "increment", "remove", "set"])
      #expect(history.events[1].operations.map(\.value) == ["1", "North", 5, "x", 4])

      let phone = try cell(history, "phone")
      #expect(phone.shown == .values(["2"]))
      #expect(phone.reason == .latest)
      #expect(phone.policy == "ask")
      #expect(phone.opened == 3)
      #expect(phone.writes.map(\.values) == [["2"], ["1"]])
      #expect(phone.writes.map(\.device) == ["b", "a"])
      #expect(phone.writes.map(\.seq) == [3, 2])
      #expect(try cell(history, "area").reason == .latest)
      #expect(try cell(history, "area").opened == nil)
      #expect(try cell(history, "top").reason == .greatest)
      #expect(try cell(history, "top").shown == .values([4]))
      #expect(try cell(history, "guests").reason == .sum)
      #expect(try cell(history, "guests").shown == .delta(10))
      #expect(try cell(history, "unit").reason == .only)
      #expect(history.cells.filter { $0.column == "tags" }.map(\.element) == ["x", "y"])
      #expect(try cell(history, "(existence)").reason == .same)
    }
  }

  @Test("A change against a deletion: the change wins and says so; a deleted row still tells its story")
  func existence() throws {
    try a.sql("DELETE FROM person")
    try b.sql("UPDATE person SET area = 'North'")
    for device in [a, b, a] { try fleet.sync(device) }
    #expect(try cell(try fleet.history(a, "person", "p"), "(existence)").reason == .changeWins)
    try a.sql("DELETE FROM person")
    try fleet.sync(a)
    try fleet.sync(a)
    let history = try fleet.history(a, "person", "p")
    #expect(!history.isHere)
    #expect(try cell(history, "(existence)").shown == .flag(false))
    #expect(history.events.first?.operations.map(\.operation) == ["delete"])
  }

  @Test("What is not sent yet is on top of what the hub tells, and alone where there is no hub")
  func unsent() async throws {
    try b.sql("UPDATE person SET phone = '2'")
    try fleet.sync(b)
    try a.replica.write(author: "Chen") { (db) throws(RelayError) in
      try db.script("UPDATE person SET phone = '1'")
    }
    try Database(path: a.replica.path, mode: .readWrite).script("UPDATE person SET guests = guests + 1")
    let alone = try a.replica.history(table: "person", key: ["p"])
    #expect(alone.head == nil)
    #expect(alone.events.map(\.state) == [.pending, .pending])
    #expect(alone.events.map(\.author) == ["", "Chen"])
    #expect(try cell(alone, "phone").shown == .values(["1"]))
    #expect(try cell(alone, "phone").writes.map(\.author) == ["Chen"])
    #expect(try cell(alone, "area").writes.map(\.time) == [nil])

    let whole = try await a.replica.history(
      table: "person", key: ["p"], with: FleetTransport(fleet), options: FleetTransport.options)
    #expect(whole.head == 2)
    #expect(whole.events.map(\.seq) == [nil, nil, 2, 1])
    // Neither had seen the other.
    #expect(try cell(whole, "phone").writes.count == 2)
    #expect(Set(try cell(whole, "phone").writes.map(\.author)) == ["Chen", "b"])
    #expect(try cell(whole, "guests").shown == .delta(3))

    let away = FleetTransport(fleet, isAway: true)
    await #expect(throws: RelayError.self) {
      try await a.replica.history(table: "person", key: ["p"], with: away, options: FleetTransport.options)
    }
    #expect(throws: RelayError.self) { try a.replica.history(table: "persons", key: ["p"]) }
    #expect(throws: RelayError.self) { try a.replica.history(table: "person", key: ["p", "q"]) }
    #expect(try a.replica.history(table: "person", key: ["nobody"]).isEmpty)
  }

  @Test("A row that this device may not read is like one that is not there, but its own refused attempt is told")
  func notReadable() throws {
    let there = try fleet.add("there", "unit/u2")
    try there.sql("INSERT INTO person (id, unit, area) VALUES ('k', 'u2', 'secret')")
    try fleet.sync(there)
    #expect(try fleet.history(a, "person", "k").isEmpty)
    #expect(try fleet.history(a, "person", "nobody").isEmpty)
    try a.sql("INSERT INTO person (id, unit, area) VALUES ('k', 'u1', 'mine')")
    try fleet.sync(a)
    let own = try fleet.history(a, "person", "k")
    #expect(own.cells.isEmpty)
    guard case .refused(let rule, _)? = own.events.first?.state else {
      Issue.record("\(own.events)")
      return
    }
    #expect(rule == "key_unavailable")
    #expect(own.events.count == 1)
    #expect(own.events[0].operations.contains { $0.value == "mine" })
    // Nobody else sees the attempt: not who reads the unit, not who reads the row.
    #expect(try fleet.history(b, "person", "k").isEmpty)
    #expect(try fleet.history(there, "person", "k").events.map(\.seq) == [2])
    #expect(try fleet.history(office, "person", "k").events.map(\.seq) == [2])
    // Discarded here, the hub still tells of it.
    try a.replica.discard(try #require(try a.replica.inbox().first).id)
    #expect(try fleet.history(a, "person", "k").events.count == 1)
  }

  @Test("A row that left for another unit takes its story along")
  func moved() throws {
    let there = try fleet.add("there", "unit/u2")
    try office.sql("UPDATE person SET unit = 'u2'")
    try fleet.sync(office)
    try fleet.syncAll()
    #expect(try fleet.history(a, "person", "p").isEmpty)
    #expect(try fleet.history(there, "person", "p").events.map(\.seq) == [2, 1])
  }

  @Test("A device that has seen another history of the hub is told so")
  func otherHistory() throws {
    let request = HistoryRequest(epoch: Hash128(high: 9, low: 9), row: RowID(table: 1, values: ["p"]))
    let device = try fleet.reader.authenticate(token: "token-a")
    let error = #expect(throws: RelayError.self) { try fleet.reader.history(request, device: device) }
    #expect(error?.code == .hubRolledBack)
  }

  private static let twoRoles = """
    {"name":"t","version":1,"roles":["office","door"],"tables":[
     {"id":1,"name":"member","key":["id"],"columns":[
       {"id":1,"name":"id","type":"text"},{"id":2,"name":"unit","type":"text"},
       {"id":3,"name":"note","type":"text","policy":"ask"},{"id":4,"name":"top","type":"integer","policy":"max"},
       {"id":5,"name":"name","type":"text"}],
      "scopes":["unit/{unit}"],"homes":["unit/{unit}"],
      "access":{"office":{"read":true,"write":true},"door":{"read":true,"hidden":["note"]}}}]}
    """

  @Test("Nothing of a hidden column is in any byte of a history, and who only wrote hidden columns is not in it")
  func hidden() throws {
    let office = try Office([("a", ["*"]), ("d", ["unit/x"])], json: Self.twoRoles, roles: ["d": "door"])
    let row = Office.row("m")
    try office.push("a", office.sealed(7, row, office.member("x", note: "canary one", top: 5)))
    try office.push("a", office.sealed(7, row, .set(3, [.text("canary two")]), base: 1))
    try office.push("a", office.sealed(7, row, .set(5, [.text("Ann")]), base: 2))
    let request = HistoryRequest(epoch: .zero, row: row)
    let all = try office.reader.history(request, device: try office.device("a"))
    #expect(all.records.map(\.verdict.seq) == [3, 2, 1])
    let cut = try office.reader.history(request, device: try office.device("d"))
    #expect(cut.records.map(\.verdict.seq) == [3, 1])
    #expect(cut.cells.map(\.cell.group) == [0, 2, 4, 5])
    #expect(String(decoding: all.encoded(), as: UTF8.self).contains("canary"))
    #expect(!String(decoding: cut.encoded(), as: UTF8.self).contains("canary"))
  }
}
