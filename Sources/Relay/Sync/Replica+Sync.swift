internal import RelayMerge
public import RelayProtocol

/// How a sync is run.
public struct SyncOptions: Sendable {
  /// How often a request that found no hub is made before giving up.
  public var attempts = 5
  /// How long one request may take; nil for the transport's own limits.
  public var requestDeadline: Duration?
  /// How long the hub may park the request while nothing is new.
  public var wait: Duration = .zero
  /// The most bytes of rows in a page.
  public var pageBytes: UInt64 = 4 << 20
  /// Waits between attempts.
  public var sleep: @Sendable (Duration) async throws(CancellationError) -> Void

  public init(sleep: @escaping @Sendable (Duration) async throws(CancellationError) -> Void) { self.sleep = sleep }
}

/// What one sync did.
public struct SyncReport: Sendable, Equatable {
  public var requests = 0
  public var pushed = 0
  public var accepted = 0
  public var refused = 0
  /// Verdicts that opened an entry for a person.
  public var conflicts = 0
  /// Rows that came, dead ones too, and rows that left this device's scopes.
  public var rows = 0
  public var exits = 0
  public var base: UInt64 = 0
  public var bytesUp = 0
  public var bytesDown = 0

  public init() {}
}

extension Replica {
  /// Pushes what is unsent and pulls what is new. Safe to interrupt anywhere and to repeat; a pull that was cut goes on
  /// where it stopped.
  ///
  /// - Parameter progress: called after each round trip.
  /// - Throws: `not_enrolled`, `hub_unreachable`, `revoked`, `hub_rolled_back`, `replica_forked` and the codes of the
  ///   file. Local work is kept whatever is thrown.
  public func sync(
    with transport: any Transport, options: SyncOptions, progress: @Sendable (SyncReport) -> Void = { _ in }
  ) async throws(RelayError) -> SyncReport {
    guard let link = try link() else {
      throw RelayError(.notEnrolled, "\(path): this replica belongs to no hub")
    }
    var report = SyncReport()
    var backoff = Backoff(attempts: options.attempts)
    var retryAfter: Duration?
    while true {
      let request = try nextRequest(pageBytes: options.pageBytes, wait: UInt64(options.wait.milliseconds))
      do throws(RelayError) {
        let response = try await exchange(request, link.token, transport, options, &report, &retryAfter)
        backoff.succeeded()
        let step = try receive(response, to: request)
        progress(report)
        if case .installed(let base) = step {
          report.base = base
          return report
        }
      } catch {
        if error.code == .schemaTooNew, try holdBackWhatIsNewer() { continue }
        if error.code == .schemaTooOld, try speakOwnSchema() { continue }
        switch backoff.failed(error.code, retryAfter: retryAfter?.milliseconds, random: randomBits()) {
        case .giveUp: throw error
        case .startAgain: try abandonPull()
        case .retry(let delay):
          // Who gives up waiting is told what the wait was for.
          guard await waits(.milliseconds(delay), options) else { throw error }
        }
      }
    }
  }

  /// - Returns: false when the caller does not want to wait any longer.
  private func waits(_ delay: Duration, _ options: SyncOptions) async -> Bool {
    do { try await options.sleep(delay) } catch { return false }
    return true
  }

  private func exchange(
    _ request: SyncRequest, _ token: String, _ transport: any Transport, _ options: SyncOptions,
    _ report: inout SyncReport, _ retryAfter: inout Duration?
  ) async throws(RelayError) -> SyncResponse {
    let wait = Duration.milliseconds(Int64(request.pull?.wait ?? 0))
    let answer = try await transport.send(
      TransportRequest(path: "/v1/sync", body: request.encoded(), token: token, wait: wait),
      deadline: options.requestDeadline)
    retryAfter = answer.retryAfter
    report.requests += 1
    report.bytesUp += answer.sentBytes
    report.bytesDown += answer.receivedBytes
    guard answer.status == 200 else { throw RelayError(answer) }
    let response = try SyncResponse(decoding: answer.body)
    report.pushed += request.push.count
    report.accepted += response.verdicts.count { $0.isAccepted }
    report.refused += response.verdicts.count { !$0.isAccepted }
    report.conflicts += response.verdicts.count { $0.opensEntries }
    report.rows += response.page?.rowCount ?? 0
    report.exits += response.page?.closing?.exits.count ?? 0
    return response
  }

  /// Exchanges a one-time code for a credential and binds this replica to the hub.
  ///
  /// - Parameter hub: the hub's address, kept for later syncs.
  /// - Throws: `already_enrolled`, `code_invalid`, `schema_mismatch`, `wrong_organisation`, `hub_unreachable`.
  public func enrol(code: String, hub: String, with transport: any Transport) async throws(RelayError) {
    guard try link() == nil else { throw RelayError(.alreadyEnrolled, "\(path): this replica is enrolled already") }
    let request = EnrolRequest(
      code: code, schemaHash: schema.hash, replica: try replicaID(), organisation: try organisation(),
      schemaVersion: schema.version)
    let answer = try await transport.send(
      TransportRequest(path: "/v1/enrol", body: request.encoded()), deadline: .seconds(30))
    guard answer.status == 200 else { throw RelayError(answer) }
    try enrolled(try EnrolResponse(decoding: answer.body), hub: hub)
  }
}

extension RelayError {
  /// The error that a reply other than 200 tells.
  package init(_ answer: TransportResponse) {
    guard let reply = try? ErrorReply(decoding: answer.body) else {
      self.init(.hubUnreachable, "status \(answer.status) from something that is no hub")
      return
    }
    self.init(ErrorCode(rawValue: reply.code) ?? .hubUnreachable, reply.message)
  }
}

extension Duration {
  /// Whole milliseconds; saturates.
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    guard seconds < Int64.max / 2000 else { return .max }
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }
}
