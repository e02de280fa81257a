internal import RelayProtocol

/// One sync on its way: what stays between its exchanges.
struct SyncRun {
  let replica: Replica
  let token: String
  /// The hub's name for this device.
  let device: String
  let transport: any Transport
  let options: SyncOptions
  var machine: SyncMachine
  var report = SyncReport()
  private var remembered: [Int]
  /// What went wrong since an answer was taken: whoever looks at a sync that tries again is told.
  private var failure: ErrorCode?

  init(
    _ replica: Replica, _ link: (hub: String, token: String, device: String), _ transport: any Transport,
    _ options: SyncOptions
  ) throws(RelayError) {
    (self.replica, self.transport, self.options) = (replica, transport, options)
    (token, device) = (link.token, link.device)
    let sizes = try replica.requestSizes(most: (Limits.part, Int(clamping: options.pageBytes)))
    remembered = sizes.push.memory + sizes.page.memory
    machine = SyncMachine(options: options, push: sizes.push, page: sizes.page)
    try replica.beginSync()
    (report.toPush, report.bytesToPush) = try replica.unsent()
  }

  /// One request, its answer, and what became of both in the file.
  mutating func exchange(_ shape: RequestShape) async -> SyncMachine.Event {
    var shape = shape
    var retryAfter: Duration?
    do throws(RelayError) {
      let seen = replica.writes.count
      let request = try replica.nextRequest(
        pushBytes: shape.pushBytes, pageBytes: shape.pageBytes, wait: shape.wait)
      shape.pushed = request.pushedBytes
      shape.pulls = request.pull != nil
      let body = request.encoded()
      guard let answer = try await send(request, body, shape, unlessWritten: seen) else { return .woken }
      retryAfter = answer.asksToWait
      report.requests += 1
      report.bytesUp += answer.sentBytes
      report.bytesDown += answer.receivedBytes
      guard answer.status == 200, answer.isFromHub else { throw RelayError(answer) }
      let response = try SyncResponse(decoding: answer.body)
      try response.answers.check(request.answer(device: device, body: body))
      count(request, response)
      var taken = try replica.take(response, to: request, mostStaged: options.stagedBytes)
      taken.pushed = shape.pushed
      failure = nil
      return .taken(taken, random: replica.randomBits())
    } catch {
      failure = error.code
      return .failed(error, retryAfter: retryAfter, of: shape, random: replica.randomBits())
    }
  }

  /// A file that cannot take it hinders nothing.
  mutating func rememberSizes() {
    let sizes = machine.push.memory + machine.page.memory
    guard remembered != sizes else { return }
    remembered = sizes
    try? replica.remember(machine.push, machine.page)
  }

  /// - Returns: false when the caller does not want to wait any longer.
  func waits(_ delay: Duration, for error: RelayError) async -> Bool {
    if delay > SyncRun.patience { replica.note("another try (\(error.code.rawValue))", for: delay) }
    defer { replica.noteNothing() }
    do { try await options.sleep(delay) } catch { return false }
    return true
  }

  /// How long a sync waits before it says so in the file.
  private static let patience: Duration = .seconds(1)

  private enum Outcome: Sendable {
    case answer(Result<TransportResponse, RelayError>)
    case written
    case noted
  }

  /// - Returns: nil where a local write came before the answer of a request that the hub was asked to keep.
  private func send(
    _ request: SyncRequest, _ body: [UInt8], _ shape: RequestShape, unlessWritten seen: UInt64
  ) async throws(RelayError) -> TransportResponse? {
    let wait = Duration.milliseconds(Int64(clamping: request.pull?.wait ?? 0))
    let outgoing = TransportRequest(path: "/v1/sync", body: body, token: token, wait: wait)
    let (replica, transport, sleep) = (replica, transport, options.sleep)
    let waitsFor = "the hub's answer" + (failure.map { " (another try after \($0.rawValue))" } ?? "")
    let (answer, isWritten) = await withTaskGroup(of: Outcome.self) { group in
      group.addTask {
        do throws(RelayError) {
          return .answer(.success(try await transport.send(outgoing, deadline: shape.deadline)))
        } catch { return .answer(.failure(error)) }
      }
      group.addTask {
        guard (try? await sleep(SyncRun.patience)) != nil, !Task.isCancelled else { return .noted }
        replica.note(waitsFor, for: shape.deadline)
        return .noted
      }
      if wait > .zero {
        group.addTask {
          await replica.writes.wait(beyond: seen)
          return .written
        }
      }
      var answer: Result<TransportResponse, RelayError> = .failure(RelayError(.cancelled, "the sync was cancelled"))
      var isWritten = false
      for await outcome in group {
        switch outcome {
        case .answer(let result):
          answer = result
          group.cancelAll()
        case .written:
          isWritten = true
          group.cancelAll()
        case .noted: break
        }
      }
      return (answer, isWritten)
    }
    replica.noteNothing()
    if isWritten, !Task.isCancelled, case .failure(let error) = answer, error.code == .cancelled { return nil }
    return try answer.get()
  }

  private mutating func count(_ request: SyncRequest, _ response: SyncResponse) {
    report.pushed += request.push.count
    report.accepted += response.verdicts.count { $0.isAccepted }
    report.refused += response.verdicts.count { !$0.isAccepted }
    report.conflicts += response.verdicts.count { $0.opensEntries }
    report.rows += response.page?.rowCount ?? 0
    if let count = response.page?.rowsInAll { report.rowsInAll = Int(clamping: count) }
    report.exits += response.page?.closing?.exits.count ?? 0
  }
}

extension SyncRequest {
  /// Bytes of the transactions in it.
  package var pushedBytes: Int { push.reduce(0) { $0 + $1.count } + (part?.bytes.count ?? 0) }
}
