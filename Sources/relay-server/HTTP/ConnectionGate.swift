internal import NIOCore
internal import Synchronization

/// Lets connections in up to a limit, knows those that are open, and holds the memory that they share.
final class ConnectionGate: Sendable {
  /// Tells a connection that the server goes down.
  struct GoingDown: Sendable {}

  private struct State {
    var open: [ObjectIdentifier: any Channel] = [:]
    var turnedAway: UInt64 = 0
    var isGoingDown = false
    var working = 0
  }

  private let state = Mutex(State())
  private let most: Int
  let bodies: Memory
  let answers: Memory

  init(_ limits: ServerLimits) {
    most = limits.connections
    bodies = Memory(most: limits.bodyBytes)
    answers = Memory(most: limits.answerBytes)
  }

  var count: Int { state.withLock { $0.open.count } }
  /// Is anything open, or being worked on for a connection that may have ended meanwhile?
  var isBusy: Bool { state.withLock { !$0.open.isEmpty || $0.working > 0 } }
  var turnedAway: UInt64 { state.withLock { $0.turnedAway } }
  var isGoingDown: Bool { state.withLock { $0.isGoingDown } }

  /// - Returns: false where there are too many.
  func enter(_ channel: any Channel) -> Bool {
    state.withLock { state in
      guard state.open.count < most, !state.isGoingDown else {
        state.turnedAway += 1
        return false
      }
      state.open[ObjectIdentifier(channel)] = channel
      return true
    }
  }

  func leave(_ channel: any Channel) { state.withLock { _ = $0.open.removeValue(forKey: ObjectIdentifier(channel)) } }

  /// Something is worked on that comes back to the connection's event loop, which has to live as long.
  func begin() { state.withLock { $0.working += 1 } }

  func end() { state.withLock { $0.working -= 1 } }

  /// Ends what is idle, and what is served once it is answered.
  func goDown() {
    let open = state.withLock { state in
      state.isGoingDown = true
      return Array(state.open.values)
    }
    for channel in open { channel.pipeline.fireUserInboundEventTriggered(GoingDown()) }
  }

  func cutOff() {
    for channel in state.withLock({ Array($0.open.values) }) { channel.close(mode: .all, promise: nil) }
  }
}
