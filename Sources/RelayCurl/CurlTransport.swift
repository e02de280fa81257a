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
  private let hub: String
  private let line: CurlLine
  private let queue = DispatchQueue(label: "relay.curl")

  /// - Parameter hub: the hub's address, such as `https://relay.example.org` or `http://127.0.0.1:8470`; a path in
  ///   front of the protocol's own is allowed.
  /// - Throws: `usage` where it is no such address.
  public init(hub: String) throws(RelayError) {
    var address = Substring(hub)
    while address.hasSuffix("/") { address.removeLast() }
    let host = ["https://", "http://"].lazy.compactMap { (scheme: String) -> Substring? in
      address.hasPrefix(scheme) ? address.dropFirst(scheme.count) : nil
    }.first
    guard let host, !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !host.contains("@") else {
      throw RelayError(.usage, "'\(hub)' is not the address of a hub (https://HOST[:PORT])")
    }
    self.hub = String(address)
    line = try CurlLine()
  }

  public func send(_ request: TransportRequest, deadline: Duration?) async throws(RelayError) -> TransportResponse {
    let exchange = Exchange(url: hub + request.path, request: request, deadline: deadline)
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
