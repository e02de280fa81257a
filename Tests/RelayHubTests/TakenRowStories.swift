import Relay
import RelayHub
internal import RelayHubPostgres
internal import RelayProtocol
import RelaySimulation
import TestSupport
import Testing

/// Rows that a put-back hub lacks, and whose author is gone, are taken as edits by the office, which has them still. What others
/// had done to them in the lost history, and offer again, is in them already (rule 27).
@Suite struct TakenRowStories {
  let fleet: Fleet
  /// Takes the rows.
  let office: Fleet.Device
  /// Has work of its own on them.
  let b: Fleet.Device
  /// The hub as it was before there were any.
  let yesterday: HubPlace

  init() throws {
    (fleet, office, b) = try Fleet.pair()
    let author = try fleet.add("c", "unit/u1")
    yesterday = try fleet.copyHub()
    try author.sql(
      """
      INSERT INTO person (id, unit, phone, guests, tags) VALUES ('r', 'u1', '0', 1, '["x"]');
      INSERT INTO visit VALUES ('v', 'r', 'c')
      """)
    try fleet.settle()
    fleet.end(author)
  }

  private func take() async throws {
    try await office.replica.repair(.takeAsEdits, with: FleetTransport(fleet), options: FleetTransport.options)
  }

  private func settle(_ devices: Fleet.Device...) throws {
    for _ in 0..<3 { for device in devices { try fleet.sync(device) } }
  }

  private static let row = "SELECT phone, area, guests, tags FROM person"

  private func expect(_ row: [Value], sourceLocation: SourceLocation = #_sourceLocation) throws {
    for device in fleet.devices {
      #expect(try device.values(Self.row) == [row], sourceLocation: sourceLocation)
      let status = try device.replica.status()
      #expect(status.pending == 0, sourceLocation: sourceLocation)
      #expect(status.mismatch.isEmpty, sourceLocation: sourceLocation)
      #expect(try device.replica.inbox().isEmpty, sourceLocation: sourceLocation)
    }
  }

