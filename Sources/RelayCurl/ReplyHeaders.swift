internal import RelayProtocol

/// The few headers of an answer that matter.
package struct ReplyHeaders: Equatable {
  static let longestLine = 1024
  /// Nobody is kept waiting for longer, whatever the header says.
  static let longestRetry = 600

  package var contentType = ""
  package var isGzip = false
  package var retryAfter: Duration?

  package init() {}

  var isCBOR: Bool { contentType == "application/cbor" }

  /// Takes a line as libcurl gives it. A new status line (after `100 Continue`, say) begins anew.
  package mutating func receive(_ line: String) {
    if line.hasPrefix("HTTP/") { self = ReplyHeaders() }
    guard let colon = line.firstIndex(of: ":") else { return }
    let name = line[..<colon].lowercased()
    let value = line[line.index(after: colon)...]
    switch name {
    case "content-type":
      // Shown to a person when it is not ours: printable characters only.
      contentType = String(
        String.UnicodeScalarView(
          value.unicodeScalars.prefix { $0 != ";" }.filter { $0.value > 0x20 && $0.value < 0x7F }.prefix(100))
      ).lowercased()
    case "content-encoding":
      isGzip = value.filter { !$0.isWhitespace }.lowercased() == "gzip"
    case "retry-after":
      // A date is allowed too; nobody sends one who is not a proxy, and the client's own pace serves then.
      if let seconds = Int(value.filter { !$0.isWhitespace }), seconds >= 0 {
        retryAfter = .seconds(min(seconds, ReplyHeaders.longestRetry))
      }
    default: break
    }
  }
}
