internal import CCurl
internal import Dispatch
public import Relay
public import RelayProtocol
internal import Synchronization

/// Talks to a hub over HTTP with libcurl. One request at a time: a second one waits for the first to end. The
/// connection is kept for the next request.
///
/// Proxies are taken from the environment as libcurl does it (`https_proxy`, `no_proxy`); nothing else is: no
/// cookies, no `.netrc`, no redirects, no protocol but HTTP and HTTPS.
public final class CurlTransport: Transport {
  private let hub: HubAddress
  private let authorities: String?
  private let line: CurlLine
  private let queue = DispatchQueue(label: "relay.curl")

  /// - Parameters:
  ///   - hub: the hub's address, such as `https://relay.example.org` or `http://127.0.0.1:8470`; a path in front of the
  ///     protocol's own is allowed.
  ///   - allowsPlainHTTP: `http://` also to other machines. Whoever is on the way then reads and changes what travels,
  ///     the credential too: for networks that are the organisation's own.
  ///   - authorities: a file (PEM) with the certificates that may vouch for the hub's, in place of the system's.
  /// - Throws: `usage` where it is no such address; `plain_http` where it is `http://` to another machine.
  public init(hub: String, allowsPlainHTTP: Bool = false, authorities: String? = nil) throws(RelayError) {
    self.hub = try HubAddress(hub)
    guard !self.hub.isPlain || self.hub.isLoopback || allowsPlainHTTP else {
      throw RelayError(
        .plainHTTP, "\(hub) is another machine, reached without TLS: everybody on the way could read along")
    }
    self.authorities = authorities
    line = try CurlLine()
  }

  public func send(_ request: TransportRequest, deadline: Duration?) async throws(RelayError) -> TransportResponse {
    let exchange = Exchange(
      hub: hub, authorities: authorities, request: request, deadline: deadline)
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation {
        (continuation: CheckedContinuation<Result<TransportResponse, RelayError>, Never>) in
        queue.async { [line] in continuation.resume(returning: line.perform(exchange)) }
      }
    } onCancel: {
      exchange.cancelled.store(true, ordering: .releasing)
      line.wake()
    }
    return try result.get()
  }
}
