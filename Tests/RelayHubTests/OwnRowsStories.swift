import Relay
import RelayHub
internal import RelayProtocol
import TestSupport
import Testing

/// Own work that comes back as it was sent is confirmed as it passes; what does not is looked at row by row.
@Suite struct OwnRowsStories {
  @Test("A hub says accepted and brings only some of the rows: nothing of it is taken, and all is offered again")
  func acceptedInPart() throws {
    let fleet = try Fleet()
    let device = try fleet.add("device", "unit/u1")
    try device.sql("INSERT INTO person (id, unit) VALUES ('a', 'u1'), ('b', 'u1')")
    let request = try device.replica.nextRequest()
    var response = try #require(try fleet.answer(device, request))
    let page = try #require(response.page)
    var runs = try page.rows.decoded()
    runs[0].rows.removeAll { $0.row == RowID(table: 1, values: ["b"]) }
    response.page?.rows = EncodedRows(runs)
    _ = try device.replica.receive(response, to: request)
    #expect(try device.replica.status().pending == 1)
    #expect(try device.values("SELECT id FROM person ORDER BY id") == [["a"], ["b"]])
    #expect(try device.replica.status().mismatch == ["unit/u1"])
    #expect(try device.replica.nextRequest().push.count == 1)
  }

  @Test("Accepted work that merged with somebody else's shows both, without a decoded transaction in between")
  func mergedMeanwhile() throws {
    let (fleet, a, b) = try Fleet.pair()
    try a.sql("INSERT INTO person (id, unit, guests, tags) VALUES ('p', 'u1', 1, '[\"x\"]'), ('q', 'u1', 1, '[]')")
    try fleet.settle()
    try a.sql("UPDATE person SET guests = guests + 1, area = 'North'")
    try b.sql(
      "UPDATE person SET guests = guests + 10, tags = '[\"x\",\"y\"]'; INSERT INTO visit VALUES ('v', 'p', 'tea')")
    try fleet.sync(b)
    try fleet.sync(a)
    #expect(try a.values("SELECT guests, area, tags FROM person ORDER BY id").map { $0[0] } == [12, 12])
    try fleet.settle()
    let wanted: [[Value]] = [[12, "North", "[\"x\",\"y\"]"], [12, "North", "[\"x\",\"y\"]"]]
    for device in [a, b] {
      #expect(try device.values("SELECT guests, area, tags FROM person ORDER BY id") == wanted)
      #expect(try device.replica.status().mismatch.isEmpty)
    }
  }

  @Test("A row that was written again while its first version travelled stays under work, the others are confirmed")
  func writtenAgain() throws {
    let fleet = try Fleet()
    let device = try fleet.add("device", "unit/u1")
    try device.sql("INSERT INTO person (id, unit) VALUES ('a', 'u1'), ('b', 'u1')")
    let request = try device.replica.nextRequest()
    try device.sql("UPDATE person SET phone = '2' WHERE id = 'b'")
    _ = try device.replica.receive(try #require(try fleet.answer(device, request)), to: request)
    #expect(try device.replica.status().pending == 1)
    #expect(try device.values("SELECT phone FROM person WHERE id = 'b'") == [["2"]])
    try fleet.sync(device)
    #expect(try device.replica.status().pending == 0)
    #expect(try device.values("SELECT count(*) FROM relay_pending") == [[0]])
    #expect(try device.values("SELECT count(*) FROM relay_image") == [[0]])
  }

  @Test("An install writes nothing of rows under work that it does not bring; what is written next has seen it")
  func underWorkMeanwhile() throws {
    let (fleet, a, b) = try Fleet.pair()
    try a.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1'), ('q', 'u1')")
    try fleet.settle()
    try b.sql("UPDATE person SET area = 'North' WHERE id = 'q'")
    try fleet.sync(b)
    let request = try a.replica.nextRequest()
    try a.sql("UPDATE person SET phone = '1' WHERE id = 'p'")
    let kept = "SELECT base, hex(image) FROM relay_image"
    let before = try a.values(kept)
    #expect(before.count == 1)
    _ = try a.replica.receive(try #require(try fleet.answer(a, request)), to: request)
    #expect(try a.values(kept) == before)
    try a.sql("UPDATE person SET phone = '2' WHERE id = 'p'")
    let base = try a.replica.position().base
    let bases = try a.replica.nextRequest().push.map { try Transaction(decoding: $0).rows[0].base }
    #expect(bases == [base - 1, base])
    try fleet.settle()
    #expect(try b.values("SELECT phone, area FROM person ORDER BY id") == [["2", .null], [.null, "North"]])
  }
}
