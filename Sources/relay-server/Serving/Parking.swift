internal import RelayHub
internal import RelayProtocol
internal import Synchronization

/// Keeps pulls waiting over a `ParkingLot`: a continuation each, and one timer for all.
final class Parking: Sendable {
  private struct State {
    var lot: ParkingLot
    var waiting: [ParkingLot.Ticket: CheckedContinuation<Bool, Never>] = [:]
  }

  private let state: Mutex<State>

  init(head: UInt64, rights: UInt64) {
    state = Mutex(State(lot: ParkingLot(head: head, rights: rights)))
  }

  var count: Int { state.withLock { $0.lot.count } }
  var head: UInt64 { state.withLock { $0.lot.head } }
  /// The server is going down: nobody parks any more.
  var isClosed: Bool { state.withLock { $0.lot.isClosed } }

  /// Ends when there may be news, when the time is up, when the hub goes down or when the task is cancelled.
  ///
  /// - Returns: whether there may be news.
  func wait(_ pull: ParkedPull, milliseconds: UInt64) async -> Bool {
    let slot = Slot()
    let until = SystemEdge.uptime() + Int64(milliseconds)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isNews = state.withLock { state -> Bool? in
          guard !slot.isCancelled else { return false }
          guard let ticket = state.lot.park(pull, until: until) else { return !state.lot.isClosed }
          slot.ticket = ticket
          state.waiting[ticket] = continuation
          return nil
        }
        if let isNews { continuation.resume(returning: isNews) }
      }
    } onCancel: {
      let continuation = state.withLock { state -> CheckedContinuation<Bool, Never>? in
        slot.isCancelled = true
        guard let ticket = slot.ticket, state.lot.leave(ticket) else { return nil }
        return state.waiting.removeValue(forKey: ticket)
      }
      continuation?.resume(returning: false)
    }
  }

  /// Touched under the state's lock only, which is what makes it `Sendable`.
  private final class Slot: @unchecked Sendable {
    var ticket: ParkingLot.Ticket?
    var isCancelled = false
  }

  func committed(_ news: GroupNews) { wake(true) { $0.committed(news) } }

  func found(head: UInt64) { wake(true) { $0.found(head: head) } }

  func changed(rights: UInt64) { wake(true) { $0.changed(rights: rights) } }

  /// Anything may have happened.
  func wakeAll() { wake(true) { $0.wakeAll() } }

  /// Call it a few times a second.
  func expire() { wake(false) { $0.expire(now: SystemEdge.uptime()) } }

  func close() { wake(false) { $0.close() } }

  private func wake(_ isNews: Bool, _ change: (inout ParkingLot) -> [ParkingLot.Ticket]) {
    let woken = state.withLock { state in
      change(&state.lot).compactMap { state.waiting.removeValue(forKey: $0) }
    }
    for continuation in woken { continuation.resume(returning: isNews) }
  }
}
