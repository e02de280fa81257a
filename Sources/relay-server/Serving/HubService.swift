internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import RelayGzip
internal import RelayHub
internal import RelayProtocol

/// The hub behind HTTP: the table of routes, and what every one of them shares: credentials, limits, errors, counting.
struct HubService: HTTPService {
  let writer: GroupCommit
  let readers: ReaderPool
  let lanes: WorkLanes
  let parking: Parking
  let metrics: Metrics
  let budget: DeviceBudget
  let gate: ConnectionGate
  let hosts: HostCheck
  let organisation: Hash128
  let syncs: LastSyncs
  let codes = CodeTries()
  let logger: Logger
  /// The peer is a proxy, whose own peers may be anywhere.
  let isBehindProxy: Bool

  enum Route: String {
    case sync = "/v1/sync"
    case enrol = "/v1/enrol"
    case verify = "/v1/verify"
    case history = "/v1/history"
    case rows = "/v1/rows"
    case health = "/healthz"
    case ready = "/readyz"
    case none = "other"

    var isProtocol: Bool { rawValue.hasPrefix("/v1/") }
  }

  /// A request on its way: whose it is, and what it may cost.
  struct Session: Sendable {
    var route: Route
    var device: HubDevice?
    var isLocal = false
    /// Where an enrolment comes from; nil behind a proxy, whose own peers may be anywhere.
    var address: String?
  }

  func admit(_ head: HTTPRequestHead, from address: SocketAddress?) async -> (Admission, Session) {
    var session = Session(route: Self.route(head))
    session.isLocal = !isBehindProxy && (address?.isLoopback ?? true)
    do throws(RelayError) {
      guard hosts.admits(head) else {
        session.route = .none
        throw RelayError(.fileMissing, "this hub does not serve the host that was asked")
      }
      if head.method == .OPTIONS, !session.route.isProtocol, session.route != .none {
        return (.answer(HTTPReply(status: .noContent, headers: [("allow", "GET, HEAD, OPTIONS")])), session)
      }
      guard session.route != .none else { throw Self.noSuchAddress }
      guard session.route.isProtocol else { return (.answer(try await health(session.route)), session) }
      if session.route != .enrol {
        // Before the body is read: a push could only wait, and a pull would make the waiting longer.
        if session.route == .sync, writer.isOverloaded {
          throw RelayError(.hubOverloaded, "too many pushes wait")
        }
        let token = try bearer(head)
        let device = try await readers.read { (reader) throws(RelayError) in try reader.authenticate(token: token) }
        switch budget.enter(device.id) {
        case .go: session.device = device
        case .later(let delay):
          let error = RelayError(.slowDown, "this device has asked for more than its share of the hub's time")
          return (.answer(refuse(session, error, retryAfter: delay)), session)
        case .tooManyOpen: throw RelayError(.slowDown, "this device has too many requests open")
        }
      }
      if session.route == .enrol, !isBehindProxy, let peer = address?.ipAddress {
        try codes.ask(peer)
        session.address = peer
      }
      return (.body(most: try Self.mostBody(head, session.route)), session)
    } catch {
      return (.answer(refuse(session, error)), session)
    }
  }

  func answer(_ head: HTTPRequestHead, _ session: Session, body: [UInt8]) async -> HTTPReply {
    do throws(RelayError) {
      let device = session.device?.id ?? 0
      let isPacked = head.headers.first(name: "content-encoding")?.lowercased() == "gzip"
      let bytes = try await lanes.run(for: device, isLittle: !isPacked || body.count < Self.little) {
        () throws(RelayError) in isPacked ? try gunzip(body) : body
      }
      let lease = MemoryLease(gate.answers)
      let answer = try await answer(session, bytes, lease)
      metrics.answered(route: session.route.rawValue, status: 200)
      if session.route == .sync { syncs.answered(device) }
      let packs = !session.isLocal && Replies.acceptsGzip(head)
      var reply = try await lanes.run(for: device, isLittle: !packs || answer.count < Self.little) {
        () throws(RelayError) in Replies.cbor(answer, isPacked: packs)
      }
      reply.lease = lease
      return reply
    } catch {
      return refuse(session, error)
    }
  }

