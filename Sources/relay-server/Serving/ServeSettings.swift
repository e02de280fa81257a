internal import RelayHubPostgres
internal import RelayProtocol

/// What an operator decides about a server.
struct ServeSettings: Sendable {
  var place: HubPlace
  var listen: ListenAddress
  var portFile: String?
  var metrics: ListenAddress?
  var metricsPortFile: String?
  /// Files with the certificate's chain and its key; nil where the server speaks without TLS.
  var tls: (certificate: String, key: String)?
  /// A proxy with TLS stands before the server.
  var isBehindProxy = false
  /// Names under which the server is reached, beside its address.
  var hosts: [String] = []
  var limits = ServerLimits()

  /// - Throws: `usage` where credentials would travel in the open, or no device would reach the hub.
  func check() throws(RelayError) {
    for host in hosts where !HostCheck.isName(host) {
      throw RelayError(
        .usage, "'\(host)' is no host's name, and no request would be for it",
        advice: "Nothing was started. Say --host hub.example.org, without https:// and without a path.")
    }
    guard listen.isLoopback || isBehindProxy || tls != nil else {
      throw RelayError(
        .usage, "\(listen.host) is reached from other machines, and what travels there is readable without TLS",
        advice:
          "Nothing was started. Name --certificate and --key, or put a proxy with TLS before it and say --behind-proxy."
      )
    }
    if let metrics, !metrics.isLoopback, !isBehindProxy {
      throw RelayError(
        .usage, "\(metrics.host) is reached from other machines: the metrics are for the operator only",
        advice: "Nothing was started. Name a loopback address with --metrics.")
    }
  }
}

extension HostCheck {
  init(_ settings: ServeSettings) {
    guard !settings.hosts.isEmpty || settings.listen.isLoopback && !settings.isBehindProxy else {
      names = []
      return
    }
    names = Set(settings.hosts.map { HostCheck.name($0) } + ["localhost", "127.0.0.1", "::1"])
    names.insert(settings.listen.host.lowercased())
  }
}
