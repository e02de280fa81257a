import Foundation
import Relay
import RelayHub
internal import RelayMerge
internal import RelayProtocol
import TestSupport
import Testing

/// Copies of a hub that its operator makes and puts back (rules 26, 27).
@Suite(.enabled(if: TestStore.database == nil)) struct HubBackupTests {
  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device

  init() throws {
    (fleet, a, b) = try Fleet.pair()
    try a.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    try fleet.settle()
  }

  private var hub: String { fleet.folder + "/hub" }
  private var copy: String { fleet.folder + "/copy.db" }

  @Test("Devices keep what they did until a backup covers it, and a hub that is put back to it gets what came after")
  func coversAndHeals() throws {
    #expect(try a.values("SELECT count(*) FROM relay_accepted") == [[1]])
    let head = try HubBackup.take(directory: hub, to: copy)
    #expect(head == 1)
    try fleet.writer.noteBackup(upTo: head)
    try a.sql("UPDATE person SET area = 'North'")
    try fleet.settle()
    #expect(try a.values("SELECT seq FROM relay_accepted") == [[2]])
    try b.sql("UPDATE person SET area = 'South'")
    try fleet.settle()
    let place = fleet.folder + "/put-back"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    #expect(try HubBackup.put(copy, as: place + "/hub.db") == 1)
    try fleet.serve(place)
    let before = try fleet.reader.epoch()
    #expect(try fleet.writer.beginEpoch(Hash128(high: 4, low: 2)) == 1)
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
    _ = try HubBackup.take(directory: hub, to: copy)
    let again = #expect(throws: RelayError.self) { _ = try HubBackup.take(directory: hub, to: copy) }
    #expect(again?.code == .usage)
    let place = fleet.folder + "/other"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let none = #expect(throws: RelayError.self) { _ = try HubBackup.put(a.replica.path, as: place) }
    #expect(none?.code == .notADatabase)
    #expect(!FileManager.default.fileExists(atPath: place + "/hub.db"))
  }
}
