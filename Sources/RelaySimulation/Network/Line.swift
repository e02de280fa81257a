internal import Relay
internal import RelayProtocol

/// What a line may do to a message, each in so many of a thousand.
package struct LineFaults: Sendable, Equatable {
  package var lost = 0
  package var twice = 0
  package var slow = 0
  /// Cut somewhere, and handed on all the same.
  package var cut = 0
  /// Another answer in its place: an older one of this device, or one of another device.
  package var mixedUp = 0
  /// Something that is no hub answers.
  package var stranger = 0

  static let none = LineFaults()

  /// - Parameter level: 0 for none, 1 for some, 2 for many.
  static func drawn(_ random: inout SplitMix) -> LineFaults {
    func some() -> Int { random.pick([0, 0, 20, 150]) }
    return LineFaults(
      lost: some(), twice: some(), slow: some(), cut: some(), mixedUp: some(), stranger: some())
  }
}

/// What becomes of one message.
struct Delivery {
  /// Milliseconds until it arrives; a message that comes twice has two, a lost one none.
  var delays: [Int64] = []
  /// How many bytes of it are left; nil for all.
  var bytes: Int?
  var isMixedUp = false
  var isStranger = false

  init(_ faults: LineFaults, size: Int, _ random: inout SplitMix) {
    // Always as many draws, so that a fault that is left out shifts nothing.
    let (lost, twice, slow) = (random.int(0..<1000), random.int(0..<1000), random.int(0..<1000))
    let (cut, mixed, stranger) = (random.int(0..<1000), random.int(0..<1000), random.int(0..<1000))
    let (delay, second, long, at) = (
      random.int(1..<200), random.int(1..<3000), random.int(1000..<40_000), random.int(0..<max(1, size))
    )
    guard lost >= faults.lost else { return }
    delays = [Int64(slow < faults.slow ? long : delay)]
    if twice < faults.twice { delays.append(Int64(delay + second)) }
    if cut < faults.cut { bytes = at }
    isMixedUp = mixed < faults.mixedUp
    isStranger = stranger < faults.stranger
  }
}

extension TransportResponse {
  /// What stands between a device and its hub and answers for it.
  static func stranger(_ random: inout SplitMix) -> TransportResponse {
    let status = random.pick([200, 302, 407, 413, 429, 502, 503, 511])
    return TransportResponse(status: status, body: Array("<html>".utf8), isFromHub: false)
  }
}
