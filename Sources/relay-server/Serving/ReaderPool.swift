internal import Dispatch
internal import RelayHub
internal import RelayHubPostgres
internal import RelayProtocol
internal import Synchronization

/// A few readers of the store, each lent to one request at a time; devices take turns.
final class ReaderPool: Sendable {
  private struct State {
    var free: [HubReader]
    var waiting: FairQueue<CheckedContinuation<HubReader?, Never>>
  }

  private let state: Mutex<State>
  private let queue = DispatchQueue(label: "relay.readers", attributes: .concurrent)
  private let budget: DeviceBudget

  init(_ place: HubPlace, count: Int, budget: DeviceBudget, limits: ServerLimits) throws(RelayError) {
    var readers: [HubReader] = []
    for _ in 0..<count { readers.append(try place.reader()) }
    state = Mutex(
      State(
        free: readers, waiting: FairQueue(most: limits.waitingReads, mostOfDevice: limits.requestsOfDevice + 1)))
    self.budget = budget
  }

  /// Runs `body` with a reader of its own, away from the threads that serve the network.
  ///
  /// - Parameter device: whose time it is; 0 for what nobody is charged with.
  /// - Throws: `hub_overloaded` where too much waits, `cancelled` where nobody waits for it any more.
  func read<T: Sendable>(
    for device: Int64 = 0, _ body: @escaping @Sendable (HubReader) throws(RelayError) -> T
  ) async throws(RelayError) -> T {
    guard let reader = try await take(device) else { throw RelayError(.hubOverloaded, "too many requests wait") }
    let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<T, RelayError>, Never>) in
      queue.async {
        let start = ContinuousClock.now
        let result: Result<T, RelayError>
        do throws(RelayError) {
          result = .success(try body(reader))
        } catch {
          result = .failure(error)
        }
        if device != 0 { self.budget.charge(device, ContinuousClock.now - start) }
        self.giveBack(reader)
        continuation.resume(returning: result)
      }
    }
    return try result.get()
  }

  private func take(_ device: Int64) async throws(RelayError) -> HubReader? {
    let slot = Slot()
    let reader = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<HubReader?, Never>) in
        enum Next {
          case go(HubReader?)
          case queued
        }
        let next = state.withLock { state -> Next in
          if slot.isCancelled { return .go(nil) }
          if let reader = state.free.popLast() { return .go(reader) }
          guard let ticket = state.waiting.add(continuation, device: device) else { return .go(nil) }
          slot.ticket = ticket
          return .queued
        }
        if case .go(let reader) = next { continuation.resume(returning: reader) }
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

  private func giveBack(_ reader: HubReader) {
    let next = state.withLock { state -> CheckedContinuation<HubReader?, Never>? in
      if let next = state.waiting.take() { return next }
      state.free.append(reader)
      return nil
    }
    next?.resume(returning: reader)
  }
}
