import Relay
internal import RelayHubPostgres
internal import RelayProtocol
import TestSupport
import Testing

@testable import RelayHub

/// What an operator is told after a restore: who has come, and what is not here again.
@Suite struct RestoreStatusTests {
  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device
  let yesterday: HubPlace

  /// Three transactions come after the copy: b's, and two of a.
  init() throws {
    (fleet, a, b) = try Fleet.pair()
    try a.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    try fleet.settle()
    yesterday = try fleet.copyHub()
    try b.sql("UPDATE person SET area = 'North'")
    try fleet.sync(b)
    for phone in ["1", "2"] {
      try a.sql("UPDATE person SET phone = '\(phone)'")
      try fleet.sync(a)
    }
  }

  private func restored() throws -> HubRestore { try #require(try fleet.reader.status().restored) }

  private func noteSync(_ device: Fleet.Device) throws {
    let name = try device.replica.status().device
    let id = try #require(try fleet.reader.devices().first { $0.device.name == name }).device.id
    try fleet.writer.noteSyncs([id: fleet.clock.now])
  }

  @Test("Who has come, and how much is missing, until everybody has brought what he did")
  func told() throws {
    #expect(try fleet.reader.status().restored == nil)
    try noteSync(a)
    fleet.clock.advance(1000)
    try fleet.serve(yesterday)
    let now = fleet.clock.now
    _ = try fleet.writer.beginEpoch(Hash128(high: 4, low: 2), now: now)
    #expect(
      try restored()
        == HubRestore(fork: 1, since: now, offeredAgain: 0, missing: 0, devices: 2, synced: 0, waitsSince: nil))
    fleet.clock.advance(1000)
    try fleet.sync(a)
    try noteSync(a)
    #expect(
      try restored()
        == HubRestore(fork: 1, since: now, offeredAgain: 2, missing: 1, devices: 2, synced: 1, waitsSince: nil))
    #expect(try fleet.reader.devices().map(\.lastSync) == [fleet.clock.now, nil])
    try fleet.sync(b)
    try noteSync(b)
    #expect(
      try restored()
        == HubRestore(fork: 1, since: now, offeredAgain: 3, missing: 0, devices: 2, synced: 2, waitsSince: nil))
  }

  @Test(
    "A hub that was put back without a word tells the same from when it noticed; work that waits is told until that is ended"
  )
  func withoutAWord() throws {
    try b.sql("INSERT INTO person (id, unit) VALUES ('r', 'u1')")
    try fleet.settle()
    try a.sql("UPDATE person SET area = 'South' WHERE id = 'r'")
    try fleet.sync(a)
    try fleet.serve(yesterday)
    fleet.clock.advance(1000)
    try fleet.sync(a)
    let told = try restored()
    #expect((told.fork, told.offeredAgain, told.missing) == (1, 2, 1))
    #expect(told.since == fleet.clock.now && told.waitsSince == fleet.clock.now)
    try fleet.writer.endWaiting()
    #expect(try restored().waitsSince == nil)
  }
}
