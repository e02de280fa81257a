internal import NIOCore
internal import NIOHTTP1
internal import RelayProtocol

/// Answers go out in pieces, so that it can be seen whether anybody reads them.
extension HTTPConnection {
  private static var piece: Int { 128 << 10 }

  func reply(_ reply: HTTPReply, _ context: ChannelHandlerContext) {
    guard phase != .closing, phase != .sending else { return }
    phase = .sending
    timer?.cancel()
    giveBack()
    body = []
    // What is left of a body is not read to throw it away.
    let closes = reply.closes || !isBodyWhole && mayHaveBody || gate.isGoingDown || head?.isKeepAlive == false
    var headers = HTTPHeaders(reply.headers)
    headers.add(name: "content-length", value: "\(reply.body.count)")
    if closes { headers.add(name: "connection", value: "close") }
    let answer = HTTPResponseHead(version: .http1_1, status: reply.status, headers: headers)
    context.write(wrapOutboundOut(.head(answer)), promise: nil)
    unsent = head?.method == .HEAD ? [] : reply.body
    lease = reply.lease ?? MemoryLease(gate.answers)
    lease?.hold(unsent.count)
    (sent, began) = (0, .now())
    watchAnswer(context)
    sendMore(closes, context)
  }

  private var mayHaveBody: Bool {
    guard let head else { return true }
    return head.headers.contains(name: "transfer-encoding")
      || head.headers.first(name: "content-length").map { $0 != "0" } ?? false
  }

  /// Hands the system one piece, and the next when it has taken that: only a piece lies in NIO's buffers.
  private func sendMore(_ closes: Bool, _ context: ChannelHandlerContext) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    guard sent < unsent.count else {
      return context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
        let (connection, context) = bound.value
        connection.sentAll(closes, context)
      }
    }
    let end = min(sent + Self.piece, unsent.count)
    let piece = context.channel.allocator.buffer(bytes: unsent[sent..<end])
    context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(piece)))).assumeIsolated().whenComplete { result in
      let (connection, context) = bound.value
      guard connection.phase == .sending, case .success = result else { return }
      connection.sent = end
      connection.sendMore(closes, context)
    }
  }

  private func sentAll(_ closes: Bool, _ context: ChannelHandlerContext) {
    (unsent, lease) = ([], nil)
    timer?.cancel()
    guard phase == .sending else { return }
    finish()
    guard !closes, isBodyWhole || !mayHaveBody else { return linger(context) }
    phase = .waitingForHead
    head = nil
    wait(seconds: limits.idleSeconds, context)
    // The next request may be here already.
    takeParts(context)
    if phase == .waitingForHead { context.read() }
  }

  /// Says that nothing more comes, gives the peer a moment to read the answer, and goes: what it goes on sending is not
  /// read.
  private func linger(_ context: ChannelHandlerContext) {
    let isSending = mayHaveBody && !isBodyWhole
    phase = .closing
    early = []
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    context.close(mode: .output).assumeIsolated().whenComplete { _ in
      bound.value.eventLoop.scheduleTask(in: .milliseconds(isSending ? 500 : 20)) {
        bound.value.close(promise: nil)
      }
    }
  }

  private func watchAnswer(_ context: ChannelHandlerContext) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    timer = context.eventLoop.scheduleTask(in: .seconds(5)) {
      let (connection, context) = bound.value
      guard connection.phase == .sending else { return }
      let seconds = (NIODeadline.now() - connection.began).nanoseconds / 1_000_000_000
      if seconds >= connection.limits.graceSeconds, connection.sent < Int(seconds) * connection.limits.slowest {
        return context.close(promise: nil)
      }
      connection.watchAnswer(context)
    }
  }
}
