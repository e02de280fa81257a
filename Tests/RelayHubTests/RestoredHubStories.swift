import Foundation
import Relay
import RelayHub
internal import RelayHubPostgres
internal import RelayMerge
internal import RelayProtocol
import TestSupport
import Testing

/// A hub that was put back to an older copy, by its operator or by somebody who copied files: what it lost comes back from
/// those who did it, as it was (rule 27).
@Suite struct RestoredHubStories {
  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device
  let c: Fleet.Device

  init() throws {
    (fleet, a, b) = try Fleet.pair()
    c = try fleet.add("c", "unit/u1")
    try a.sql("INSERT INTO person (id, unit, phone, guests) VALUES ('p', 'u1', '0', 1), ('q', 'u1', '0', 1)")
    try fleet.settle()
  }

  private func settle(_ devices: Fleet.Device...) throws {
    for _ in 0..<3 { for device in devices { try fleet.sync(device) } }
  }

  private func check(sourceLocation: SourceLocation = #_sourceLocation) throws {
    for device in [a, b, c] {
      let status = try device.replica.status()
      #expect(status.pending == 0, sourceLocation: sourceLocation)
      #expect(status.mismatch.isEmpty, sourceLocation: sourceLocation)
      #expect(status.epoch == (try fleet.reader.epoch()), sourceLocation: sourceLocation)
      for rows in ["relay_lost", "relay_break", "relay_pending WHERE fate < 2"] {
        #expect(try device.values("SELECT count(*) FROM \(rows)") == [[0]], "\(rows)", sourceLocation: sourceLocation)
      }
      for table in ["person", "visit"] {
        let rows = "SELECT * FROM \(table) ORDER BY id"
        let expected = try a.values(rows)
        #expect(try device.values(rows) == expected, sourceLocation: sourceLocation)
      }
    }
  }

