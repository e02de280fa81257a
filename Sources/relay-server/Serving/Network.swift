internal import Logging
internal import NIOCore
internal import NIOPosix
internal import RelayHubPostgres
internal import RelayProtocol
internal import ServiceLifecycle

/// The listeners, from the first connection to the last answer.
struct Network: Service {
  let settings: ServeSettings
  let service: HubService
  let figures: MetricsService
  let tls: ServerTLS?
  let logger: Logger

  func run() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: NIOCore.System.coreCount)
    do {
      try await serve(on: group)
    } catch {
      try await group.shutdownGracefully()
      throw error
    }
    try await group.shutdownGracefully()
  }

  private func serve(on group: any EventLoopGroup) async throws {
    let hub = try await HTTPListener.open(
      settings.listen, service, gate: service.gate, limits: settings.limits, tls: tls, on: group)
    var listeners = [hub]
    if let address = settings.metrics {
      let own = ConnectionGate(settings.limits)
      listeners.append(
        try await HTTPListener.open(address, figures, gate: own, limits: settings.limits, on: group))
    }
    logger.info(
      "serving",
      metadata: [
        "host": "\(settings.listen.host)", "port": "\(hub.port ?? 0)", "tls": "\(tls != nil)",
        "data": "\(settings.place.name)",
        "metrics": "\(settings.metrics.map { "\($0.host):\(listeners.last?.port ?? 0)" } ?? "off")",
      ])
    try announce(listeners.last?.port, in: settings.metricsPortFile)
    // The last file to appear: now connections are taken.
    try announce(hub.port, in: settings.portFile)
    try? await gracefulShutdown()
    await stop(listeners)
  }

  private func stop(_ listeners: [HTTPListener]) async {
    for listener in listeners { try? await listener.channel.close().get() }
    service.parking.close()
    for listener in listeners { listener.gate.goDown() }
    await rest(listeners, upTo: settings.limits.shutdownSeconds)
    // Whoever sends a body a byte at a time does not keep the hub from stopping.
    for listener in listeners { listener.gate.cutOff() }
    await rest(listeners, upTo: settings.limits.shutdownSeconds)
  }

  /// Waits until nothing is open or being answered; so many seconds at most.
  private func rest(_ listeners: [HTTPListener], upTo seconds: Int64) async {
    let end = SystemEdge.uptime() + seconds * 1000
    while listeners.contains(where: { $0.gate.isBusy }), SystemEdge.uptime() < end {
      try? await Task.sleep(for: .milliseconds(20))
    }
  }

  private func announce(_ port: Int?, in file: String?) throws {
    guard let port, let file else { return }
    try Files.write("\(port)\n", to: file)
  }
}
