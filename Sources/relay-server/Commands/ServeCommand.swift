internal import ArgumentParser
internal import Logging
internal import RelayHubPostgres
internal import RelayProtocol

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "serve", abstract: "Runs the hub until SIGTERM.")

  @OptionGroup var data: DataOptions
  @Option(help: "HOST:PORT to listen on (or RELAY_LISTEN); port 0 takes a free one. Default 127.0.0.1:8470.")
  var listen: String?
  @Option(help: "Writes the port here once connections are taken.") var portFile: String?
  @Option(help: "HOST:PORT for /metrics (or RELAY_METRICS), a listener of its own. Off where it is not given.")
  var metrics: String?
  @Option(help: "Writes the port of /metrics here.") var metricsPortFile: String?
  @Option(help: "The certificate for TLS with its chain, PEM (or RELAY_CERTIFICATE). SIGHUP reads it again.")
  var certificate: String?
  @Option(help: "The certificate's private key, PEM without a passphrase (or RELAY_KEY).") var key: String?
  @Flag(help: "A proxy with TLS stands before the server; it may listen beyond loopback.") var behindProxy = false
  @Option(name: .customLong("host"), help: "A name under which devices reach the hub; repeatable. Others get 404.")
  var hosts: [String] = []
  @Option(help: "Connections at once.") var connections: Int?
  @Option(help: "Requests of one device at once, parked pulls among them.") var deviceRequests: Int?
  @Option(help: "Seconds of the hub's time that a device may take at once.") var deviceBurst: Double?
  @Option(help: "Milliseconds of the hub's time that a device gets every second.") var deviceRate: Double?
  @Option(help: "trace, debug, info, notice, warning, error or critical (or RELAY_LOG).") var logLevel: String?

  func run() async throws {
    LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
    var logger = Logger(label: "relay-server")
    let level = logLevel ?? SystemEdge.environment("RELAY_LOG") ?? "info"
    guard let level = Logger.Level(rawValue: level) else { throw RelayError(.usage, "no log level '\(level)'") }
    logger.logLevel = level
    let settings = try settings()
    try settings.check()
    try await HubServer(settings: settings, logger: logger).run()
  }

  private func settings() throws(RelayError) -> ServeSettings {
    let address = try ListenAddress(listen ?? SystemEdge.environment("RELAY_LISTEN") ?? "127.0.0.1:8470")
    var settings = ServeSettings(place: try data.place, listen: address, portFile: portFile)
    if let metrics = metrics ?? SystemEdge.environment("RELAY_METRICS") {
      settings.metrics = try ListenAddress(metrics)
    }
    settings.metricsPortFile = metricsPortFile
    settings.tls = try tls()
    settings.isBehindProxy = behindProxy
    settings.hosts = hosts
    try set(&settings.limits.connections, connections, "--connections", 1...1_000_000)
    try set(&settings.limits.requestsOfDevice, deviceRequests, "--device-requests", 1...1_000_000)
    try set(&settings.limits.workBurst, deviceBurst.map { $0 * 1000 }, "--device-burst", 100...3_600_000)
    try set(&settings.limits.workRate, deviceRate, "--device-rate", 1...10_000)
    return settings
  }

  private func tls() throws(RelayError) -> (certificate: String, key: String)? {
    let certificate = certificate ?? SystemEdge.environment("RELAY_CERTIFICATE")
    let key = key ?? SystemEdge.environment("RELAY_KEY")
    guard certificate != nil || key != nil else { return nil }
    guard let certificate, let key else { throw RelayError(.usage, "--certificate and --key go together") }
    return (certificate, key)
  }

  private func set<T: Comparable>(
    _ limit: inout T, _ given: T?, _ name: String, _ range: ClosedRange<T>
  ) throws(RelayError) {
    guard let given else { return }
    guard range.contains(given) else {
      throw RelayError(.usage, "\(name) is \(range.lowerBound) to \(range.upperBound)")
    }
    limit = given
  }
}
