import Relay
internal import RelayMerge
internal import RelayProtocol
import TestSupport
import Testing

@testable import RelayHub

/// What devices were told, and what is held against their later work, is kept until they have heard of it and the retention
/// is over.
@Suite struct ToldRetentionStories {
  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device

  init() throws {
    (fleet, a, b) = try Fleet.pair()
    try a.sql("INSERT INTO person (id, unit, phone, area) VALUES ('p', 'u1', '0', 'N')")
    try fleet.settle()
  }

  private let day: Int64 = 24 * 3600 * 1000

  private func count(_ table: String) throws -> Int64 {
    let db = try #require((fleet.writer.session.store as? SQLHubStore)?.db)
    return try db.number("SELECT count(*) FROM \(table)") ?? 0
  }

  /// More than the retention passes, and somebody goes on.
  private func yearsPass() throws {
    fleet.clock.advance(401 * day)
    try a.sql("UPDATE person SET guests = guests + 1")
    try fleet.sync(a)
  }

  private func prune(most: Int = 1) throws -> Int {
    var (sum, cursor) = (PruneStep(), PruneCursor?.none)
    repeat {
      let step = try fleet.writer.prune(now: fleet.clock.now, from: cursor, most: most)
      #expect(step.exits + step.rows + step.bodies + step.told <= most)
      sum.add(step)
      cursor = step.next
    } while cursor != nil
    return sum.told
  }

  @Test("Who was away for years is told which write of theirs is not shown; then the hub forgets it")
  func notices() throws {
    try b.sql("UPDATE person SET area = 'B'")
    fleet.clock.advance(1000)
    try a.sql("UPDATE person SET area = 'A'")
    _ = try fleet.roundTrip(b, loss: .response)
    try fleet.sync(a)
    #expect(try count("notice") == 1)
    try yearsPass()
    #expect(try prune() == 0)
    #expect(try count("notice") == 1)
    try fleet.sync(b)
    #expect(try b.replica.inbox().map(\.kind) == [.notice])
    try b.sql("UPDATE person SET top = 1")
    try fleet.settle()
    #expect(try prune() == 1)
    #expect(try count("notice") == 0)
    #expect(try b.replica.inbox().map(\.kind) == [.notice])
    try fleet.settle()
    #expect(try a.values("SELECT * FROM person") == b.values("SELECT * FROM person"))
  }

  @Test("What refused work later work builds on is forgotten once its author knows of it", arguments: [false, true])
  func marks(isRevoked: Bool) throws {
    let office = try fleet.add("office", "unit/u2")
    try office.sql("INSERT INTO person (id, unit) VALUES ('k', 'u2')")
    try fleet.sync(office)
    for id in ["k", "k2"] { try b.sql("INSERT INTO person (id, unit) VALUES ('\(id)', 'u1')") }
    try b.sql("INSERT INTO visit VALUES ('v', 'k', 'on it')")
    _ = try fleet.roundTrip(b, loss: .response)
    #expect(try count("standing") > 0)
    try yearsPass()
    #expect(try prune() == 0)
    if isRevoked {
      try fleet.writer.revoke(device: "b")
    } else {
      try fleet.sync(b)
      try b.sql("UPDATE person SET top = 1 WHERE id = 'p'")
      try fleet.settle()
      #expect(try b.rules().sorted() == ["depends_on_refused", "key_unavailable"])
    }
    #expect(try prune() > 0)
    #expect(try count("standing") == 0)
  }

  @Test("A conflict that was settled is forgotten with the years, one that waits for a person is not")
  func entries() throws {
    try a.sql("INSERT INTO person (id, unit, phone) VALUES ('q', 'u1', '0')")
    try fleet.settle()
    for (device, phone) in [(a, "1"), (b, "2")] { try device.sql("UPDATE person SET phone = '\(phone)'") }
    try fleet.settle()
    let settled = try #require(try a.conflicts().first { $0.key == "p" })
    try a.replica.resolve(settled.id, .values(["3"]))
    try fleet.settle()
    #expect(try count("entry") == 2)
    try yearsPass()
    #expect(try prune() == 1)
    #expect(try count("entry") == 1)
    try fleet.settle()
    #expect(try b.conflicts().map(\.key) == ["q"])
    let item = try #require(try b.conflicts().first)
    try b.replica.resolve(item.id, .values(["4"]))
    try fleet.settle()
    for device in [a, b] {
      #expect(try device.conflicts().isEmpty)
      #expect(try device.values("SELECT phone FROM person ORDER BY id") == [["3"], ["4"]])
    }
  }
}
