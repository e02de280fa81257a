internal import NIOCore
internal import NIOHTTP1
internal import RelayProtocol

/// The operator's listener: figures for Prometheus, and nothing else.
struct MetricsService: HTTPService {
  let figures: @Sendable () -> String

  func admit(_ head: HTTPRequestHead, from address: SocketAddress?) async -> (Admission, Bool) {
    let isHere = head.uri == "/metrics" && [.GET, .HEAD].contains(head.method)
    return (.answer(isHere ? Replies.text(figures()) : HTTPReply(status: .notFound, closes: true)), isHere)
  }

  func answer(_ head: HTTPRequestHead, _ session: Bool, body: [UInt8]) async -> HTTPReply {
    HTTPReply(status: .notFound, closes: true)
  }

  func refuse(_ session: Bool, _ error: RelayError) -> HTTPReply { HTTPReply(status: .badRequest, closes: true) }

  func end(_ session: Bool) {}
}
