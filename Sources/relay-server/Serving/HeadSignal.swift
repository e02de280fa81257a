internal import Synchronization

/// Wakes parked pulls when a commit moved the hub's head. It is a hint: who wakes reads the truth from the store.
final class HeadSignal: Sendable {
  private struct State {
    var head: UInt64 = 0
    var closed = false
    var nextTicket = 0
    var parked: [Int: Parked] = [:]
  }

  private struct Parked {
    var beyond: UInt64
    var continuation: CheckedContinuation<Void, Never>
  }

  private let state = Mutex(State())

  var head: UInt64 { state.withLock { $0.head } }
  var parkedCount: Int { state.withLock { $0.parked.count } }
  /// The server is going down: nobody parks any more.
  var isClosed: Bool { state.withLock { $0.closed } }

  func advance(to head: UInt64) {
    wake { state in
      guard head > state.head else { return false }
      state.head = head
      return true
    }
  }

  func close() {
    wake { state in
      state.closed = true
      return true
    }
  }

  /// Returns when the head is beyond `head`, when the signal is closed, or when the task is cancelled.
  func wait(beyond head: UInt64) async {
    let ticket = state.withLock { state in
      state.nextTicket += 1
      return state.nextTicket
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let parked = state.withLock { state in
          // The cancellation handler takes the same lock, so that it runs before this test or finds the entry.
          guard !state.closed, state.head <= head, !Task.isCancelled else { return false }
          state.parked[ticket] = Parked(beyond: head, continuation: continuation)
          return true
        }
        if !parked { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.parked.removeValue(forKey: ticket) }?.continuation.resume()
    }
  }

  private func wake(_ change: (inout State) -> Bool) {
    let woken = state.withLock { state -> [Parked] in
      guard change(&state) else { return [] }
      let (closed, head) = (state.closed, state.head)
      let woken = state.parked.filter { closed || $0.value.beyond < head }
      for ticket in woken.keys { state.parked.removeValue(forKey: ticket) }
      return Array(woken.values)
    }
    for parked in woken { parked.continuation.resume() }
  }
}
