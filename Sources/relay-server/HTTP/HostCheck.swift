internal import NIOHTTP1

/// Which names the server answers to. A page in a browser of the same machine cannot reach a hub on loopback under a name
/// of its own choosing (DNS rebinding).
struct HostCheck: Sendable {
  /// In lower case, without ports; empty where every name will do.
  var names: Set<String>

  func admits(_ head: HTTPRequestHead) -> Bool {
    let hosts = head.headers[canonicalForm: "host"]
    guard hosts.count == 1, let host = hosts.first, !host.isEmpty else { return false }
    if names.isEmpty { return true }
    return names.contains(HostCheck.name(String(host)))
  }

  /// May this be what `name` finds in a request?
  static func isName(_ host: String) -> Bool {
    let name = name(host)
    return !name.isEmpty && !host.contains { "/@?#*".contains($0) || $0.isWhitespace }
  }

  /// The name of `NAME`, `NAME:PORT`, `[IPv6]` or `[IPv6]:PORT`, in lower case.
  static func name(_ host: String) -> String {
    let host = host.lowercased()
    if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
      return String(host[host.index(after: host.startIndex)..<end])
    }
    return host.lastIndex(of: ":").map { String(host[..<$0]) } ?? host
  }
}
