import Relay
import RelayHub
internal import RelayProtocol
import TestSupport
import Testing

/// A request reaches the hub after a later one of the same device, which brought more work (specification 10.5).
@Suite struct OvertakenStories {
  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device

  init() throws {
    (fleet, a, b) = try Fleet.pair()
    try a.sql("INSERT INTO person (id, unit, guests) VALUES ('p', 'u1', 10)")
    try fleet.settle()
  }

  private let guests = "SELECT guests FROM person WHERE id = 'p'"

  @Test("Work that a later request brought does not count twice in the answer to an earlier one")
  func countedOnce() throws {
    let early = try a.replica.nextRequest()
    try a.sql("UPDATE person SET guests = guests + 5 WHERE id = 'p'")
    let later = try a.replica.nextRequest()
    #expect(try fleet.answer(a, later)?.verdicts.count == 1)
    let answer = try #require(try fleet.answer(a, early))
    #expect(answer.unasked == 2)
    #expect(try a.replica.receive(answer, to: early) == .discarded)
    #expect(try a.values(guests) == [[15]])
    try fleet.sync(a)
    #expect(try a.values(guests) == [[15]])
    #expect(try a.replica.status().pending == 0)
    try fleet.sync(b)
    #expect(try b.values(guests) == [[15]])
  }

  @Test("An answer that was made before the later work came is installed, and the work counts beside it")
  func wholeAnswer() throws {
    try b.sql("UPDATE person SET guests = guests + 1 WHERE id = 'p'")
    try fleet.sync(b)
    let early = try a.replica.nextRequest()
    let answer = try #require(try fleet.answer(a, early))
    try a.sql("UPDATE person SET guests = guests + 5 WHERE id = 'p'")
    _ = try fleet.answer(a, try a.replica.nextRequest())
    #expect(answer.unasked == nil)
    let step = try a.replica.receive(answer, to: early)
    guard case .installed = step else { throw Failure("a whole answer was \(step)") }
    #expect(try a.values(guests) == [[16]])
    try fleet.sync(a)
    #expect(try a.values(guests) == [[16]])
  }

  @Test("Who asks while nothing of its own is new is told of nothing, and no answer is discarded for ever")
  func quiet() throws {
    try b.sql("UPDATE person SET guests = guests + 1 WHERE id = 'p'")
    try fleet.sync(b)
    let request = try a.replica.nextRequest()
    #expect(try fleet.answer(a, request)?.unasked == nil)
    try a.sql("UPDATE person SET guests = guests + 5 WHERE id = 'p'")
    _ = try fleet.answer(a, try a.replica.nextRequest())
    guard case .installed = try fleet.roundTrip(a) else { throw Failure("nothing was installed") }
    #expect(try a.values(guests) == [[16]])
  }
}

private struct Failure: Error {
  let message: String
  init(_ message: String) { self.message = message }
}