  @Test("What others and the office had counted, set and added counts once, and so does what they did since")
  func countsOnce() async throws {
    try b.sql(#"UPDATE person SET guests = guests + 2, phone = 'b', tags = '["x","b"]'"#)
    try fleet.sync(b)
    try office.sql("UPDATE person SET guests = guests + 4, area = 'North'")
    try settle(office, b)
    try office.sql("UPDATE person SET phone = 'office'")
    try settle(office, b)
    try b.sql("UPDATE person SET guests = guests + 8")
    try fleet.serve(yesterday)
    try settle(b, office)
    try await take()
    try settle(office, b)
    try expect(["office", "North", 15, #"["b","x"]"#])
    #expect(try b.values("SELECT note FROM visit") == [["c"]])
  }

  @Test("What the office had not seen is added")
  func addsWhatWasNotSeen() async throws {
    try b.sql("UPDATE person SET guests = guests + 2, area = 'b'")
    try settle(b, office)
    try b.sql("UPDATE person SET guests = guests + 4")
    try fleet.sync(b)
    try fleet.serve(yesterday)
    try settle(b, office)
    try await take()
    try b.sql("UPDATE person SET guests = guests + 8")
    try settle(office, b)
    try expect(["0", "b", 15, #"["x"]"#])
  }

  @Test("One of the rows is refused: the others are sealed apart, and still with what had been seen of them")
  func refusedBesideOthers() async throws {
    let (fleet, office, b) = try Fleet.pair()
    let (author, other) = (try fleet.add("c", "unit/u1"), try fleet.add("d", "unit/u2"))
    let yesterday = try fleet.copyHub()
    try author.sql("INSERT INTO person (id, unit, guests) VALUES ('r', 'u1', 1), ('s', 'u1', 1)")
    try fleet.settle()
    try b.sql("UPDATE person SET guests = guests + 2 WHERE id = 'r'")
    try fleet.settle()
    fleet.end(author)
    try fleet.serve(yesterday)
    // Somebody else has the key meanwhile.
    try other.sql("INSERT INTO person (id, unit) VALUES ('s', 'u2')")
    try fleet.sync(other)
    fleet.end(other)
    try fleet.settle()
    try await office.replica.repair(.takeAsEdits, with: FleetTransport(fleet), options: FleetTransport.options)
    try fleet.settle()
    try fleet.settle()
    #expect(try office.rules() == ["key_unavailable"])
    for device in [office, b] { #expect(try device.values("SELECT guests FROM person WHERE id = 'r'") == [[3]]) }
  }

  @Test("Rows that the office may not write are refused at once, and hold up nothing")
  func notWritable() async throws {
    try fleet.serve(yesterday)
    let grants = [ScopeGrant(scope: "unit/u1", writable: false)]
    try fleet.writer.grant(device: "a", role: nil, grants: grants, now: fleet.clock.now)
    try b.sql("INSERT INTO person (id, unit) VALUES ('x', 'u1')")
    try settle(b, office)
    try await take()
    try settle(office)
    #expect(try office.rules() == ["not_writable"])
    #expect(try office.replica.status().pending == 0)
  }

  @Test("A file that becomes another replica with the loss takes rows on which its own work waits")
  func becameAnother() async throws {
    try b.sql("UPDATE person SET guests = guests + 2")
    try office.sql("UPDATE person SET guests = guests + 4")
    try office.sql("INSERT INTO visit VALUES ('w', 'nobody', 'x')")
    try settle(b, office)
    #expect(try office.rules() == ["no_scope"])
    try fleet.serve(yesterday)
    try settle(office)
    #expect(try office.values("SELECT count(*) FROM relay_replica") == [[2]])
    try await take()
    try settle(office, b)
    for device in [office, b] {
      #expect(try device.values("SELECT guests FROM person") == [[7]])
      #expect(try device.replica.status().pending == 0)
    }
  }

  @Test("An office that is granted everything takes them with what it had seen")
  func grantedEverything() async throws {
    let (fleet, _, b) = try Fleet.pair()
    let (author, all) = (try fleet.add("c", "unit/u1"), try fleet.add("d", "*"))
    let yesterday = try fleet.copyHub()
    try author.sql("INSERT INTO person (id, unit, guests) VALUES ('r', 'u1', 1)")
    try author.sql("INSERT INTO visit VALUES ('v', 'r', 'c')")
    try fleet.settle()
    try b.sql("UPDATE person SET guests = guests + 2")
    try fleet.settle()
    fleet.end(author)
    try fleet.serve(yesterday)
    try fleet.settle()
    try await all.replica.repair(.takeAsEdits, with: FleetTransport(fleet), options: FleetTransport.options)
    try fleet.settle()
    for device in [all, b] { #expect(try device.values("SELECT guests FROM person") == [[3]]) }
    #expect(try b.values("SELECT note FROM visit") == [["c"]])
  }

  @Test("What hangs on a row where the office may only read is refused at once, and the rest counts once")
  func hangsWhereItReads() async throws {
    let (fleet, office, b) = try Fleet.pair()
    let author = try fleet.add("c", "unit/u1", "unit/u2")
    let grants = [ScopeGrant(scope: "unit/u1"), ScopeGrant(scope: "unit/u2", writable: false)]
    try fleet.writer.grant(device: "a", role: nil, grants: grants, now: fleet.clock.now)
    try author.sql("INSERT INTO person (id, unit) VALUES ('p', 'u2')")
    try fleet.settle()
    let yesterday = try fleet.copyHub()
    try author.sql("INSERT INTO person (id, unit, guests) VALUES ('r', 'u1', 1)")
    try author.sql("INSERT INTO visit VALUES ('v', 'p', 'c')")
    try fleet.settle()
    try b.sql("UPDATE person SET guests = guests + 2 WHERE id = 'r'")
    try fleet.settle()
    fleet.end(author)
    try fleet.serve(yesterday)
    try fleet.settle()
    try await office.replica.repair(.takeAsEdits, with: FleetTransport(fleet), options: FleetTransport.options)
    try fleet.settle()
    #expect(try office.rules() == ["not_writable"])
    #expect(try office.replica.status().pending == 0)
    for device in [office, b] { #expect(try device.values("SELECT guests FROM person WHERE id = 'r'") == [[3]]) }
  }

  /// Each of them counts with a bit of its own, so that the sum tells what is missing and what is there twice.
  @Test("Whoever comes when, what each had counted is in the sum once", arguments: 0..<40)
  func inAnyOrder(seed: Int) async throws {
    var random = SplitMix(state: UInt64(seed))
    let (fleet, office, b) = try Fleet.pair()
    let author = try fleet.add("c", "unit/u1")
    let yesterday = try fleet.copyHub()
    try author.sql("INSERT INTO person (id, unit, guests) VALUES ('r', 'u1', 1)")
    try fleet.settle()
    var done = ["c": 1]
    var bit = 1
    func count(_ device: Fleet.Device) throws {
      bit *= 2
      try device.sql("UPDATE person SET guests = guests + \(bit)")
      done[device.name, default: 0] += bit
    }
    for _ in 0..<8 {
      try count([author, office, b].randomElement(using: &random) ?? b)
      if Bool.random(using: &random) { try fleet.sync([author, office, b].randomElement(using: &random) ?? b) }
    }
    try fleet.serve(yesterday)
    try count(b)
    try count(office)
    if Bool.random(using: &random) { try fleet.sync(b) }
    let isGone = Bool.random(using: &random)
    if isGone { fleet.end(author) }
    try await office.replica.repair(.takeAsEdits, with: FleetTransport(fleet), options: FleetTransport.options)
    guard case .integer(let taken) = try office.values("SELECT guests FROM person")[0][0] else { return }
    for _ in 0..<6 { try fleet.sync(fleet.devices.randomElement(using: &random) ?? b) }
    try fleet.settle()
    try fleet.settle()
    try count(b)
    try fleet.settle()
    // Of one who is gone there is what the office had seen.
    let here = Int(taken) & (done["c", default: 0])
    let sum = (isGone ? here : done["c", default: 0]) + (done["a", default: 0]) + (done["b", default: 0])
    for device in fleet.devices {
      #expect(try device.values("SELECT guests FROM person") == [[.integer(Int64(sum))]], "\(device.name)")
      #expect(try device.replica.status().pending == 0)
      #expect(try device.replica.status().mismatch.isEmpty)
      #expect(try device.replica.inbox().isEmpty)
    }
  }
}
