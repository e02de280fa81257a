internal import NIOHTTP1
internal import RelayGzip
internal import RelayProtocol

/// Responses as the protocol wants them: CBOR, and an `ErrorReply` under every status but 200.
enum Replies {
  private static let common = [("content-type", "application/cbor"), ("cache-control", "no-store")]

  /// - Parameter isPacked: the peer takes gzip, and what is between it and here is slower than packing.
  static func cbor(_ bytes: [UInt8], isPacked: Bool) -> HTTPReply {
    guard isPacked, let packed = packed(bytes), packed.count < bytes.count else {
      return HTTPReply(status: .ok, headers: common, body: bytes)
    }
    return HTTPReply(status: .ok, headers: common + [("content-encoding", "gzip")], body: packed)
  }

  /// - Parameters:
  ///   - isOwn: whether `file_missing` means the address that was asked for, and not the hub's own file.
  ///   - retryAfter: in milliseconds; nil for what the code says.
  static func error(_ error: RelayError, isOwn: Bool = false, retryAfter: UInt64? = nil) -> HTTPReply {
    var error = error
    if error.code == .fileMissing, !isOwn { error.code = .ioError }
    // What goes wrong inside is not the device's disk and not its file, and names what is no stranger's business.
    if isInternal(error.code) { error = failure(error.code) }
    let wait = retryAfter ?? self.retryAfter(error.code)
    let reply = ErrorReply(code: error.code.rawValue, message: error.message, retryAfter: wait)
    var headers = common
    if wait > 0 { headers.append(("retry-after", "\((wait + 999) / 1000)")) }
    return HTTPReply(status: status(error.code), headers: headers, body: reply.encoded(), closes: true)
  }

  private static func failure(_ code: ErrorCode) -> RelayError {
    switch code {
    case .storeUnreachable: RelayError(.hubOverloaded, "the hub waits for its database")
    case .busy: RelayError(.hubOverloaded, "the hub is busy with something else")
    case .diskFull: RelayError(.hubFailed, "the hub's disk is full; its operator has to make room")
    default: RelayError(.hubFailed, "the hub could not do it; its operator finds the reason in its log")
    }
  }

  static func text(_ text: String, status: HTTPResponseStatus = .ok) -> HTTPReply {
    HTTPReply(
      status: status, headers: [("content-type", "text/plain; version=0.0.4; charset=utf-8")], body: Array(text.utf8))
  }

  private static func isInternal(_ code: ErrorCode) -> Bool {
    switch code {
    case .busy, .diskFull, .storeUnreachable: true
    case .cancelled, .deadline, .hubOverloaded: false
    default: status(code).code >= 500
    }
  }

  static func status(_ code: ErrorCode) -> HTTPResponseStatus {
    switch code {
    case .malformedMessage, .codeInvalid, .usage, .valueNotAllowed: .badRequest
    case .unauthorized, .notEnrolled: .unauthorized
    case .revoked, .roleForbids: .forbidden
    case .fileMissing: .notFound
    case .hubRolledBack, .replicaForked, .pageVoid, .outOfOrder, .schemaTooNew, .wrongHub,
      .wrongOrganisation,
      .alreadyEnrolled:
      .conflict
    case .limitExceeded, .transactionTooLarge: .payloadTooLarge
    case .unsupportedVersion, .schemaMismatch, .schemaTooOld: .upgradeRequired
    case .slowDown: .tooManyRequests
    case .hubOverloaded, .busy, .deadline, .cancelled: .serviceUnavailable
    default: .internalServerError
    }
  }

  /// In milliseconds; spread, so that devices that were turned away together do not come back together.
  private static func retryAfter(_ code: ErrorCode) -> UInt64 {
    switch code {
    case .hubOverloaded, .slowDown, .busy, .cancelled: UInt64.random(in: 1000...3000)
    case .hubFailed: UInt64.random(in: 30_000...60_000)
    default: 0
    }
  }

  static func acceptsGzip(_ head: HTTPRequestHead) -> Bool {
    head.headers[canonicalForm: "accept-encoding"].contains { item in
      let parts = item.filter { !$0.isWhitespace }.lowercased().split(separator: ";")
      return parts.first == "gzip" && !parts.dropFirst().contains { $0 == "q=0" || $0.hasPrefix("q=0.0") }
    }
  }
}
