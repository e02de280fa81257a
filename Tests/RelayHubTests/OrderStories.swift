import Relay
import RelayHub
import RelayProtocol
import TestSupport
import Testing

/// What is not there yet is waited for, by each of two rules alone: a replica's work has no gaps, and nothing is judged before what
/// its author had seen. An honest device's work that breaks one of them breaks the other too, so that these write by hand.
@Suite struct OrderStories {
  private let office: Office
  private let row = Office.row("o")

  init() throws { office = try Office([("a", ["*"]), ("b", ["*"])]) }

  /// Is it held, though the request says whose work it is?
  private func isHeld(_ device: String, _ bytes: [UInt8]) throws -> Bool {
    var request = office.request([bytes])
    request.replica = ReplicaID(bits: 1000)
    do {
      _ = try office.writer.commit([PushJob(device: try office.device(device).id, request: request)], now: 1000)[0]
        .get()
      return false
    } catch let error as RelayError {
      guard error.code == .outOfOrder else { throw error }
      return true
    }
  }

  @Test("Work behind a gap waits for what fills it, also where its author names nothing as seen")
  func behindAGap() throws {
    let first = office.sealed(1000, row, office.member("x"))
    let second = office.sealed(1000, Office.row("p"), office.member("x"))
    let third = office.sealed(1000, Office.row("q"), office.member("x"))
    #expect(try isHeld("a", third))
    #expect(try isHeld("a", second))
    #expect(try office.reader.head() == 0)
    #expect(try office.push("a", first, second, third).map(\.seq) == [1, 2, 3])
  }

  @Test("Work waits for what its author had seen pending, also where nothing of its own replica lacks")
  func beforeWhatItHadSeen() throws {
    let seen = Dot(ReplicaID(bits: 2000), 1)
    let later = office.sealed(1000, Office.row("p"), office.member("x"), seen: [seen])
    #expect(try isHeld("a", later))
    #expect(try office.reader.head() == 0)
    // Another file of the same person's brings it.
    #expect(try office.push("a", office.sealed(2000, row, office.member("x"))).map(\.dot) == [seen])
    #expect(try office.push("a", later).map(\.seq) == [2])
  }
}
