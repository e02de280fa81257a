internal import Dispatch
internal import RelayHub
internal import RelayProtocol
internal import Synchronization

/// A few readers of the store, each lent to one request at a time.
final class ReaderPool: Sendable {
  /// Requests that may wait for a reader; beyond it the hub says that it is overloaded.
  static let mostWaiting = 10_000

  private struct State {
    var free: [HubReader]
    var waiting: [CheckedContinuation<HubReader?, Never>] = []
    /// Where the queue's head is; the array is cut when half of it is gone.
    var first = 0
  }

  private let state: Mutex<State>
  private let queue = DispatchQueue(label: "relay.readers", attributes: .concurrent)

  init(directory: String, count: Int) throws(RelayError) {
    var readers: [HubReader] = []
    for _ in 0..<count { readers.append(try HubReader(directory: directory)) }
    state = Mutex(State(free: readers))
  }

  /// Runs `body` with a reader of its own, away from the threads that serve the network.
  func read<T: Sendable>(
    _ body: @escaping @Sendable (HubReader) throws(RelayError) -> T
  ) async throws(RelayError) -> T {
    guard let reader = await take() else { throw RelayError(.hubOverloaded, "too many requests wait") }
    defer { giveBack(reader) }
    let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<T, RelayError>, Never>) in
      queue.async {
        do throws(RelayError) {
          continuation.resume(returning: .success(try body(reader)))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }

  private func take() async -> HubReader? {
    await withCheckedContinuation { continuation in
      enum Next {
        case reader(HubReader)
        case refused
        case queued
      }
      let next = state.withLock { state -> Next in
        if let reader = state.free.popLast() { return .reader(reader) }
        guard state.waiting.count - state.first < ReaderPool.mostWaiting else { return .refused }
        state.waiting.append(continuation)
        return .queued
      }
      switch next {
      case .reader(let reader): continuation.resume(returning: reader)
      case .refused: continuation.resume(returning: nil)
      case .queued: break
      }
    }
  }

  private func giveBack(_ reader: HubReader) {
    let next = state.withLock { state -> CheckedContinuation<HubReader?, Never>? in
      guard state.first < state.waiting.count else {
        state.free.append(reader)
        return nil
      }
      defer {
        state.first += 1
        if state.first * 2 > state.waiting.count {
          state.waiting.removeFirst(state.first)
          state.first = 0
        }
      }
      return state.waiting[state.first]
    }
    next?.resume(returning: reader)
  }
}
