internal import CCurl
internal import Relay
internal import RelayGzip
internal import RelayProtocol
internal import Synchronization

/// One request and what came back so far.
///
/// Unchecked, because only the atomic is touched by the thread that cancels; all else is handed to the transport's
/// queue and stays there.
final class Exchange: @unchecked Sendable {
  let url: String
  /// A file with the certificates that may vouch for the hub's; nil for the system's.
  let authorities: String?
  /// To this machine, which no proxy is asked for.
  let isLocal: Bool
  let body: [UInt8]
  let deadline: Duration?
  let wait: Duration
  let cancelled = Atomic<Bool>(false)

  private let token: String?
  private let isPacked: Bool
  private var began = ContinuousClock.now
  private var headers = ReplyHeaders()
  private var received = 0
  private var plain: [UInt8] = []
  private var inflater: Inflater?
  private var failure: RelayError?

  init(hub: HubAddress, authorities: String?, request: TransportRequest, deadline: Duration?) {
    url = hub.text + request.path
    self.authorities = authorities
    isLocal = hub.isPlain && hub.isLoopback
    self.deadline = deadline
    wait = request.wait
    token = request.token
    let packed = packed(request.body)
    isPacked = packed != nil
    body = packed ?? request.body
  }

  var isCancelled: Bool { cancelled.load(ordering: .acquiring) }
  var cancellation: RelayError { RelayError(.cancelled, "the request to \(url) was cancelled") }

  func start() { began = .now }

  /// The request's headers, to be freed by the caller; nil where the token would break out of its line.
  func headerList() -> UnsafeMutablePointer<curl_slist>? {
    var lines = ["Content-Type: application/cbor", "Accept: application/cbor", "Accept-Encoding: gzip"]
    if isPacked { lines.append("Content-Encoding: gzip") }
    if let token {
      guard token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
      lines.append("Authorization: Bearer \(token)")
    }
    // Waiting for "100 Continue" would cost a round trip and, with hubs that never say it, a second.
    lines.append("Expect:")
    var list: UnsafeMutablePointer<curl_slist>?
    for line in lines { list = curl_slist_append(list, line) }
    return list
  }

  func receiveHeader(_ line: UnsafeRawBufferPointer) {
    headers.receive(String(decoding: line.prefix(ReplyHeaders.longestLine), as: UTF8.self))
  }

  /// Takes a piece of the answer's body; false ends the transfer.
  func receive(_ piece: UnsafeRawBufferPointer) -> Bool {
    received += piece.count
    do throws(RelayError) {
      guard received <= Limits.body else { throw tooLarge }
      // What is not from a hub is counted and dropped.
      guard headers.isCBOR else { return true }
      if headers.isGzip {
        let inflater: Inflater
        if let begun = self.inflater { inflater = begun } else { inflater = try Inflater(most: Limits.inflatedBody) }
        self.inflater = inflater
        try inflater.append(piece.assumingMemoryBound(to: UInt8.self))
      } else {
        plain.append(contentsOf: piece)
      }
      return true
    } catch {
      failure = error
      return false
    }
  }

  func outcome(_ result: LineResult) -> Result<TransportResponse, RelayError> {
    if let failure { return .failure(failure) }
    if isCancelled { return .failure(cancellation) }
    if result.code == CURLE_FILESIZE_EXCEEDED { return .failure(tooLarge) }
    guard result.code == CURLE_OK else { return .failure(error(result)) }
    do throws(RelayError) {
      let content = headers.isCBOR ? try inflater?.finish() ?? plain : []
      return .success(
        TransportResponse(
          status: result.status, body: content, retryAfter: headers.retryAfter, isFromHub: headers.isCBOR,
          sentBytes: body.count, receivedBytes: received))
    } catch {
      return .failure(error)
    }
  }

  private var tooLarge: RelayError { RelayError(.limitExceeded, "an answer of more than \(Limits.body) bytes") }

  /// libcurl counts whole milliseconds of another clock, and may end a little before the deadline.
  private static let early: Duration = .milliseconds(20)

  private func error(_ result: LineResult) -> RelayError {
    // One code of libcurl for three timeouts: only the caller's own is a deadline.
    if result.code == CURLE_OPERATION_TIMEDOUT, let deadline, ContinuousClock.now - began >= deadline - Self.early {
      return RelayError(.deadline, "no whole answer from \(url) within \(deadline)")
    }
    return result.error(url)
  }
}
