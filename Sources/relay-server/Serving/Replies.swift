internal import HTTPTypes
internal import Hummingbird
internal import RelayGzip
internal import RelayProtocol

/// Responses as the protocol wants them: CBOR, and an `ErrorReply` under every status but 200.
enum Replies {
  static func cbor(_ bytes: [UInt8], to request: Request) -> Response {
    var headers: HTTPFields = [.contentType: "application/cbor", .cacheControl: "no-store"]
    var body = bytes
    if accepts(gzipIn: request.headers[.acceptEncoding]), let packed = packed(bytes) {
      body = packed
      headers[.contentEncoding] = "gzip"
    }
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
  }

  /// - Parameter isOwn: whether `file_missing` means the address that was asked for, and not the hub's own file.
  static func error(_ error: RelayError, isOwn: Bool = false) -> Response {
    var error = error
    if error.code == .fileMissing, !isOwn { error.code = .ioError }
    // What goes wrong inside names files and statements, which are no stranger's business: the log has it.
    if isInternal(error.code) { error.message = "the hub could not do it; its operator finds the reason in its log" }
    let wait = retryAfter(error.code)
    let reply = ErrorReply(code: error.code.rawValue, message: error.message, retryAfter: wait)
    var headers: HTTPFields = [.contentType: "application/cbor", .cacheControl: "no-store"]
    if wait > 0 { headers[.retryAfter] = "\((wait + 999) / 1000)" }
    return Response(
      status: status(error.code), headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: reply.encoded())))
  }

  static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }

  private static func isInternal(_ code: ErrorCode) -> Bool {
    switch code {
    case .busy, .diskFull: true
    case .cancelled, .deadline, .hubOverloaded: false
    default: status(code).code >= 500
    }
  }

  static func status(_ code: ErrorCode) -> HTTPResponse.Status {
    switch code {
    case .malformedMessage, .codeInvalid, .usage, .valueNotAllowed: .badRequest
    case .unauthorized, .notEnrolled: .unauthorized
    case .revoked, .roleForbids: .forbidden
    case .fileMissing: .notFound
    case .hubRolledBack, .replicaForked, .pageVoid, .outOfOrder, .schemaTooNew, .wrongHub, .wrongOrganisation,
      .alreadyEnrolled:
      .conflict
    case .limitExceeded, .transactionTooLarge: .contentTooLarge
    case .unsupportedVersion, .schemaMismatch, .schemaTooOld: .upgradeRequired
    case .hubOverloaded, .busy, .deadline, .cancelled: .serviceUnavailable
    case .diskFull: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
    default: .internalServerError
    }
  }

  /// In milliseconds; spread, so that devices that were turned away together do not come back together.
  private static func retryAfter(_ code: ErrorCode) -> UInt64 {
    switch code {
    case .hubOverloaded, .busy, .cancelled: UInt64.random(in: 1000...3000)
    case .diskFull: UInt64.random(in: 30_000...60_000)
    default: 0
    }
  }

  private static func accepts(gzipIn header: String?) -> Bool {
    guard let header else { return false }
    return header.split(separator: ",").contains { item in
      let parts = item.filter { !$0.isWhitespace }.lowercased().split(separator: ";")
      return parts.first == "gzip" && !parts.dropFirst().contains { $0 == "q=0" || $0.hasPrefix("q=0.0") }
    }
  }
}