  @Test("What the hub lost comes back from its authors, once, in whatever order they come", arguments: [0, 1, 2])
  func comesBack(first: Int) throws {
    let yesterday = try fleet.copyHub()
    let epoch = try fleet.reader.epoch()
    try a.sql("UPDATE person SET guests = guests + 1, area = 'North' WHERE id = 'p'")
    try fleet.settle()
    try b.sql("UPDATE person SET guests = guests + 10, area = 'South' WHERE id = 'p'")
    try b.sql("INSERT INTO visit VALUES ('v', 'p', 'b')")
    try fleet.settle()
    try c.sql("UPDATE person SET area = 'East' WHERE id = 'p'")
    try c.sql("UPDATE visit SET note = 'c' WHERE id = 'v'")
    try fleet.settle()
    try fleet.serve(yesterday)
    let order = [[a, b, c], [c, b, a], [b, c, a]][first]
    try settle(order[0], order[1], order[2])
    try check()
    #expect(try a.values("SELECT guests, area FROM person WHERE id = 'p'") == [[12, "East"]])
    #expect(try a.values("SELECT note FROM visit") == [["c"]])
    for device in [a, b, c] { #expect(try device.replica.inbox().isEmpty) }
    #expect(try fleet.reader.epoch() != epoch)
  }

  @Test("A value that a person is asked about is asked about no more than before", arguments: [false, true])
  func nobodyIsAskedAgain(reversed: Bool) throws {
    let yesterday = try fleet.copyHub()
    try a.sql("UPDATE person SET phone = '1' WHERE id = 'p'")
    try fleet.settle()
    try b.sql("UPDATE person SET phone = '2' WHERE id = 'p'")
    try fleet.settle()
    try c.sql("UPDATE person SET phone = '3' WHERE id = 'p'")
    try fleet.settle()
    try fleet.serve(yesterday)
    if reversed { try settle(c, b, a) } else { try settle(a, b, c) }
    try check()
    #expect(try a.values("SELECT phone FROM person WHERE id = 'p'") == [["3"]])
    for device in [a, b, c] { #expect(try device.conflicts().isEmpty) }
  }

  @Test("What was deleted stays deleted, though what it deleted comes back later", arguments: [false, true])
  func deletesStay(reversed: Bool) throws {
    let yesterday = try fleet.copyHub()
    try a.sql("UPDATE person SET area = 'North' WHERE id = 'q'")
    try fleet.settle()
    try b.sql("DELETE FROM person WHERE id = 'q'")
    try fleet.settle()
    try fleet.serve(yesterday)
    if reversed { try settle(b, a, c) } else { try settle(a, b, c) }
    try check()
    #expect(try a.values("SELECT id FROM person") == [["p"]])
    for device in [a, b, c] { #expect(try device.replica.inbox().isEmpty) }
  }

  @Test("Work on both sides of the loss, sent and unsent, keeps what its author had seen")
  func unsentWork() throws {
    let yesterday = try fleet.copyHub()
    try a.sql("UPDATE person SET phone = '1' WHERE id = 'p'")
    try fleet.settle()
    try b.sql("UPDATE person SET phone = '2' WHERE id = 'p'")
    try fleet.serve(yesterday)
    try c.sql("UPDATE person SET phone = '9' WHERE id = 'q'")
    try settle(c, b, a)
    try check()
    #expect(try a.values("SELECT phone FROM person ORDER BY id") == [["2"], ["9"]])
    for device in [a, b, c] { #expect(try device.conflicts().isEmpty) }
    try b.sql("UPDATE person SET phone = '3' WHERE id = 'p'")
    try settle(b, a, c)
    try check()
    #expect(try c.values("SELECT phone FROM person WHERE id = 'p'") == [["3"]])
  }

  @Test("A push was answered, its pull was cut, and the hub was put back to before it: the work is sent again")
  func quietForm() throws {
    let yesterday = try fleet.copyHub()
    try a.sql("INSERT INTO visit VALUES ('v', 'p', 'a')")
    var request = try a.replica.nextRequest()
    request.pull = nil
    let response = try #require(try fleet.answer(a, request))
    #expect(response.verdicts.map(\.isAccepted) == [true])
    _ = try a.replica.receive(response, to: request)
    try fleet.serve(yesterday)
    try settle(a, b, c)
    try check()
    #expect(try b.values("SELECT note FROM visit") == [["a"]])
  }

  @Test("The hub gave the same places to others before anybody noticed: their histories part where they parted")
  func seqsAreGivenAgain() throws {
    let yesterday = try fleet.copyHub()
    try a.sql("UPDATE person SET phone = '1' WHERE id = 'p'")
    try a.sql("INSERT INTO visit VALUES ('v', 'p', 'a')")
    try fleet.sync(a)
    try fleet.serve(yesterday)
    try b.sql("UPDATE person SET phone = '2' WHERE id = 'p'")
    try b.sql("INSERT INTO visit VALUES ('w', 'p', 'b')")
    try b.sql("INSERT INTO visit VALUES ('x', 'p', 'b')")
    try fleet.sync(b)
    let base = try a.replica.status().base
    #expect(try fleet.reader.head() > base)
    try settle(a, b, c)
    try check()
    #expect(try c.values("SELECT id FROM visit ORDER BY id") == [["v"], ["w"], ["x"]])
    let item = try #require(try c.conflicts().first)
    #expect(Set((item.others ?? "").split(separator: "\n").map { $0.prefix(3) }) == ["'1'", "'2'"])
  }

  @Test(
    "Put back once more, to before the history began that the first time had begun")
  func toBeforeTheEpoch() throws {
    let yesterday = fleet.folder + "/yesterday.db"
    _ = try fleet.place.backUp(to: yesterday)
    try a.sql("UPDATE person SET phone = '1' WHERE id = 'p'")
    try fleet.settle()
    try fleet.serve(try fleet.put(yesterday))
    try settle(a, b, c)
    try b.sql("UPDATE person SET guests = guests + 1 WHERE id = 'q'")
    try settle(b, a, c)
    let first = try fleet.reader.epoch()
    try fleet.serve(try fleet.put(yesterday))
    #expect(try fleet.reader.epoch() != first)
    try settle(a, b, c)
    try check()
    #expect(try c.values("SELECT phone, guests FROM person ORDER BY id") == [["1", 1], ["0", 2]])
  }

  @Test("Put back to nothing: what others did counts as a difference until they offer it again, and then no more")
  func toNothing() throws {
    let fleet = try Fleet()
    let (a, b) = (try fleet.add("a", "unit/u1"), try fleet.add("b", "unit/u1"))
    let yesterday = try fleet.copyHub()
    try a.sql("INSERT INTO person (id, unit, phone) VALUES ('m', 'u1', '0')")
    try fleet.settle()
    try fleet.serve(yesterday)
    try b.sql("INSERT INTO person (id, unit) VALUES ('n', 'u1')")
    try fleet.sync(b)
    #expect(try b.replica.status().mismatch == ["unit/u1"])
    #expect(try !b.replica.status().wasRebuilt)
    try fleet.settle()
    for device in [a, b] {
      #expect(try device.replica.status().mismatch.isEmpty, "\(device.name)")
      #expect(try device.values("SELECT id FROM person ORDER BY id") == [["m"], ["n"]], "\(device.name)")
    }
  }

  @Test("A copy wrote under a name that another copy has at the hub: the hub, put back, gets its work again")
  func copyOffersItsOwn() throws {
    let copy = try fleet.copy(a)
    try a.sql("INSERT INTO person (id, unit) VALUES ('m', 'u1')")
    try fleet.sync(a)
    try fleet.sync(copy)
    let yesterday = try fleet.copyHub()
    try copy.sql("INSERT INTO person (id, unit) VALUES ('k', 'u1')")
    try fleet.sync(copy)
    try fleet.serve(yesterday)
    try settle(copy, b, a, c)
    try check()
    #expect(try c.values("SELECT id FROM person ORDER BY id") == [["k"], ["m"], ["p"], ["q"]])
  }

  @Test("Put back twice, the second time while the first was still being healed")
  func twice() throws {
    let yesterday = try fleet.copyHub()
    try a.sql("UPDATE person SET guests = guests + 1 WHERE id = 'p'")
    try b.sql("UPDATE person SET guests = guests + 10 WHERE id = 'p'")
    try fleet.settle()
    let today = try fleet.copyHub()
    try c.sql("UPDATE person SET guests = guests + 100 WHERE id = 'p'")
    try fleet.settle()
    try fleet.serve(yesterday)
    _ = try fleet.roundTrip(a)
    _ = try fleet.roundTrip(a, loss: .response)
    try fleet.sync(c)
    try fleet.serve(today)
    try settle(c, a, b)
    try check()
    #expect(try b.values("SELECT guests FROM person WHERE id = 'p'") == [[112]])
  }

  @Test("What was refused before is in the inbox still, and what is refused now joins it")
  func refusals() throws {
    let office = try fleet.add("office", "unit/u1", "unit/u2")
    try fleet.settle()
    let yesterday = try fleet.copyHub()
    try office.sql("INSERT INTO person (id, unit) VALUES ('k', 'u2')")
    try fleet.sync(office)
    try a.sql("INSERT INTO person (id, unit) VALUES ('k', 'u1')")
    try fleet.sync(a)
    #expect(try a.rules() == ["key_unavailable"])
    try fleet.serve(yesterday)
    try fleet.sync(office)
    try a.sql("INSERT INTO visit VALUES ('v', 'p', 'a')")
    try settle(a, b, c)
    try check()
    #expect(try a.rules() == ["key_unavailable"])
    #expect(try c.values("SELECT note FROM visit") == [["a"]])
    let item = try #require(try a.replica.inbox().first { $0.kind == .refused })
    try a.replica.resubmit(item.id, corrections: [RowCorrection(row: item.row, key: ["k1"])])
    try settle(a, b, c)
    try check()
    #expect(try c.values("SELECT id FROM person WHERE id LIKE 'k%'") == [["k1"]])
  }

  @Test("A hub's directory is lost: a new one for the same organisation gets the rows from those who made them")
  func lost() throws {
    try b.sql("INSERT INTO visit VALUES ('v', 'p', 'b')")
    try b.sql("UPDATE person SET guests = guests + 1 WHERE id = 'p'")
    try fleet.settle()
    let place = try TestStore.place(fleet.folder + "/new")
    try place.create(
      schema: Fleet.schema, organisation: Hash128(high: 5, low: 5), epoch: Hash128(high: 9, low: 9))
    try fleet.serve(place)
    for device in [c, b, a] { try fleet.enrolAgain(device, "unit/u1") }
    try settle(c, b, a)
    try settle(c, b, a)
    try check()
    #expect(try c.values("SELECT id, guests FROM person ORDER BY id") == [["p", 2], ["q", 1]])
    #expect(try c.values("SELECT note FROM visit") == [["b"]])
    for device in [a, b, c] { #expect(try device.replica.inbox().isEmpty) }
  }

  @Test("A copy's work of which a part had to wait keeps its name, whatever another copy of it brought meanwhile")
  func oneNameForOneWork() throws {
    let yesterday = try fleet.copyHub()
    try b.sql("INSERT INTO person (id, unit) VALUES ('r', 'u1')")
    try fleet.settle()
    let other = try fleet.copy(a)
    try a.sql("INSERT INTO visit VALUES ('v', 'p', 'a')")
    try fleet.sync(a)
    try other.sql("UPDATE person SET area = 'North' WHERE id = 'r'")
    try other.sql("INSERT INTO visit VALUES ('w', 'p', 'other')")
    try fleet.serve(yesterday)
    try fleet.sync(a)
    let noon = try fleet.copyHub()
    // The first waits for b's row; the second is judged, as the first of the copy's work that the hub hears of.
    try fleet.sync(other)
    #expect(try other.replica.status().pending == 1)
    let third = try fleet.copy(other, bits: 3)
    try fleet.serve(noon)
    try settle(b, third, other, c, a)
    try check()
    for device in [other, third] {
      #expect(try device.replica.status().pending == 0)
      #expect(try device.values("SELECT * FROM visit ORDER BY id") == b.values("SELECT * FROM visit ORDER BY id"))
    }
    #expect(try c.values("SELECT area FROM person WHERE id = 'r'") == [["North"]])
    #expect(try c.values("SELECT note FROM visit ORDER BY id") == [["a"], ["other"]])
  }

  /// The hub as it was, and two files that went on from a's and have the same work, of which the hub knows nothing: it has a's.
  private func parted() throws -> (yesterday: HubPlace, second: Fleet.Device, third: Fleet.Device) {
    let yesterday = try fleet.copyHub()
    let second = try fleet.copy(a)
    try a.sql("UPDATE person SET guests = guests + 1 WHERE id = 'p'")
    try fleet.sync(a)
    for _ in 0..<2 { try second.sql("UPDATE person SET guests = guests + 10 WHERE id = 'p'") }
    return (yesterday, second, try fleet.copy(second, bits: 3))
  }

  @Test("Copies that part twice come to a put-back hub in another order, and each keeps the names that it has")
  func otherOrder() throws {
    let (yesterday, second, third) = try parted()
    try third.sql("UPDATE person SET guests = guests + 100 WHERE id = 'p'")
    for _ in 0..<2 { try second.sql("UPDATE person SET guests = guests + 1000 WHERE id = 'p'") }
    try settle(third, second)
    try fleet.serve(yesterday)
    try settle(a, second, third, b, c)
    try check()
    for device in [second, third] {
      #expect(try device.replica.status().pending == 0)
      #expect(try device.values("SELECT guests FROM person ORDER BY id") == [[2122], [1]])
    }
  }

  @Test("A copy that had not heard of the fork comes first to a put-back hub: what it shares with another counts once")
  func nameTakenBack() throws {
    let (yesterday, second, third) = try parted()
    try settle(second)
    try fleet.serve(yesterday)
    try settle(third, second)
    try second.sql("UPDATE person SET guests = guests + 100 WHERE id = 'p'")
    try settle(a, second, third, b, c)
    try check()
    for device in [second, third] {
      #expect(try device.replica.status().pending == 0)
      #expect(try device.values("SELECT guests FROM person ORDER BY id") == [[122], [1]])
    }
  }

  @Test("Work that waits is not taken for said because another copy's of the same name was")
  func namesakes() throws {
    let yesterday = try fleet.copyHub()
    try b.sql("INSERT INTO person (id, unit) VALUES ('r', 'u1')")
    try fleet.settle()
    let other = try fleet.copy(a)
    try other.sql("UPDATE person SET area = 'North' WHERE id = 'r'")
    try other.sql("INSERT INTO visit VALUES ('w', 'p', 'other')")
    try fleet.sync(other)
    try a.sql("INSERT INTO visit VALUES ('v', 'p', 'a')")
    try fleet.serve(yesterday)
    try fleet.sync(a)
    // The first of its two waits for b's row; a's work has its name now.
    try fleet.sync(other)
    #expect(try other.replica.status().pending == 1)
    try settle(b, other, c, a)
    try check()
    #expect(try other.replica.status().pending == 0)
    #expect(try c.values("SELECT area FROM person WHERE id = 'r'") == [["North"]])
  }

  @Test("Nobody says that the hub was put back: what was written in its new order had not seen what comes back late")
  func oneNameForTwoOrders() throws {
    let yesterday = try fleet.copyHub()
    try a.sql("UPDATE person SET phone = '1' WHERE id = 'p'")
    try fleet.sync(a)
    try fleet.serve(yesterday)
    try c.sql("UPDATE person SET guests = guests + 1 WHERE id = 'q'")
    try fleet.sync(c)
    try c.sql("UPDATE person SET phone = '3' WHERE id = 'p'")
    try fleet.sync(c)
    try settle(a, b, c)
    try check()
    let item = try #require(try b.replica.inbox().first { $0.kind == .conflict })
    #expect(Set(item.siblings.map(\.values)) == [["1"], ["3"]])
  }

  /// Opens the hub of a place, as its program does that draws a name for its order.
  private func open(_ place: HubPlace) throws {
    try fleet.serve(place, newName: { .random(in: .min ... .max) })
  }

  @Test(
    "Put back twice without a word: what was lost first was not seen by who wrote in the order that was lost then",
    arguments: [false, true])
  func twoLostOrdersOfOneEpoch(reversed: Bool) throws {
    try open(fleet.place)
    try c.sql("UPDATE person SET guests = guests + 1 WHERE id = 'q'")
    try fleet.settle()
    let (yesterday, again) = (try fleet.copyHub(), try fleet.copyHub())
    try a.sql("UPDATE person SET phone = '1' WHERE id = 'p'")
    try fleet.sync(a)
    try open(yesterday)
    for _ in 0..<2 { try c.sql("UPDATE person SET guests = guests + 1 WHERE id = 'q'") }
    try fleet.sync(c)
    try c.sql("UPDATE person SET phone = '3' WHERE id = 'p'")
    try fleet.sync(c)
    try open(again)
    if reversed { try settle(a, c, b) } else { try settle(c, a, b) }
    try check()
    let item = try #require(try b.replica.inbox().first { $0.kind == .conflict })
    #expect(Set(item.siblings.map(\.values)) == [["1"], ["3"]])
  }

  @Test("The hub's program starts anew between two writes, and both are lost: who had seen the first is asked nothing")
  func openedBetween() throws {
    try open(fleet.place)
    try c.sql("UPDATE person SET guests = guests + 1 WHERE id = 'q'")
    try fleet.settle()
    let yesterday = try fleet.copyHub()
    try a.sql("UPDATE person SET phone = '1' WHERE id = 'p'")
    try fleet.sync(a)
    try open(fleet.place)
    try c.sql("UPDATE person SET guests = guests + 1 WHERE id = 'q'")
    try fleet.settle()
    try b.sql("UPDATE person SET phone = '2' WHERE id = 'p'")
    try fleet.settle()
    try open(yesterday)
    try settle(b, a, c)
    try check()
    #expect(try a.values("SELECT phone FROM person WHERE id = 'p'") == [["2"]])
    for device in [a, b, c] { #expect(try device.conflicts().isEmpty) }
  }

  @Test("A copy that has not heard of the fork claims no other copy's increments at a put-back hub")
  func copyNamesItsOwn() throws {
    let yesterday = try fleet.copyHub()
    try b.sql("INSERT INTO visit VALUES ('v', 'p', 'b')")
    try fleet.settle()
    let copy = try fleet.copy(a)
    for _ in 0..<3 { try a.sql("UPDATE person SET guests = guests + 1 WHERE id = 'p'") }
    try fleet.sync(a)
    try copy.sql("INSERT INTO visit VALUES ('w', 'q', 'copy')")
    try copy.sql("UPDATE person SET guests = guests + 10 WHERE id = 'p'")
    try copy.sql("DELETE FROM person WHERE id = 'p'")
    try copy.sql("INSERT INTO person (id, unit, guests) VALUES ('p', 'u1', 100)")
    try fleet.serve(yesterday)
    try settle(a, copy, b, c)
    try settle(a, copy, b, c)
    try check()
    #expect(try b.values("SELECT guests FROM person WHERE id = 'p'") == [[103]])
    #expect(try copy.values("SELECT guests FROM person WHERE id = 'p'") == [[103]])
  }

  @Test("A copy hears that its work goes on with a fork that another copy began with what here still waits")
  func forkBegunElsewhere() throws {
    let yesterday = try fleet.copyHub()
    try b.sql("INSERT INTO person (id, unit) VALUES ('r', 'u1')")
    try fleet.settle()
    let other = try fleet.copy(a)
    try a.sql("INSERT INTO visit VALUES ('v', 'p', 'a')")
    try fleet.sync(a)
    try other.sql("UPDATE person SET area = 'North' WHERE id = 'r'")
    try other.sql("INSERT INTO visit VALUES ('w', 'p', 'other')")
    let third = try fleet.copy(other, bits: 3)
    try fleet.serve(yesterday)
    try fleet.sync(a)
    let noon = try fleet.copyHub()
    // The first of its two waits for b's row, so that the second begins a fork.
    try fleet.sync(other)
    #expect(try other.replica.status().pending == 1)
    try fleet.serve(noon)
    // Now the first begins it, and the second goes on with it.
    try settle(b, third, other, c, a)
    try check()
    for device in [other, third] {
      #expect(try device.replica.status().pending == 0)
      #expect(try device.values("SELECT * FROM visit ORDER BY id") == b.values("SELECT * FROM visit ORDER BY id"))
    }
    #expect(try c.values("SELECT area FROM person WHERE id = 'r'") == [["North"]])
  }

  @Test("The newest that a device did was refused, and the hub is put back to nothing: what it does next arrives")
  func refusedLast() throws {
    let fleet = try Fleet()
    let (a, b) = (try fleet.add("a", "unit/u1"), try fleet.add("b", "unit/u1"))
    try fleet.settle()
    let yesterday = try fleet.copyHub()
    try b.sql("INSERT INTO person (id, unit) VALUES ('elsewhere', 'u2')")
    try fleet.sync(b)
    #expect(try b.rules() == ["not_writable"])
    try fleet.serve(yesterday)
    try fleet.settle()
    try b.sql("INSERT INTO person (id, unit) VALUES ('here', 'u1')")
    try fleet.sync(b)
    try fleet.sync(a)
    #expect(try a.values("SELECT id FROM person") == [["here"]])
    #expect(try b.replica.status().pending == 0)
    #expect(try b.rules() == ["not_writable"])
  }

  @Test("A device that is put back while the hub is put back too")
  func both() throws {
    let (file, yesterday) = (try fleet.copy(a), try fleet.copyHub())
    try a.sql("UPDATE person SET guests = guests + 1 WHERE id = 'p'")
    try fleet.settle()
    try fleet.serve(yesterday)
    try file.sql("UPDATE person SET guests = guests + 10 WHERE id = 'p'")
    try settle(file, b, c)
    try settle(a, b, c, file)
    try check()
    #expect(try b.values("SELECT guests FROM person WHERE id = 'p'") == [[12]])
    #expect(try file.values("SELECT guests FROM person WHERE id = 'p'") == [[12]])
  }
}
