import Foundation
import Relay
import RelayHub
internal import RelayMerge
internal import RelayProtocol
import TestSupport
import Testing

/// Own work is known by its dot: one file may have been several replicas, as after a restore or a fork.
@Suite struct OwnWorkStories {
  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device

  init() throws {
    (fleet, a, b) = try Fleet.pair()
    try fleet.settle()
  }

  /// Becomes another replica, with its counter at 0 again.
  private func renew(_ device: Fleet.Device, _ bits: UInt64) throws { try device.replica.become(ReplicaID(bits: bits)) }

  @Test("What the older replica of a file had done goes out first, then the younger one's, and all of it arrives")
  func bothArrive() throws {
    try a.sql("INSERT INTO person (id, unit, guests) VALUES ('p', 'u1', 2)")
    try a.sql("UPDATE person SET guests = guests + 1")
    let old = try a.replica.replicaID()
    try renew(a, 77)
    try a.sql("UPDATE person SET guests = guests + 10, area = 'North'")
    try a.sql("INSERT INTO visit VALUES ('v', 'p', 'first')")
    #expect(try a.values("SELECT guests, area FROM person") == [[13, "North"]])
    #expect(try a.replica.status().pending == 4)

    let first = try a.replica.nextRequest()
    #expect(first.replica == old)
    #expect(first.push.count == 2)
    #expect(first.pull == nil)
    #expect(first.pending.contains(Dot(old, 2)) && first.pending.contains(Dot(ReplicaID(bits: 77), 2)))
    #expect(first.pending.count == 4)

    try fleet.sync(a)
    #expect(try a.replica.status().pending == 0)
    #expect(try a.values("SELECT guests, area FROM person") == [[13, "North"]])
    try fleet.sync(b)
    #expect(try b.values("SELECT guests, area FROM person") == [[13, "North"]])
    #expect(try b.values("SELECT person, note FROM visit") == [["p", "first"]])
    #expect(try b.replica.inbox().isEmpty)
    for device in [a, b] { #expect(try device.replica.status().mismatch.isEmpty) }
  }

  @Test("Equal counters of two replicas are two transactions: a lost answer to one changes nothing of the other")
  func countersDoNotMix() throws {
    try a.sql("INSERT INTO person (id, unit, guests) VALUES ('p', 'u1', 1)")
    _ = try fleet.roundTrip(a, loss: .response)
    try renew(a, 5)
    try a.sql("UPDATE person SET guests = guests + 1")
    #expect(try a.values("SELECT dot & 255, dot >> 53 FROM relay_transaction") == [[1, 0], [1, 1]])
    try fleet.sync(a)
    try fleet.sync(b)
    for device in [a, b] { #expect(try device.values("SELECT guests FROM person") == [[2]]) }
    #expect(try a.values("SELECT count(*) FROM relay_pending") == [[0]])
  }

  @Test(
    "Work of the younger replica that builds on refused work of the older one comes along with it"
  )
  func refusalsReachAcross() throws {
    let office = try fleet.add("office", "unit/u1", "unit/u2")
    try fleet.settle()
    try office.sql("INSERT INTO person (id, unit) VALUES ('k', 'u2')")
    try fleet.settle()
    try a.sql("INSERT INTO person (id, unit) VALUES ('k', 'u1')")
    try renew(a, 9)
    try a.sql("UPDATE person SET area = 'mine' WHERE id = 'k'")
    try fleet.sync(a)
    let items = try a.replica.inbox().filter { $0.kind == .refused }
    #expect(items.map(\.rule) == ["key_unavailable", "depends_on_refused"])
    #expect(items[0].dependents == [items[1].id])
    #expect(try a.values("SELECT id FROM person").isEmpty)
    #expect(try a.replica.exportPending().transactions.map(\.state) == ["refused", "refused"])
    try a.replica.resubmit(items[0].id, corrections: [RowCorrection(row: items[0].row, key: ["k2"])])
    try fleet.sync(a)
    try fleet.sync(b)
    #expect(try b.values("SELECT id, area FROM person") == [["k2", "mine"]])
    #expect(try a.replica.inbox().isEmpty)
    #expect(try a.values("SELECT count(*) FROM relay_refusal") == [[0]])
  }

  @Test("A conflict that the younger replica settled is answered by its own transaction")
  func answers() throws {
    try b.sql("INSERT INTO person (id, unit, phone) VALUES ('p', 'u1', '1')")
    try fleet.settle()
    try a.sql("UPDATE person SET phone = '2'")
    try b.sql("UPDATE person SET phone = '3'")
    try fleet.settle()
    try renew(a, 11)
    let item = try #require(try a.replica.inbox().first { $0.kind == .conflict })
    try a.replica.resolve(item.id, .values(["4"]))
    #expect(try a.replica.inbox().first { $0.id == item.id }?.status == .answered)
    try fleet.settle()
    for device in [a, b] {
      #expect(try device.values("SELECT phone FROM person") == [["4"]])
      #expect(try device.replica.inbox().filter { $0.kind == .conflict }.isEmpty)
    }
  }

  @Test("A form that was open while the file became another replica is saved all the same")
  func formsStayOpen() throws {
    try b.sql("INSERT INTO person (id, unit, phone, area) VALUES ('p', 'u1', '1', 'N')")
    try fleet.settle()
    try a.sql("UPDATE person SET area = 'S'")
    let moment = try a.replica.moment(of: [("person", ["p"])])
    try b.sql("UPDATE person SET phone = '2'")
    try fleet.sync(b)
    try renew(a, 21)
    try fleet.sync(a)
    try a.replica.write(seenAt: moment) { db in try db.execute("UPDATE person SET phone = '3', area = 'W'") }
    try fleet.settle()
    // Concurrent with what came in between, a later word on what its author had seen.
    for device in [a, b] {
      #expect(try device.conflicts().map(\.column) == ["phone"])
      #expect(try device.values("SELECT area FROM person") == [["W"]])
      #expect(try device.replica.status().mismatch.isEmpty)
    }
  }

  @Test("A form that saw work which this copy of the file never had is told so, and nothing is written")
  func formsOfAnotherCopy() throws {
    try a.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    let copy = a.replica.path + ".copy"
    try Database(path: a.replica.path, mode: .readWrite).execute("VACUUM INTO ?", [.text(copy)])
    try a.sql("UPDATE person SET area = 'seen by the form alone'")
    let moment = try a.replica.moment(of: [("person", ["p"])])
    let older = try Replica(at: copy, schema: Fleet.schema, environment: fleet.environment)
    for isRenewed in [false, true] {
      if isRenewed { try older.become(ReplicaID(bits: 31)) }
      let error = #expect(throws: RelayError.self) {
        try older.write(seenAt: moment) { db in try db.execute("UPDATE person SET area = 'W'") }
      }
      #expect(error?.code == .momentVoid)
    }
    #expect(try older.status().pending == 1)
  }
}
