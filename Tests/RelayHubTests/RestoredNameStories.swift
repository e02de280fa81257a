import Relay
import RelayHub
internal import RelayMerge
internal import RelayProtocol
import TestSupport
import Testing

/// What work is called, and which time it has, that a put-back hub gets again (rules 16, 26, 27).
@Suite struct RestoredNameStories {
  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device

  init() throws {
    (fleet, a, b) = try Fleet.pair()
    try a.sql("INSERT INTO person (id, unit, phone, guests) VALUES ('p', 'u1', '0', 1)")
    try fleet.settle()
  }

  private func settle(_ devices: Fleet.Device...) throws {
    for _ in 0..<3 { for device in devices { try fleet.sync(device) } }
    for device in devices {
      let status = try device.replica.status()
      #expect(status.pending == 0, "\(device.name)")
      #expect(status.mismatch.isEmpty, "\(device.name)")
      let rows = "SELECT * FROM person ORDER BY id"
      #expect(try device.values(rows) == devices[0].values(rows), "\(device.name)")
    }
  }

  @Test("Of two copies the one that has heard of the fork comes first to a put-back hub: what they share counts once")
  func heardOfTheFork() throws {
    let yesterday = try fleet.copyHub()
    let second = try fleet.copy(a)
    try a.sql("UPDATE person SET guests = guests + 1")
    try fleet.sync(a)
    try second.sql("UPDATE person SET guests = guests + 10")
    let third = try fleet.copy(second, bits: 3)
    try fleet.sync(second)
    try third.sql("UPDATE person SET guests = guests + 100")
    try fleet.serve(yesterday)
    // The name that the third has for its work ends here where the second's begins.
    try fleet.sync(second)
    try fleet.sync(third)
    try settle(a, second, third, b)
    #expect(try b.values("SELECT guests FROM person") == [[112]])
  }

  @Test("The first that a copy did stays refused, and the other copy is gone: what came after it comes back")
  func afterARefusal() throws {
    let yesterday = try fleet.copyHub()
    let second = try fleet.copy(a)
    try a.sql("UPDATE person SET guests = guests + 1")
    try fleet.sync(a)
    try second.sql("INSERT INTO person (id, unit) VALUES ('elsewhere', 'u2')")
    try second.sql("UPDATE person SET guests = guests + 10 WHERE id = 'p'")
    try fleet.sync(second)
    #expect(try second.rules() == ["not_writable"])
    try fleet.serve(yesterday)
    try settle(second, b)
    #expect(try b.values("SELECT guests FROM person") == [[11]])
    #expect(try second.rules() == ["not_writable"])
  }

  @Test("Work that comes back and has to wait leaves a gap: what was written since is judged with the first push")
  func behindAGap() throws {
    let yesterday = try fleet.copyHub()
    try b.sql("INSERT INTO person (id, unit) VALUES ('r', 'u1')")
    try fleet.settle()
    try a.sql("UPDATE person SET area = 'North' WHERE id = 'r'")
    try fleet.serve(yesterday)
    // It steps back to before both, and its answers are lost.
    _ = try fleet.roundTrip(a)
    _ = try fleet.roundTrip(a, loss: .response)
    try a.sql("UPDATE person SET guests = guests + 10 WHERE id = 'p'")
    let request = try a.replica.nextRequest()
    let answer = try #require(try fleet.answer(a, request))
    #expect(answer.verdicts.count == request.push.count - 1)
    _ = try a.replica.receive(answer, to: request)
    try settle(b, a)
    #expect(try b.values("SELECT area, guests FROM person ORDER BY id") == [[.null, 11], ["North", 0]])
  }

  @Test("A hub is put back to before a verdict of which no pull told: the work keeps the time that it was given")
  func toldOnce() throws {
    let ahead = try fleet.add("ahead", scopes: ["unit/u1"], skew: 3_600_000)
    try fleet.settle()
    let yesterday = try fleet.copyHub()
    try ahead.sql("UPDATE person SET area = 'North'")
    let request = try ahead.replica.nextRequest()
    var answer = try #require(try fleet.answer(ahead, request))
    answer.page = nil
    _ = try ahead.replica.receive(answer, to: request)
    let told = try #require(answer.verdicts.first)
    try fleet.serve(yesterday)
    for _ in 0..<2 {
      fleet.clock.advance(60_000)
      try b.sql("UPDATE person SET guests = guests + 1")
      try fleet.sync(b)
    }
    try settle(ahead, a, b)
    let again = try #require(try fleet.reader.verdicts(after: told.seq).first { $0.dot == told.dot })
    #expect(again.effective == told.effective)
    #expect(try a.values("SELECT area, guests FROM person") == [["North", 3]])
  }

