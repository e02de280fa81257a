internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import RelayGzip
internal import RelayHub
internal import RelayProtocol
internal import ServiceLifecycle

/// The table of routes, and what every one of them shares: limits, errors, counting, logging.
struct HubResponder: HTTPResponder {
  typealias Context = BasicRequestContext

  let writer: GroupCommit
  let readers: ReaderPool
  let signal: HeadSignal
  let metrics: Metrics

  func respond(to request: Request, context: Context) async throws -> Response {
    let route = route(request)
    var response: Response
    do throws(RelayError) {
      response = try await answer(route, request)
    } catch {
      response = Replies.error(error, isOwn: route == .none)
      // Part of the body may be unread, and reading on only to throw it away would serve an attacker.
      response.headers[.connection] = "close"
      let level: Logger.Level =
        switch error.code {
        case .cancelled: .debug
        case .hubOverloaded, .busy: .warning
        default: response.status.code >= 500 ? .error : .info
        }
      context.logger.log(
        level: level, "refused",
        metadata: [
          "route": "\(route)", "status": "\(response.status.code)", "code": "\(error.code.rawValue)",
          "message": "\(error.message.debugDescription)",
        ])
    }
    metrics.answered(route: "\(route)", status: response.status.code)
    return response
  }

  enum Route: String, CustomStringConvertible {
    case sync = "/v1/sync"
    case enrol = "/v1/enrol"
    case verify = "/v1/verify"
    case history = "/v1/history"
    case rows = "/v1/rows"
    case metrics = "/metrics"
    case health = "/healthz"
    case ready = "/readyz"
    case none = "other"

    var description: String { rawValue }
    var isProtocol: Bool { rawValue.hasPrefix("/v1/") }
  }

  private func route(_ request: Request) -> Route {
    guard let route = Route(rawValue: request.uri.path), route != .none else { return .none }
    return request.method == (route.isProtocol ? .post : .get) ? route : .none
  }

  private func answer(_ route: Route, _ request: Request) async throws(RelayError) -> Response {
    switch route {
    case .sync: return try await sync(request)
    case .enrol: return try await enrol(request)
    case .verify: return try await verify(request)
    case .history: return try await history(request)
    case .rows: return try await rows(request)
    case .metrics:
      let head = try await readers.read { (reader) throws(RelayError) in try reader.head() }
      return Replies.text(metrics.text(head: head, parked: signal.parkedCount))
    case .health: return Replies.text("ok\n")
    case .ready:
      guard !signal.isClosed, !writer.isOverloaded else {
        return Replies.text("not ready\n", status: .serviceUnavailable)
      }
      _ = try await readers.read { (reader) throws(RelayError) in try reader.head() }
      return Replies.text("ready\n")
    case .none: throw RelayError(.fileMissing, "this hub has no such address, or not with this method")
    }
  }

  private func enrol(_ request: Request) async throws(RelayError) -> Response {
    let enrol = try EnrolRequest(decoding: try await body(of: request, most: Self.question))
    let (token, now) = (SystemEdge.token(), SystemEdge.now())
    let response = try await writer.perform { (writer) throws(RelayError) in
      try writer.enrol(enrol, token: token, now: now)
    }
    return Replies.cbor(response.encoded(), to: request)
  }

  private func verify(_ request: Request) async throws(RelayError) -> Response {
    let token = try await credential(request)
    let verify = try VerifyRequest(decoding: try await body(of: request, most: Self.question))
    let response = try await readers.read { (reader) throws(RelayError) in
      try reader.verify(verify, device: try reader.authenticate(token: token))
    }
    return Replies.cbor(response.encoded(), to: request)
  }

  private func history(_ request: Request) async throws(RelayError) -> Response {
    let token = try await credential(request)
    let history = try HistoryRequest(decoding: try await body(of: request, most: Self.question))
    let response = try await readers.read { (reader) throws(RelayError) in
      try reader.history(history, device: try reader.authenticate(token: token))
    }
    return Replies.cbor(response.encoded(), to: request)
  }

  private func rows(_ request: Request) async throws(RelayError) -> Response {
    let token = try await credential(request)
    let rows = try RowsRequest(decoding: try await body(of: request))
    let response = try await readers.read { (reader) throws(RelayError) in
      try reader.rows(rows, device: try reader.authenticate(token: token))
    }
    return Replies.cbor(response.encoded(), to: request)
  }

  /// - Throws: `unauthorized` where the request brings no credential; whose it is only the store knows.
  func bearer(_ request: Request) throws(RelayError) -> String {
    let parts = (request.headers[.authorization] ?? "").split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer", parts[1].utf8.count <= Limits.label else {
      throw RelayError(.unauthorized, "the request brings no credential")
    }
    return String(parts[1])
  }

  /// - Throws: `unauthorized` or `revoked`, before anything of the body is read.
  private func credential(_ request: Request) async throws(RelayError) -> String {
    let token = try bearer(request)
    _ = try await readers.read { (reader) throws(RelayError) in try reader.authenticate(token: token) }
    return token
  }

  /// The whole body, inflated; never more than the limits allow in memory.
  ///
  /// - Parameter most: bytes as they travel.
  func body(of request: Request, most: Int = Limits.body) async throws(RelayError) -> [UInt8] {
    let tooLarge = RelayError(.limitExceeded, "the body of this request has at most \(most) bytes")
    let announced = request.headers[.contentLength].flatMap { Int($0) } ?? 0
    guard announced <= most else { throw tooLarge }
    let encoding = request.headers[.contentEncoding]?.lowercased() ?? "identity"
    guard encoding == "gzip" || encoding == "identity" else {
      throw RelayError(.malformedMessage, "content encodings are gzip and identity")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(announced)
    do {
      for try await piece in request.body {
        guard bytes.count + piece.readableBytes <= most else { throw tooLarge }
        bytes.append(contentsOf: piece.readableBytesView)
      }
    } catch let error as RelayError {
      throw error
    } catch {
      throw RelayError(.malformedMessage, "the request's body is cut off")
    }
    guard bytes.count >= announced else { throw RelayError(.malformedMessage, "the request's body is cut off") }
    return encoding == "gzip" ? try gunzip(bytes) : bytes
  }

  /// What a question that carries no work is at most: an enrolment, a history, a table to compare.
  private static let question = 16 << 10
}