  /// Bytes that are read, packed and unpacked faster than another thread is asked to.
  static let little = 16 << 10

  func end(_ session: Session) { if let device = session.device { budget.leave(device.id) } }

  func refuse(_ session: Session, _ error: RelayError) -> HTTPReply { refuse(session, error, retryAfter: nil) }

  private func refuse(_ session: Session, _ error: RelayError, retryAfter: UInt64?) -> HTTPReply {
    let reply = Replies.error(error, isOwn: session.route == .none, retryAfter: retryAfter)
    metrics.answered(route: session.route.rawValue, status: Int(reply.status.code))
    let level: Logger.Level =
      switch error.code {
      case .cancelled: .debug
      case .hubOverloaded, .slowDown, .busy: .warning
      default: reply.status.code >= 500 ? .error : .info
      }
    logger.log(
      level: level, "refused",
      metadata: [
        "route": "\(session.route.rawValue)", "status": "\(reply.status.code)", "code": "\(error.code.rawValue)",
        "device": "\(session.device?.name.debugDescription ?? "-")", "message": "\(error.message.debugDescription)",
      ])
    return reply
  }

  private static let noSuchAddress = RelayError(
    .fileMissing, "this hub has no such address, or not with this method")

  private static func route(_ head: HTTPRequestHead) -> Route {
    let path = head.uri.prefix { $0 != "?" && $0 != "#" }
    guard let route = Route(rawValue: String(path)), route != .none else { return .none }
    let methods: [HTTPMethod] = route.isProtocol ? [.POST] : [.GET, .HEAD, .OPTIONS]
    return methods.contains(head.method) ? route : .none
  }

  private func health(_ route: Route) async throws(RelayError) -> HTTPReply {
    let isReady: Bool
    if route == .ready {
      isReady = !parking.isClosed && !writer.isOverloaded
      if isReady { _ = try await readers.read { (reader) throws(RelayError) in try reader.head() } }
    } else {
      isReady = true
    }
    let text = route == .health ? "ok\n" : isReady ? "ready\n" : "not ready\n"
    let reply = Replies.text(text, status: isReady ? .ok : .serviceUnavailable)
    metrics.answered(route: route.rawValue, status: Int(reply.status.code))
    return reply
  }

  /// - Throws: `unauthorized` where the request brings no credential, whose it is only the store knows; `wrong_hub` for
  ///   one that another organisation's hub gave.
  private func bearer(_ head: HTTPRequestHead) throws(RelayError) -> String {
    let parts = (head.headers.first(name: "authorization") ?? "").split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer", parts[1].utf8.count <= Limits.label else {
      throw RelayError(.unauthorized, "the request brings no credential")
    }
    let token = String(parts[1])
    if let dot = token.firstIndex(of: "."), token[..<dot] != "\(organisation)" {
      throw RelayError(.wrongHub, "this hub serves another organisation")
    }
    return token
  }

  /// How many bytes of body the request may bring, as they travel.
  private static func mostBody(_ head: HTTPRequestHead, _ route: Route) throws(RelayError) -> Int {
    // What a question that carries no work is at most: an enrolment, a history, a table to compare.
    let most = route == .sync || route == .rows ? Limits.body : 16 << 10
    let announced = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
    guard announced <= most else {
      throw RelayError(.limitExceeded, "the body of this request has at most \(most) bytes")
    }
    let encoding = head.headers.first(name: "content-encoding")?.lowercased() ?? "identity"
    guard encoding == "gzip" || encoding == "identity" else {
      throw RelayError(.malformedMessage, "content encodings are gzip and identity")
    }
    return most
  }
}

extension SocketAddress {
  fileprivate var isLoopback: Bool {
    switch self {
    case .v4: ipAddress?.hasPrefix("127.") ?? false
    case .v6: ipAddress == "::1" || ipAddress?.hasPrefix("::ffff:127.") == true
    case .unixDomainSocket: true
    }
  }
}
