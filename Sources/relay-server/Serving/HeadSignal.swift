internal import Synchronization

/// What may be news to a parked pull. A hint: who wakes reads the truth from the store.
struct News: Equatable {
  /// The hub's head.
  var head: UInt64 = 0
  /// How often somebody's rights changed.
  var rights: UInt64 = 0

  func isBeyond(_ other: News) -> Bool { head > other.head || rights > other.rights }
}

/// Wakes parked pulls when a commit moved the hub's head, or an operator changed what devices may do.
final class HeadSignal: Sendable {
  private struct State {
    var news = News()
    var closed = false
    var nextTicket = 0
    var parked: [Int: Parked] = [:]
  }

  private struct Parked {
    var beyond: News
    var continuation: CheckedContinuation<Void, Never>
  }

  private let state = Mutex(State())

  var news: News { state.withLock { $0.news } }
  var head: UInt64 { news.head }
  var parkedCount: Int { state.withLock { $0.parked.count } }
  /// The server is going down: nobody parks any more.
  var isClosed: Bool { state.withLock { $0.closed } }

  func advance(to head: UInt64) { wake { $0.news.head = max($0.news.head, head) } }

  func advance(rights: UInt64) { wake { $0.news.rights = max($0.news.rights, rights) } }

  func close() { wake { $0.closed = true } }

  /// Returns when there is something beyond `news`, when the signal is closed, or when the task is cancelled.
  func wait(beyond news: News) async {
    let ticket = state.withLock { state in
      state.nextTicket += 1
      return state.nextTicket
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let parked = state.withLock { state in
          // The cancellation handler takes the same lock, so that it runs before this test or finds the entry.
          guard !state.closed, !state.news.isBeyond(news), !Task.isCancelled else { return false }
          state.parked[ticket] = Parked(beyond: news, continuation: continuation)
          return true
        }
        if !parked { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.parked.removeValue(forKey: ticket) }?.continuation.resume()
    }
  }

  private func wake(_ change: (inout State) -> Void) {
    let woken = state.withLock { state -> [Parked] in
      let before = (state.news, state.closed)
      change(&state)
      guard before != (state.news, state.closed) else { return [] }
      let (closed, news) = (state.closed, state.news)
      let woken = state.parked.filter { closed || news.isBeyond($0.value.beyond) }
      for ticket in woken.keys { state.parked.removeValue(forKey: ticket) }
      return Array(woken.values)
    }
    for parked in woken { parked.continuation.resume() }
  }
}
