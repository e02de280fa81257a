internal import Dispatch
internal import RelayHub
internal import RelayProtocol
internal import Synchronization

/// Runs the hub's one writer on a queue of its own over a `CommitQueue`. A push is answered only after the commit that
/// holds it has returned.
final class GroupCommit: Sendable {
  private struct Waiting: Sendable {
    var job: PushJob
    var continuation: CheckedContinuation<Result<PushOutcome, RelayError>, Never>
  }

  private struct State {
    var queue: CommitQueue<Waiting>
    var isDirty = false
  }

  private let state: Mutex<State>
  private let queue = DispatchQueue(label: "relay.writer")
  /// Used on `queue` only.
  private let writer: HubWriter
  private let parking: Parking
  private let metrics: Metrics
  private let budget: DeviceBudget

  init(writer: HubWriter, parking: Parking, metrics: Metrics, budget: DeviceBudget) {
    self.writer = writer
    self.parking = parking
    self.metrics = metrics
    self.budget = budget
    state = Mutex(State(queue: CommitQueue()))
  }

  /// Whether more pushes would only wait.
  var isOverloaded: Bool { state.withLock { $0.queue.isOverloaded(now: SystemEdge.uptime()) } }

  /// - Returns: the outcome, once it is durable.
  /// - Throws: `hub_overloaded` or `slow_down` where too much waits, `cancelled` where its sender went away before its
  ///   turn, or what the hub says about this push.
  func push(_ job: PushJob) async throws(RelayError) -> PushOutcome {
    let slot = Slot()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { offer(Waiting(job: job, continuation: $0), job.bytes, slot) }
    } onCancel: {
      // Under the same lock as the offer: it runs before it, and the offer sees it, or it finds the job.
      let waiting = state.withLock { state in
        slot.isCancelled = true
        return slot.ticket.flatMap { state.queue.withdraw($0) }
      }
      waiting?.continuation.resume(returning: .failure(GroupCommit.gone))
    }
    return try result.get()
  }

  /// Where a job is in the queue; touched under the state's lock only, which is what makes it `Sendable`.
  private final class Slot: @unchecked Sendable {
    var ticket: CommitQueue<Waiting>.Ticket?
    var isCancelled = false
  }

  private static let gone = RelayError(.cancelled, "the device hung up")

  private func offer(_ waiting: Waiting, _ bytes: Int, _ slot: Slot) {
    let admission = state.withLock { state -> CommitQueue<Waiting>.Admission? in
      guard !slot.isCancelled else { return nil }
      let admission = state.queue.offer(waiting, device: waiting.job.device, bytes: bytes, now: SystemEdge.uptime())
      switch admission {
      case .queued(let ticket), .start(let ticket): slot.ticket = ticket
      case .refused, .tooManyOfDevice: break
      }
      return admission
    }
    switch admission {
    case .queued: break
    case .start: queue.async { self.drain() }
    case .refused:
      waiting.continuation.resume(returning: .failure(RelayError(.hubOverloaded, "too many pushes wait")))
    case .tooManyOfDevice:
      waiting.continuation.resume(
        returning: .failure(RelayError(.slowDown, "this device has too much waiting for the hub's writer")))
    case nil: waiting.continuation.resume(returning: .failure(GroupCommit.gone))
    }
  }

  /// Anything else that writes, between two groups.
  func perform<T: Sendable>(
    _ body: @escaping @Sendable (HubWriter) throws(RelayError) -> T
  ) async throws(RelayError) -> T {
    let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<T, RelayError>, Never>) in
      queue.async {
        do throws(RelayError) {
          continuation.resume(returning: .success(try body(self.writer)))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }

  /// Moves the log into the database file where anything was written since the last time.
  func checkpoint() async throws(RelayError) {
    let isDirty = state.withLock { state in
      defer { state.isDirty = false }
      return state.isDirty
    }
    if isDirty { try await perform { (writer) throws(RelayError) in try writer.checkpoint() } }
  }

  /// Commits one group, then lets others have the queue before the next.
  private func drain() {
    let group = state.withLock { state in
      let group = state.queue.nextGroup()
      if !group.isEmpty { state.isDirty = true }
      return group
    }
    guard !group.isEmpty else { return }
    let (devices, continuations) = (group.map(\.job.device), group.map(\.continuation))
    let start = ContinuousClock.now
    do throws(RelayError) {
      let outcome = try commit(consume group)
      precondition(outcome.results.count == devices.count, "the hub owes one outcome a push")
      let took = ContinuousClock.now - start
      metrics.committed(pushes: devices.count, took: took)
      budget.charge(devices, took)
      for (continuation, result) in zip(continuations, outcome.results) { continuation.resume(returning: result) }
      parking.committed(outcome.news)
    } catch {
      for continuation in continuations { continuation.resume(returning: .failure(error)) }
    }
    queue.async { self.drain() }
  }

  /// Ends with the group: its senders have the jobs still, and give up their many small pieces of memory while the only
  /// writer goes on.
  private func commit(_ group: consuming [Waiting]) throws(RelayError) -> GroupOutcome {
    try writer.group(group.map(\.job), now: SystemEdge.now())
  }
}
