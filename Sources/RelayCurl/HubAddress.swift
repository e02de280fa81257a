package import RelayProtocol

/// A hub's address, read strictly: what libcurl would understand otherwise than its reader is refused.
package struct HubAddress {
  /// Without a slash at its end.
  package let text: String
  let isPlain: Bool
  let isLoopback: Bool

  /// - Throws: `usage` where it is no `https://HOST[:PORT][/PATH]` or `http://…`.
  package init(_ given: String) throws(RelayError) {
    var text = Substring(given)
    while text.hasSuffix("/") { text.removeLast() }
    let scheme = ["https://", "http://"].first { text.hasPrefix($0) }
    guard let scheme, let host = Self.host(text.dropFirst(scheme.count)) else {
      throw RelayError(.usage, "'\(given)' is not the address of a hub (https://HOST[:PORT])")
    }
    self.text = String(text)
    isPlain = scheme == "http://"
    isLoopback = Self.isLoopback(host)
  }

  private static func host(_ rest: Substring) -> Substring? {
    let (authority, path) = (rest.prefix { $0 != "/" }, rest.drop { $0 != "/" })
    guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !#"?#\@"#.utf8.contains($0) }) else { return nil }
    var (host, after) = (authority.prefix { $0 != ":" }, authority.drop { $0 != ":" })
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return nil }
      host = authority[authority.index(after: authority.startIndex)..<end]
      after = authority[authority.index(after: end)...]
      guard host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
    } else {
      guard host.utf8.allSatisfy({ isNameByte($0) }) else { return nil }
    }
    guard !host.isEmpty, after.isEmpty || after.first == ":" && UInt16(after.dropFirst()) != nil else { return nil }
    return host
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// This machine, by a name that no directory is asked for (RFC 6761, section 6.3).
  private static func isLoopback(_ host: Substring) -> Bool {
    let name = host.lowercased()
    if name == "localhost" || name.hasSuffix(".localhost") || name == "::1" { return true }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127"
      && parts.allSatisfy { part in UInt8(part).map { "\($0)" == part } ?? false }
  }
}
