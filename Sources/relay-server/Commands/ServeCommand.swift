internal import ArgumentParser
internal import Logging
internal import RelayProtocol

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "serve", abstract: "Runs the hub until SIGTERM.")

  @OptionGroup var data: DataOptions
  @Option(help: "HOST:PORT to listen on (or RELAY_LISTEN); port 0 takes a free one. Default 127.0.0.1:8470.")
  var listen: String?
  @Option(help: "Writes the port here once connections are taken.") var portFile: String?
  @Option(help: "trace, debug, info, notice, warning, error or critical (or RELAY_LOG).") var logLevel: String?

  func run() async throws {
    LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
    var logger = Logger(label: "relay-server")
    let level = logLevel ?? SystemEdge.environment("RELAY_LOG") ?? "info"
    guard let level = Logger.Level(rawValue: level) else { throw RelayError(.usage, "no log level '\(level)'") }
    logger.logLevel = level
    let (host, port) = try address(listen ?? SystemEdge.environment("RELAY_LISTEN") ?? "127.0.0.1:8470")
    try await HubServer(directory: data.directory, host: host, port: port, portFile: portFile, logger: logger).run()
  }

  /// Splits `HOST:PORT`; an IPv6 address stands in brackets.
  private func address(_ text: String) throws(RelayError) -> (host: String, port: Int) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65_535).contains(port)
    else { throw RelayError(.usage, "'\(text)' is not HOST:PORT") }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty else { throw RelayError(.usage, "'\(text)' is not HOST:PORT") }
    return (String(host), port)
  }
}
