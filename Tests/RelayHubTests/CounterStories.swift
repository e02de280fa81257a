import Relay
internal import RelayProtocol
import TestSupport
import Testing

@testable import RelayHub

/// Counters that count for years: each increment is kept, none weighs on those who only want the sum.
@Suite struct CounterStories {
  private static let count = "SELECT guests FROM person WHERE id = 'p'"

  private func up(_ device: Fleet.Device, times: Int = 1) throws {
    for _ in 0..<times { try device.sql("UPDATE person SET guests = guests + 1 WHERE id = 'p'") }
  }

  @Test("More than ten thousand increments of one counter: everybody goes on syncing, and the sum is right")
  func years() throws {
    let fleet = try Fleet()
    let (a, b) = (try fleet.add("a", "unit/1"), try fleet.add("b", "unit/1"))
    try a.sql("INSERT INTO person (id, unit) VALUES ('p', '1')")
    try fleet.syncAll()
    try up(a, times: 10_100)
    // Between two pulls of its own work, and while others work on the row.
    try fleet.sync(a)
    try up(b, times: 5)
    try fleet.settle()
    let late = try fleet.add("late", "unit/1")
    let first = try #require(try fleet.answer(late, try late.replica.nextRequest()))
    #expect(first.encoded().count < 1000)
    // A new row that nobody has confirmed asks for every stamp there is.
    try b.sql("INSERT INTO person (id, unit) VALUES ('q', '1'); UPDATE person SET guests = guests + 1 WHERE id = 'p'")
    let whole = try #require(try fleet.answer(b, try b.replica.nextRequest()))
    #expect(
      try whole.page?.rows.decoded()[0].rows[0].stamps.allSatisfy { $0.writes.count <= Limits.increments + 4 } == true)
    try fleet.settle()
    for device in [a, b, late] {
      #expect(try device.values(Self.count) == [[10_106]])
      #expect(try device.replica.status().mismatch.isEmpty)
    }
    let request = HistoryRequest(epoch: try fleet.reader.epoch(), row: RowID(table: 1, values: ["p"]), most: 10)
    let answer = try fleet.reader.history(request, device: try fleet.reader.authenticate(token: "token-a"))
    let history = try HistoryResponse(decoding: answer.encoded())
    let told = try #require(history.cells.first { $0.cell.group == 5 })
    #expect(told.siblings.count == Limits.increments + 1)
    #expect(told.siblings.map(\.write).sum == 10_106)
  }

  @Test("A row made anew covers the increments that its author had seen, and none that came from elsewhere meanwhile")
  func madeAnew() throws {
    let fleet = try Fleet()
    let (a, b) = (try fleet.add("a", "unit/1"), try fleet.add("b", "unit/1"))
    try a.sql("INSERT INTO person (id, unit, guests) VALUES ('p', '1', 10)")
    try fleet.settle()
    try up(b, times: 3)
    try fleet.sync(b)
    // a knows of 10, and of two of its own; not of b's 3.
    try up(a, times: 2)
    try a.sql("DELETE FROM person WHERE id = 'p'")
    try a.sql("INSERT INTO person (id, unit, guests) VALUES ('p', '1', 100)")
    #expect(try a.values(Self.count) == [[100]])
    // Pushed in two goes: the reply to the first tells of b's while the insert still waits.
    var request = try a.replica.nextRequest()
    request.push = Array(request.push.prefix(2))
    let reply = try #require(try fleet.answer(a, request))
    _ = try a.replica.receive(reply, to: request)
    #expect(try a.values(Self.count) == [[103]])
    try fleet.settle()
    for device in [a, b] { #expect(try device.values(Self.count) == [[103]]) }
    try up(b)
    try fleet.settle()
    for device in [a, b] { #expect(try device.values(Self.count) == [[104]]) }
  }

  @Test("A sum that 64 bits cannot hold stays exact behind the value that stops at the end")
  func beyond() throws {
    let fleet = try Fleet()
    let (a, b) = (try fleet.add("a", "unit/1"), try fleet.add("b", "unit/1"))
    try a.sql("INSERT INTO person (id, unit) VALUES ('p', '1')")
    try fleet.settle()
    for device in [a, b] { try device.sql("UPDATE person SET guests = \(Int64.max) - 7 WHERE id = 'p'") }
    try fleet.settle()
    for device in [a, b] { #expect(try device.values(Self.count) == [[.integer(.max)]]) }
    for device in [a, b] { try device.sql("UPDATE person SET guests = guests - \(Int64.max - 10) WHERE id = 'p'") }
    try fleet.settle()
    for device in [a, b] {
      #expect(try device.values(Self.count) == [[6]])
      #expect(try device.replica.status().mismatch.isEmpty)
    }
  }
}
