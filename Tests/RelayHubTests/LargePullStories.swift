import Relay
import RelayHub
import TestSupport
import Testing

/// A device that comes late and has much to fetch.
@Suite struct LargePullStories {
  let fleet: Fleet
  let a: Fleet.Device

  init() throws {
    fleet = try Fleet()
    a = try fleet.add("a", "unit/u1")
  }

  @Test("A first pull in pages says from its first page on how many rows there are; a pull of changes does not")
  func rowsInAll() throws {
    try a.sql((0..<200).map { "INSERT INTO person (id, unit) VALUES ('p\($0)', 'u1');" }.joined())
    try fleet.settle()
    let late = try fleet.add("late", "unit/u1", "unit/u2")
    var told: [UInt64?] = []
    var rows = 0
    for _ in 0..<100 {
      let request = try late.replica.nextRequest(pageBytes: 1000)
      let response = try #require(try fleet.answer(late, request))
      told.append(response.page?.rowsInAll)
      rows += response.page?.rowCount ?? 0
      if case .installed = try late.replica.receive(response, to: request) { break }
    }
    #expect(told.count > 3 && rows == 200)
    #expect(told.dropLast().allSatisfy { $0 == 200 } && told.last == .some(nil), "\(told)")
    try a.sql("UPDATE person SET area = 'N'")
    try fleet.sync(a)
    let changes = try fleet.answer(late, try late.replica.nextRequest(pageBytes: 1000))
    #expect(changes?.page?.closing == nil && changes?.page?.rowsInAll == nil)
  }
}
