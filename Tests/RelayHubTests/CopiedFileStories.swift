import Foundation
import Relay
import RelayHub
internal import RelayMerge
internal import RelayProtocol
import TestSupport
import Testing

/// Files that were put back to an older copy, or copied: everybody's work arrives, once (rules 16, 26).
@Suite struct CopiedFileStories {
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
  }

  private func said(_ item: InboxItem) -> Set<Substring> {
    Set((item.others ?? "").split(separator: "\n").map { $0.prefix(3) })
  }

  private func check(_ devices: Fleet.Device..., sourceLocation: SourceLocation = #_sourceLocation) throws {
    for device in devices {
      let status = try device.replica.status()
      #expect(status.pending == 0, sourceLocation: sourceLocation)
      #expect(status.mismatch.isEmpty, sourceLocation: sourceLocation)
      #expect(try device.values("SELECT count(*) FROM relay_pending") == [[0]], sourceLocation: sourceLocation)
      for table in ["person", "visit"] {
        let rows = "SELECT * FROM \(table) ORDER BY id"
        let expected = try devices[0].values(rows)
        #expect(try device.values(rows) == expected, sourceLocation: sourceLocation)
      }
    }
  }

  @Test(
    "A phone is put back to yesterday's copy and works on: what it did since, and what it does now, all arrives once")
  func restored() throws {
    let yesterday = try fleet.copy(a)
    try a.sql("UPDATE person SET guests = guests + 1, area = 'North'")
    try a.sql("INSERT INTO visit VALUES ('today', 'p', 'before')")
    try fleet.sync(a)
    try yesterday.sql("UPDATE person SET guests = guests + 10")
    try yesterday.sql("INSERT INTO visit VALUES ('again', 'p', 'after')")
    let old = try yesterday.replica.replicaID()
    try settle(yesterday, b)
    try check(yesterday, b)
    #expect(try b.values("SELECT guests, area FROM person") == [[12, "North"]])
    #expect(try b.values("SELECT id FROM visit ORDER BY id") == [["again"], ["today"]])
    #expect(try yesterday.replica.replicaID() != old)
    #expect(try yesterday.replica.inbox().isEmpty)
    try yesterday.sql("UPDATE person SET guests = guests + 100")
    try settle(yesterday, b)
    try check(yesterday, b)
    #expect(try b.values("SELECT guests FROM person") == [[112]])
  }

  @Test("A phone that is put back and only reads is as the others are, and what was deleted stays deleted")
  func deletesStay() throws {
    try a.sql("INSERT INTO visit VALUES ('v', 'p', 'x')")
    try fleet.settle()
    let yesterday = try fleet.copy(a)
    try a.sql("DELETE FROM visit")
    try fleet.settle()
    try settle(yesterday, b)
    try check(yesterday, b)
    #expect(try b.values("SELECT id FROM visit").isEmpty)
    try yesterday.sql("UPDATE person SET area = 'South'")
    try settle(yesterday, b)
    try check(yesterday, b)
    #expect(try b.values("SELECT area FROM person") == [["South"]])
  }

  @Test("Two copies of one file both work on, for days: all of it arrives, and neither is in conflict with itself")
  func clones() throws {
    let other = try fleet.copy(a)
    for day in 1...3 {
      try a.sql("UPDATE person SET guests = guests + 1")
      try a.sql("INSERT INTO visit VALUES ('a\(day)', 'p', '1')")
      try a.sql("UPDATE visit SET note = '2' WHERE id = 'a\(day)'")
      try other.sql("UPDATE person SET guests = guests + 100")
      try other.sql("INSERT INTO visit VALUES ('o\(day)', 'p', '1')")
      try other.sql("UPDATE visit SET note = '2' WHERE id = 'o\(day)'")
      if day == 2 { try settle(other, a) } else { try settle(a, other) }
    }
    try settle(a, other, b)
    try check(a, other, b)
    #expect(try b.values("SELECT guests FROM person") == [[304]])
    #expect(try b.values("SELECT count(*), min(note) FROM visit") == [[6, "2"]])
    for device in [a, other, b] { #expect(try device.replica.inbox().isEmpty) }
    let name = try other.replica.replicaID()
    #expect(try a.replica.replicaID() != name)
  }

  @Test("Two copies that say otherwise about one value: a person is asked, as with two devices")
  func clonesDisagree() throws {
    let other = try fleet.copy(a)
    try a.sql("UPDATE person SET phone = '1'")
    try a.sql("UPDATE person SET phone = '2'")
    try other.sql("UPDATE person SET phone = '3'")
    try other.sql("UPDATE person SET phone = '4'")
    try settle(a, other, b)
    try check(a, other, b)
    let item = try #require(try b.conflicts().first)
    #expect(said(item) == ["'2'", "'4'"])
    try b.replica.resolve(item.id, .values(["5"]))
    try settle(b, a, other)
    try check(a, other, b)
    for device in [a, other, b] { #expect(try device.conflicts().isEmpty) }
  }

  @Test("A copy that was made before anything was written, and answers that get lost, change nothing of it")
  func lostAnswers() throws {
    let (first, second) = (try fleet.copy(b), try fleet.copy(b, bits: 2))
    try first.sql("INSERT INTO visit VALUES ('1', 'p', 'first')")
    try second.sql("INSERT INTO visit VALUES ('2', 'p', 'second')")
    try second.sql("UPDATE visit SET note = 'second, corrected' WHERE id = '2'")
    _ = try fleet.roundTrip(first, loss: .response)
    _ = try fleet.roundTrip(second, loss: .response)
    try second.sql("UPDATE visit SET note = 'second, once more' WHERE id = '2'")
    _ = try fleet.roundTrip(second, loss: .response)
    try settle(second, first, a)
    try check(second, first, a)
    #expect(try a.values("SELECT note FROM visit ORDER BY id") == [["first"], ["second, once more"]])
    for device in [first, second, a] { #expect(try device.replica.inbox().isEmpty) }
  }

  @Test("What a copy wrote after it had noticed, and before it had heard of the fork, builds on its own work")
  func noticedBefore() throws {
    let other = try fleet.copy(a)
    try a.sql("UPDATE person SET phone = '1'")
    try fleet.sync(a)
    try other.sql("INSERT INTO visit VALUES ('o', 'p', '1')")
    try other.sql("UPDATE visit SET note = '2' WHERE id = 'o'")
    try other.replica.become(ReplicaID(bits: 77))
    try other.sql("UPDATE visit SET note = '3' WHERE id = 'o'")
    #expect(try other.replica.nextRequest().push.count == 2)
    try settle(other, b, a)
    try check(a, other, b)
    #expect(try b.values("SELECT note FROM visit") == [["3"]])
    #expect(try other.replica.inbox().isEmpty)
  }

  @Test("A transaction that goes in parts may be the one at which two copies part")
  func inParts() throws {
    let other = try fleet.copy(a)
    try a.sql("UPDATE person SET area = 'North'")
    try fleet.sync(a)
    let note = String(repeating: "long ", count: 1000)
    try other.sql("INSERT INTO visit VALUES ('o', 'p', '\(note)')")
    try other.sql("UPDATE visit SET note = note || '!' WHERE id = 'o'")
    for _ in 0..<100 {
      let request = try other.replica.nextRequest(pushBytes: 1000)
      guard let response = try fleet.answer(other, request) else { continue }
      if case .installed = try other.replica.receive(response, to: request) { break }
    }
    try settle(other, a, b)
    try check(a, other, b)
    #expect(try b.values("SELECT note FROM visit") == [[.text(note + "!")]])
  }

  @Test("A copy of a copy of a copy: three files write on from each other's past")
  func nested() throws {
    let second = try fleet.copy(a)
    try a.sql("UPDATE person SET guests = guests + 1")
    try second.sql("UPDATE person SET guests = guests + 10")
    let third = try fleet.copy(second, bits: 3)
    try second.sql("UPDATE person SET guests = guests + 100, phone = '1'")
    try third.sql("UPDATE person SET guests = guests + 1000, phone = '2'")
    try third.sql("UPDATE person SET phone = '3'")
    try settle(a, second, third, b)
    try check(a, second, third, b)
    #expect(try b.values("SELECT guests FROM person") == [[1112]])
    let item = try #require(try b.conflicts().first)
    #expect(said(item) == ["'1'", "'3'"])
  }

  @Test("Two copies of a copy part where a third has gone before them, and the longer one keeps its names to the end")
  func partTwice() throws {
    let second = try fleet.copy(a)
    try a.sql("UPDATE person SET guests = guests + 1")
    try fleet.sync(a)
    for _ in 0..<3 { try second.sql("UPDATE person SET guests = guests + 10") }
    let third = try fleet.copy(second, bits: 3)
    try third.sql("UPDATE person SET guests = guests + 100")
    for _ in 0..<4 { try second.sql("UPDATE person SET guests = guests + 1000") }
    // The hub has a copy's work, of which the other's is the beginning, and then four more.
    try fleet.sync(third)
    try fleet.sync(second)
    let names = try fleet.reader.verdicts(after: 0).map(\.dot.replica)
    #expect(Set(names.suffix(4)).count == 1)
    try settle(second, third, a, b)
    try check(a, second, third, b)
    #expect(try b.values("SELECT guests FROM person") == [[4132]])
  }

  @Test("An answer that gives own work a name that does not follow from it renames nothing")
  func madeUpNames() throws {
    try a.sql("UPDATE person SET area = 'North'")
    let request = try a.replica.nextRequest()
    var response = try #require(try fleet.answer(a, request))
    response.verdicts[0].dot = Dot(ReplicaID(bits: 9), 1)
    let before = try a.replica.replicaID()
    _ = try a.replica.receive(response, to: request)
    #expect(try a.replica.replicaID() == before)
    #expect(try a.values("SELECT count(*) FROM relay_replica") == [[1]])
    try settle(a, b)
    try check(a, b)
  }
}
