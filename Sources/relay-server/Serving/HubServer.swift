internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import RelayHub
internal import RelayProtocol
internal import ServiceLifecycle
internal import UnixSignals

/// The hub behind HTTP, from an open data directory to the last answer after SIGTERM.
struct HubServer {
  var directory: String
  var host: String
  var port: Int
  var portFile: String?
  var logger: Logger

  func run() async throws {
    SystemEdge.allowManyConnections()
    let lock = try DirectoryLock(directory)
    defer { withExtendedLifetime(lock) {} }
    let (signal, metrics) = (HeadSignal(), Metrics())
    let writer = GroupCommit(writer: try HubWriter(directory: directory), signal: signal, metrics: metrics)
    let readers = try ReaderPool(directory: directory, count: max(2, min(8, NIOCore.System.coreCount)))
    signal.advance(to: try await readers.read { (reader) throws(RelayError) in try reader.head() })
    signal.advance(rights: try await readers.read { (reader) throws(RelayError) in try reader.rights() })

    var configuration = HTTP1Channel.Configuration(idleTimeout: .seconds(75))
    configuration.httpDecoder = .init(
      maxHeaderFieldSize: 8 << 10, maxHeaderListSize: 16 << 10, maxHeaderFieldCount: 64)
    // The write-ahead log moves into the database file, so that it stays small.
    let checkpoints = Periodic(pause: .seconds(2), failure: "checkpoint failed", logger: logger) {
      () async throws(RelayError) in try await writer.checkpoint()
    }
    // Grants, revocations and schemas come from other processes, through the store; whoever waits should hear of them.
    let rightsWatch = Periodic(
      pause: .milliseconds(500), failure: "the rights could not be looked at", logger: logger
    ) { () async throws(RelayError) in
      guard signal.parkedCount > 0 else { return }
      signal.advance(rights: try await readers.read { (reader) throws(RelayError) in try reader.rights() })
    }
    let application = Application(
      responder: HubResponder(writer: writer, readers: readers, signal: signal, metrics: metrics),
      server: .http1(configuration: configuration),
      configuration: ApplicationConfiguration(address: .hostname(host, port: port), backlog: 1024),
      services: [checkpoints, rightsWatch],
      onServerRunning: { announce($0) }, logger: logger)
    var services = ServiceGroupConfiguration(
      services: [application], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    // Whoever sends a body a byte at a time does not keep the hub from stopping.
    services.maximumGracefulShutdownDuration = .seconds(20)
    do {
      try await ServiceGroup(configuration: services).run()
    } catch let error as IOError {
      throw cannotListen(SystemEdge.reason(error.errnoCode))
    } catch is SocketAddressError.UnknownHost {
      throw cannotListen("no such host")
    }
    try await writer.checkpoint()
    logger.info("stopped", metadata: ["head": "\(signal.head)"])
  }

  private func cannotListen(_ reason: String) -> RelayError {
    RelayError(
      .usage, "\(host):\(port): \(reason)",
      advice: "Nothing was started. Another program may listen there; name another place with --listen HOST:PORT.")
  }

  /// Tells where the server listens; the port file appears only once connections are taken.
  private func announce(_ channel: any Channel) {
    let bound = channel.localAddress?.port ?? port
    logger.info("serving", metadata: ["host": "\(host)", "port": "\(bound)", "data": "\(directory)"])
    guard let portFile else { return }
    do throws(RelayError) {
      try Files.write("\(bound)\n", to: portFile)
    } catch {
      logger.error("no port file", metadata: ["error": "\(error)"])
    }
  }
}

/// What the server does now and then while it runs. Nothing is lost where it fails: it is done again the next time.
private struct Periodic: Service {
  let pause: Duration
  let failure: Logger.Message
  let logger: Logger
  let body: @Sendable () async throws(RelayError) -> Void

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try await Task.sleep(for: pause)
        do throws(RelayError) {
          try await body()
        } catch {
          logger.warning(failure, metadata: ["error": "\(error)"])
        }
      }
    }
  }
}
