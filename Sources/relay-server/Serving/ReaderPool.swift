internal import RelayHub
internal import RelayHubPostgres
internal import RelayProtocol
internal import Synchronization

/// A few readers of the store, each lent to one request at a time; devices take turns.
final class ReaderPool: Sendable {
  private struct State {
    var free: [HubReader]
    var waiting: FairQueue<CheckedContinuation<HubReader?, Never>>

    /// Gives the free readers to those whose turn it is.
    mutating func lend() -> [Lent] {
      var lent: [Lent] = []
      while let reader = free.last, let next = waiting.take() {
        free.removeLast()
        lent.append(Lent(continuation: next.job, reader: reader))
      }
      return lent
    }
  }

  private struct Lent {
    var continuation: CheckedContinuation<HubReader?, Never>
    var reader: HubReader
  }

  private let state: Mutex<State>
  private let lanes: WorkLanes

  init(_ place: HubPlace, count: Int, lanes: WorkLanes, limits: ServerLimits) throws(RelayError) {
    var readers: [HubReader] = []
    for _ in 0..<count { readers.append(try place.reader()) }
    // One reader is never the same device's as all others, so that nobody waits for what one device asks.
    let waiting = FairQueue<CheckedContinuation<HubReader?, Never>>(
      most: limits.waitingReads, mostOfDevice: limits.requestsOfDevice + 1, mostAtOnce: max(1, count - 1))
    state = Mutex(State(free: readers, waiting: waiting))
    self.lanes = lanes
  }

  /// Runs `body` with a reader of its own, away from the threads that serve the network.
  ///
  /// - Parameter device: whose time it is; 0 for what nobody is charged with.
  /// - Throws: `hub_overloaded` where too much waits, `cancelled` where nobody waits for it any more.
  func read<T: Sendable>(
    for device: Int64 = 0, _ body: @escaping @Sendable (HubReader) throws(RelayError) -> T
  ) async throws(RelayError) -> T {
    guard let reader = try await take(device) else { throw RelayError(.hubOverloaded, "too many requests wait") }
    return try await lanes.run(for: device) { () throws(RelayError) in
      defer { self.giveBack(reader, device) }
      return try body(reader)
    }
  }

  private func take(_ device: Int64) async throws(RelayError) -> HubReader? {
    let slot = Slot()
    let reader = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<HubReader?, Never>) in
        let lent = state.withLock { state -> [Lent]? in
          if slot.isCancelled { return nil }
          guard let ticket = state.waiting.add(continuation, device: device) else { return nil }
          slot.ticket = ticket
          return state.lend()
        }
        guard let lent else { return continuation.resume(returning: nil) }
        for one in lent { one.continuation.resume(returning: one.reader) }
      }
    } onCancel: {
      let continuation = state.withLock { state -> CheckedContinuation<HubReader?, Never>? in
        slot.isCancelled = true
        return slot.ticket.flatMap { state.waiting.withdraw($0, device: device) }
      }
      continuation?.resume(returning: nil)
    }
    if reader == nil, Task.isCancelled { throw RelayError(.cancelled, "the device hung up") }
    return reader
  }

  /// Touched under the state's lock only, which is what makes it `Sendable`.
  private final class Slot: @unchecked Sendable {
    var ticket: UInt64?
    var isCancelled = false
  }

  private func giveBack(_ reader: HubReader, _ device: Int64) {
    let lent = state.withLock { state in
      state.free.append(reader)
      state.waiting.done(device)
      return state.lend()
    }
    for one in lent { one.continuation.resume(returning: one.reader) }
  }
}
