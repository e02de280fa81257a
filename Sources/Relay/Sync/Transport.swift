public import RelayProtocol

/// Carries one request to the hub and brings its answer back. The sync client knows nothing else about networks: an
/// app may bring its own, a test a fake.
///
/// A transport never repeats a request by itself and never judges an answer that came from the hub: an error reply is
/// a response like any other.
public protocol Transport: Sendable {
  /// - Parameter deadline: how long the whole exchange may take; nil for the transport's own limits.
  /// - Returns: the hub's answer, whatever its status.
  /// - Throws: a code of a line that does not reach the hub (`ErrorCode.isUnreachable`) where nothing answered,
  ///   `deadline`, `cancelled` (also when the calling task is cancelled), `limit_exceeded` or `malformed_message` where
  ///   the answer's body breaks the limits.
  func send(_ request: TransportRequest, deadline: Duration?) async throws(RelayError) -> TransportResponse
}

/// What goes to the hub.
public struct TransportRequest: Sendable {
  /// The absolute path, such as `/v1/sync`.
  public var path: String
  /// CBOR; the transport may compress it on the way.
  public var body: [UInt8]
  /// The device's credential; nil for enrolling.
  public var token: String?
  /// How long the hub was asked to park the request (`PullRequest.wait`): its silence for so long is no fault.
  public var wait: Duration

  public init(path: String, body: [UInt8], token: String? = nil, wait: Duration = .zero) {
    self.path = path
    self.body = body
    self.token = token
    self.wait = wait
  }
}

/// What came back.
public struct TransportResponse: Sendable {
  /// The status of HTTP: 200, or another one with an `ErrorReply` as its body.
  public var status: Int
  /// CBOR, no longer compressed.
  public var body: [UInt8]
  /// How long the hub asks to wait before the next request.
  public var retryAfter: Duration?
  /// Was the body of the protocol's content type? What is not came from something on the way: a proxy, a sign-in page.
  public var isFromHub: Bool
  /// Bytes of the bodies as they travelled.
  public var sentBytes: Int
  public var receivedBytes: Int

  public init(
    status: Int, body: [UInt8], retryAfter: Duration? = nil, isFromHub: Bool = true, sentBytes: Int = 0,
    receivedBytes: Int = 0
  ) {
    self.status = status
    self.body = body
    self.retryAfter = retryAfter
    self.isFromHub = isFromHub
    self.sentBytes = sentBytes
    self.receivedBytes = receivedBytes
  }
}
