internal import Synchronization

/// When devices were last answered; shared by all connections. It is written down now and then, so that no pull waits for a
/// disk because of it.
final class LastSyncs: Sendable {
  private struct State {
    var heard: [Int64: Int64] = [:]
    var written: [Int64: Int64] = [:]
  }

  private let state = Mutex(State())

  /// How far what is written may lie behind, in milliseconds.
  private static let behind: Int64 = 60_000

  func answered(_ device: Int64) {
    let now = SystemEdge.now()
    state.withLock { $0.heard[device] = now }
  }

  /// What is to be written down.
  ///
  /// - Parameter all: also what lies behind by less than a minute.
  func due(all: Bool = false) -> [Int64: Int64] {
    state.withLock { state in
      state.heard.filter { device, at in
        // A clock that was set back is believed, too.
        state.written[device].map { all ? at != $0 : (at - $0).magnitude >= Self.behind.magnitude } ?? true
      }
    }
  }

  func written(_ times: [Int64: Int64]) {
    state.withLock { state in
      state.written.merge(times) { _, new in new }
      for (device, at) in times where state.heard[device] == at { state.heard[device] = nil }
    }
  }
}
