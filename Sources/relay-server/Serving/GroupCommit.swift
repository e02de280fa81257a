internal import Dispatch
internal import RelayHub
internal import RelayProtocol
internal import Synchronization

/// The hub's one writer, on a queue of its own, with natural batching: while one group is being made durable the next
/// pushes queue up, and all of them form the next group. No timer, no tuning; a push is answered only after the
/// commit that holds it has returned.
final class GroupCommit: Sendable {
  /// The most that one group takes.
  static let groupPushes = 256
  static let groupBytes = 4 << 20
  /// The most that may wait; beyond it the hub says that it is overloaded.
  static let queueBytes = 64 << 20
  static let queueAge: Duration = .milliseconds(500)

  private struct Waiting {
    var job: PushJob
    var bytes: Int
    var since: ContinuousClock.Instant
    var continuation: CheckedContinuation<Result<PushOutcome, RelayError>, Never>
  }

  private struct State {
    var waiting: [Waiting] = []
    var bytes = 0
    var isDraining = false
    var isDirty = false
  }

  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "relay.writer")
  /// Used on `queue` only.
  private let writer: HubWriter
  private let signal: HeadSignal
  private let metrics: Metrics

  init(writer: HubWriter, signal: HeadSignal, metrics: Metrics) {
    self.writer = writer
    self.signal = signal
    self.metrics = metrics
  }

  /// Whether more pushes would only wait: too many bytes, or the oldest waits too long.
  var isOverloaded: Bool {
    state.withLock { state in
      if state.bytes >= GroupCommit.queueBytes { return true }
      guard let oldest = state.waiting.first else { return false }
      return ContinuousClock.now - oldest.since > GroupCommit.queueAge
    }
  }

  /// - Returns: the outcome, once it is durable.
  /// - Throws: `hub_overloaded` where the queue is full, or what the hub says about this push.
  func push(_ job: PushJob) async throws(RelayError) -> PushOutcome {
    let bytes = job.request.push.reduce(256) { $0 + $1.count } + (job.request.part?.bytes.count ?? 0)
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<PushOutcome, RelayError>, Never>) in
      enum Next { case refused, queued, drain }
      let next = state.withLock { state -> Next in
        guard state.bytes + bytes <= GroupCommit.queueBytes else { return .refused }
        state.waiting.append(Waiting(job: job, bytes: bytes, since: .now, continuation: continuation))
        state.bytes += bytes
        defer { state.isDraining = true }
        return state.isDraining ? .queued : .drain
      }
      switch next {
      case .refused: continuation.resume(returning: .failure(RelayError(.hubOverloaded, "too many pushes wait")))
      case .queued: break
      case .drain: queue.async { self.drain() }
      }
    }
    return try result.get()
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
    let group = nextGroup()
    guard !group.isEmpty else { return }
    let start = ContinuousClock.now
    var results: [Result<PushOutcome, RelayError>]
    do throws(RelayError) {
      results = try writer.commit(group.map(\.job), now: SystemEdge.now())
      precondition(results.count == group.count, "the hub owes one outcome a push")
    } catch {
      results = group.map { _ in .failure(error) }
    }
    metrics.committed(pushes: group.count, took: ContinuousClock.now - start)
    let head = results.lazy.compactMap { try? $0.get().verdicts.map(\.seq).max() }.max()
    for (waiting, result) in zip(group, results) { waiting.continuation.resume(returning: result) }
    if let head { signal.advance(to: head) }
    queue.async { self.drain() }
  }

  private func nextGroup() -> [Waiting] {
    state.withLock { state in
      var count = 0
      var bytes = 0
      while count < min(state.waiting.count, GroupCommit.groupPushes) {
        let next = state.waiting[count].bytes
        if count > 0 && bytes + next > GroupCommit.groupBytes { break }
        bytes += next
        count += 1
      }
      let group = Array(state.waiting[..<count])
      state.waiting.removeFirst(count)
      state.bytes -= bytes
      state.isDraining = count > 0
      if count > 0 { state.isDirty = true }
      return group
    }
  }
}
