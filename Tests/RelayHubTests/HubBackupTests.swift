import Foundation
import Relay
import RelayHub
internal import RelayHubPostgres
internal import RelayMerge
internal import RelayProtocol
import TestSupport
import Testing

/// Copies of a hub that its operator makes and puts back (rules 26, 27).
@Suite struct HubBackupTests {
  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device

  init() throws {
    (fleet, a, b) = try Fleet.pair()
    try a.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    try fleet.settle()
  }

  private var copy: String { fleet.folder + "/copy.db" }

  @Test("Devices keep what they did until a backup covers it, and a hub that is put back to it gets what came after")
  func coversAndHeals() throws {
    #expect(try a.values("SELECT count(*) FROM relay_accepted") == [[1]])
    let head = try fleet.place.backUp(to: copy)
    #expect(head == 1)
    try fleet.writer.noteBackup(upTo: head)
    try a.sql("UPDATE person SET area = 'North'")
    try fleet.settle()
    #expect(try a.values("SELECT seq FROM relay_accepted") == [[2]])
    try b.sql("UPDATE person SET area = 'South'")
    try fleet.settle()
    try fleet.serve(try fleet.put(copy))
    let before = try fleet.reader.epoch()
    #expect(try fleet.writer.beginEpoch(Hash128(high: 4, low: 2), now: fleet.clock.now) == 1)
    #expect(try fleet.reader.identity().pastEpochs.map(\.id) == [before])
    for _ in 0..<2 { for device in [b, a] { try fleet.sync(device) } }
    for device in [a, b] {
      #expect(try device.values("SELECT area FROM person") == [["South"]])
      #expect(try device.replica.inbox().isEmpty)
      #expect(try device.replica.status().epoch == Hash128(high: 4, low: 2))
      #expect(try device.values("SELECT count(*) FROM relay_lost") == [[0]])
    }
  }

  @Test("Nothing is overwritten by a copy, and what is no copy is not put in place")
  func refusals() throws {
    _ = try fleet.place.backUp(to: copy)
    let again = #expect(throws: RelayError.self) { _ = try fleet.place.backUp(to: copy) }
    #expect(again?.code == .usage)
    let none = #expect(throws: RelayError.self) { _ = try fleet.put(a.replica.path) }
    #expect(none?.code == .notADatabase)
  }

  @Test("A hub in PostgreSQL is put back in its own place; what was there is kept beside it, and can be served")
  func putBack() throws {
    guard case .database(let address) = fleet.place else { return }
    _ = try fleet.place.backUp(to: copy)
    try a.sql("UPDATE person SET area = 'North'")
    try fleet.settle()
    let kept = try #require(try HubPlace.put(copy, in: address))
    #expect(kept.hasSuffix("_before_1"))
    #expect(try HubPlace.put(copy, in: address)?.hasSuffix("_before_2") == true)
    try fleet.serve(fleet.place)
    #expect(try fleet.reader.head() == 1)
    _ = try fleet.writer.beginEpoch(Hash128(high: 4, low: 2), now: fleet.clock.now)
    for _ in 0..<2 { for device in [a, b] { try fleet.sync(device) } }
    for device in [a, b] { #expect(try device.values("SELECT area FROM person") == [["North"]]) }
  }

  @Test("A copy goes from a file into a database and back, the same hub in either")
  func across() throws {
    guard TestStore.database != nil else { return }
    _ = try fleet.place.backUp(to: copy)
    let folder = TestFolder()
    let directory = folder.file("hub")
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    #expect(try HubBackup.put(copy, as: directory + "/hub.db") == 1)
    try fleet.serve(.directory(directory))
    try a.sql("UPDATE person SET area = 'North'")
    try fleet.settle()
    #expect(try b.values("SELECT area FROM person") == [["North"]])
    #expect(try fleet.place.backUp(to: copy + "2") == 2)
    try fleet.serve(try fleet.put(copy + "2"))
    try b.sql("UPDATE person SET area = 'South'")
    try fleet.settle()
    #expect(try a.values("SELECT area FROM person") == [["South"]])
  }
}
