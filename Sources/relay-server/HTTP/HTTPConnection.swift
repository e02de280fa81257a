internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import RelayProtocol

/// What a request is answered with.
struct HTTPReply: Sendable {
  var status: HTTPResponseStatus
  var headers: [(String, String)] = []
  var body: [UInt8] = []
  /// The connection ends after it.
  var closes = false
  /// Where the body is counted already, while it exists.
  var lease: MemoryLease?
}

/// What is known of a request before its body is read.
enum Admission: Sendable {
  /// Read at most so many bytes of body, then `answer`.
  case body(most: Int)
  /// Answer at once; nothing of a body is read.
  case answer(HTTPReply)
}

/// What the server does for a request; the connection only carries bytes.
protocol HTTPService: Sendable {
  associatedtype Session: Sendable
  /// Before anything of the body is read.
  func admit(_ head: HTTPRequestHead, from address: SocketAddress?) async -> (Admission, Session)
  func answer(_ head: HTTPRequestHead, _ session: Session, body: [UInt8]) async -> HTTPReply
  /// The body does not come: too large, cut off, too slow, or no room for it.
  func refuse(_ session: Session, _ error: RelayError) -> HTTPReply
  /// Whatever happened, the request is over.
  func end(_ session: Session)
}

/// One connection of HTTP/1.1. It reads a request only as far as it is wanted: nothing of a body before the service has
/// admitted the request, nothing of the next request before this one is answered.
///
/// Confined to its event loop; tasks of the service come back to it there.
final class HTTPConnection<Service: HTTPService>: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  enum Phase {
    case waitingForHead
    case admitting
    case receiving
    case answering
    case sending
    case closing
  }

  let service: Service
  let gate: ConnectionGate
  let limits: ServerLimits
  var phase = Phase.waitingForHead
  var head: HTTPRequestHead?
  var session: Service.Session?
  var body: [UInt8] = []
  var mostBody = 0
  var isBodyWhole = false
  /// Parts that came before they were wanted: at most what one read brings.
  var early: [HTTPServerRequestPart] = []
  var task: Task<Void, Never>?
  var timer: Scheduled<Void>?
  var began = NIODeadline.now()
  /// The answer on its way, how much of it the system has taken, and where it is counted.
  var unsent: [UInt8] = []
  var sent = 0
  var lease: MemoryLease?
  var held = 0

  init(_ service: Service, _ gate: ConnectionGate, _ limits: ServerLimits) {
    self.service = service
    self.gate = gate
    self.limits = limits
  }

  func channelActive(context: ChannelHandlerContext) {
    guard gate.enter(context.channel) else { return context.close(promise: nil) }
    wait(seconds: limits.headSeconds, context)
    context.read()
  }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    task?.cancel()
    finish()
    giveBack()
    (unsent, lease) = ([], nil)
    gate.leave(context.channel)
    phase = .closing
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard phase != .closing else { return }
    early.append(unwrapInboundIn(data))
    takeParts(context)
    // What a peer sends ahead of its answers is held back in the network, but for what one read had brought.
    if early.count > 256 { context.close(promise: nil) }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    switch phase {
    case .waitingForHead, .receiving: context.read()
    case .admitting, .answering, .sending, .closing: break
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard error is HTTPParserError, phase == .waitingForHead || phase == .receiving else {
      return context.close(promise: nil)
    }
    let wrong = RelayError(.malformedMessage, "the request is not HTTP/1.1 as this hub reads it")
    if let session { return reply(service.refuse(session, wrong), context) }
    reply(HTTPReply(status: .badRequest, closes: true), context)
  }

  /// The server goes down: whoever is between two requests ends.
  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ConnectionGate.GoingDown {
      if phase == .waitingForHead { context.close(promise: nil) }
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  func takeParts(_ context: ChannelHandlerContext) {
    while !early.isEmpty {
      switch (phase, early[0]) {
      case (.waitingForHead, .head(let head)):
        early.removeFirst()
        admit(head, context)
      case (.receiving, .body(let piece)):
        early.removeFirst()
        receive(piece, context)
      case (.receiving, .end):
        early.removeFirst()
        isBodyWhole = true
        answer(context)
      case (.waitingForHead, _):
        // The rest of a request that was answered without its body.
        early.removeFirst()
      case (.closing, _): early = []
      default: return
      }
    }
  }

  // MARK: A request

  private func admit(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    phase = .admitting
    timer?.cancel()
    self.head = head
    (body, isBodyWhole, mostBody) = ([], false, 0)
    let (service, address) = (service, context.channel.remoteAddress)
    run(context) {
      await service.admit(head, from: address)
    } gone: { admission in
      // Nobody else knows of it yet.
      service.end(admission.1)
    } then: { connection, admission, context in
      connection.session = admission.1
      switch admission.0 {
      case .answer(let reply): connection.reply(reply, context)
      case .body(let most):
        connection.mostBody = most
        connection.phase = .receiving
        connection.began = .now()
        connection.watchBody(context)
        connection.takeParts(context)
        if connection.phase == .receiving { context.read() }
      }
    }
  }

  private func receive(_ piece: ByteBuffer, _ context: ChannelHandlerContext) {
    let count = piece.readableBytes
    guard body.count + count <= mostBody else {
      return refuse(RelayError(.limitExceeded, "the body of this request has at most \(mostBody) bytes"), context)
    }
    guard gate.bodies.take(count) else {
      return refuse(RelayError(.hubOverloaded, "too many bodies are being received"), context)
    }
    held += count
    body.append(contentsOf: piece.readableBytesView)
  }

  private func refuse(_ error: RelayError, _ context: ChannelHandlerContext) {
    guard let session else { return context.close(promise: nil) }
    reply(service.refuse(session, error), context)
  }

  private func answer(_ context: ChannelHandlerContext) {
    guard let head, let session else { return context.close(promise: nil) }
    phase = .answering
    timer?.cancel()
    let (service, body) = (service, body)
    self.body = []
    run(context) {
      await service.answer(head, session, body: body)
    } gone: { _ in
    } then: { connection, reply, context in
      connection.giveBack()
      connection.reply(reply, context)
    }
  }

  /// Runs what the service does in a task and comes back to the event loop.
  ///
  /// - Parameter gone: instead of `then`, where the connection has ended meanwhile.
  private func run<T: Sendable>(
    _ context: ChannelHandlerContext, _ body: @escaping @Sendable () async -> T,
    gone: @escaping @Sendable (T) -> Void, then: @escaping @Sendable (HTTPConnection, T, ChannelHandlerContext) -> Void
  ) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    let (loop, gate) = (context.eventLoop, gate)
    gate.begin()
    task = Task {
      let value = await body()
      loop.execute {
        defer { gate.end() }
        let (connection, context) = bound.value
        connection.task = nil
        guard connection.phase != .closing else { return gone(value) }
        then(connection, value, context)
      }
    }
  }

  func finish() {
    if let session { service.end(session) }
    session = nil
  }

  func giveBack() {
    if held > 0 { gate.bodies.giveBack(held) }
    held = 0
  }

  private func watchBody(_ context: ChannelHandlerContext) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    timer = context.eventLoop.scheduleTask(in: .seconds(5)) {
      let (connection, context) = bound.value
      guard connection.phase == .receiving else { return }
      let seconds = (NIODeadline.now() - connection.began).nanoseconds / 1_000_000_000
      if seconds >= connection.limits.graceSeconds,
        connection.held < Int(seconds) * connection.limits.slowest
      {
        return connection.refuse(RelayError(.deadline, "the body comes too slowly"), context)
      }
      connection.watchBody(context)
    }
  }

  func wait(seconds: Int64, _ context: ChannelHandlerContext) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    timer?.cancel()
    timer = context.eventLoop.scheduleTask(in: .seconds(seconds)) {
      let (connection, context) = bound.value
      if connection.phase == .waitingForHead { context.close(promise: nil) }
    }
  }
}
