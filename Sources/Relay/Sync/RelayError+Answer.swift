package import RelayProtocol

extension RelayError {
  /// The error that an answer other than a hub's 200 tells.
  package init(_ answer: TransportResponse) {
    guard answer.isFromHub, let reply = try? ErrorReply(decoding: answer.body) else {
      self.init(foreign: answer)
      return
    }
    self.init(ErrorCode(rawValue: reply.code) ?? .hubUnreachable, reply.message)
  }

  /// What answered is no hub; its status says what it may be (RFC 9110, and RFC 6585 for 429 and 511).
  private init(foreign answer: TransportResponse) {
    let what = "status \(answer.status) from something that is no hub"
    switch answer.status {
    case 407: self.init(.proxyPassword, "a proxy on the way asks for a password")
    case 413: self.init(.requestTooLarge, "something on the way does not take a request of \(answer.sentBytes) bytes")
    case 429, 503: self.init(.hubOverloaded, "\(what): it asks to wait")
    case 200..<400, 511: self.init(.signInPage, "\(what): it looks like the sign-in page of the network")
    default: self.init(.hubUnreachable, "\(what): a proxy, or a wrong address")
    }
  }
}

extension TransportResponse {
  /// How long is asked to wait, by the hub itself or by what stands before it.
  package var asksToWait: Duration? {
    if let retryAfter { return retryAfter }
    guard isFromHub, status != 200, let reply = try? ErrorReply(decoding: body), reply.retryAfter > 0
    else { return nil }
    return .milliseconds(Int64(min(reply.retryAfter, 600_000)))
  }
}