  /// The answer of the push arrives, and nothing of the pull.
  private func push(_ device: Fleet.Device) throws {
    let request = try device.replica.nextRequest()
    var response = try #require(try fleet.answer(device, request))
    response.page = nil
    _ = try device.replica.receive(response, to: request)
  }

  @Test("What a put-back hub refused of another copy, under the same name and seq, says nothing of what was accepted")
  func refusedOfAnother() throws {
    let yesterday = try fleet.copyHub()
    let second = try fleet.copy(a)
    try a.sql("INSERT INTO person (id, unit, guests) VALUES ('r', 'u1', 5)")
    try push(a)
    try fleet.serve(yesterday)
    try second.sql("INSERT INTO visit VALUES ('v', 'nobody', 'x')")
    try fleet.sync(second)
    #expect(try second.rules() == ["no_scope"])
    try settle(a, b)
    #expect(try b.values("SELECT guests FROM person WHERE id = 'r'") == [[5]])
    #expect(try a.replica.inbox().isEmpty)
  }

  @Test("Nor is what it accepted of that copy: another time tells that it is other work")
  func acceptedOfAnother() throws {
    let yesterday = try fleet.copyHub()
    let second = try fleet.copy(a)
    try a.sql("UPDATE person SET guests = guests + 10")
    try push(a)
    try fleet.serve(yesterday)
    fleet.clock.advance(1000)
    try second.sql("UPDATE person SET guests = guests + 100")
    try fleet.sync(second)
    try settle(a, b, second)
    #expect(try b.values("SELECT guests FROM person") == [[111]])
  }

  @Test("What a pull tells of by another seq is offered again in the same sync, and nothing counts twice on the way")
  func settledInOneSync() async throws {
    let yesterday = try fleet.copyHub()
    try b.sql("INSERT INTO person (id, unit) VALUES ('x', 'u1')")
    try fleet.sync(b)
    try a.sql("INSERT INTO person (id, unit, guests) VALUES ('r', 'u1', 1)")
    try push(a)
    try a.sql("UPDATE person SET guests = guests + 2 WHERE id = 'r'")
    let second = try fleet.copy(a)
    try fleet.serve(yesterday)
    let transport = FleetTransport(fleet)
    _ = try await second.replica.sync(with: transport, options: FleetTransport.options)
    try second.sql("UPDATE person SET phone = 'x' WHERE id = 'r'")
    _ = try await second.replica.sync(with: transport, options: FleetTransport.options)
    _ = try await a.replica.sync(with: transport, options: FleetTransport.options)
    #expect(try a.values("SELECT guests FROM person WHERE id = 'r'") == [[3]])
    #expect(try a.replica.status().pending == 0)
  }

  @Test(
    "What a copy sends behind work that it keeps back is called as its own, though the other copy has names to spare there"
  )
  func copyThatKeepsBack() throws {
    let office = try Office([("a", ["unit/x"])])
    let replica = ReplicaID(bits: 1000)
    func sealed(_ id: String) -> [UInt8] { office.sealed(1000, Office.row(id), office.member("x")) }
    let shared = sealed("shared")
    let (count, last) = (office.count, office.last)
    let other = sealed("other")
    (office.count, office.last) = (count, last)
    let first = sealed("first")
    let fork = ReplicaID.fork(Dot(replica, 2), try #require(office.last[1000]))
    let (keptBack, behind) = (sealed("kept back"), sealed("behind"))
    try office.push("a", shared, other)

    func offer(_ push: [[UInt8]], by claim: ReplicaID) throws -> [Dot] {
      var request = office.request(push)
      request.replica = claim
      for at in push.indices { request.envelopes[at] = Envelope(base: 0, seen: DotSet()) }
      let job = PushJob(device: try office.device("a").id, request: request)
      return try office.writer.commit([job], now: 1000)[0].get().verdicts.map(\.dot)
    }
    #expect(try offer([shared, first, behind], by: replica) == [Dot(replica, 1), Dot(fork, 1), Dot(fork, 3)])
    #expect(try offer([keptBack], by: fork) == [Dot(fork, 2)])
  }
}
