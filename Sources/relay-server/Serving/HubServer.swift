internal import Logging
internal import NIOCore
internal import NIOPosix
internal import RelayHub
internal import RelayHubPostgres
internal import RelayProtocol
internal import ServiceLifecycle
internal import UnixSignals

/// The hub behind HTTP, from an open data directory to the last answer after SIGTERM.
struct HubServer {
  var settings: ServeSettings
  var logger: Logger

  func run() async throws {
    SystemEdge.allowManyConnections()
    SystemEdge.sparesMemory()
    // A database has any number of nodes, a directory one.
    var lock: DirectoryLock?
    if case .directory(let path) = settings.place { lock = try DirectoryLock(path) }
    defer { withExtendedLifetime(lock) {} }
    let limits = settings.limits
    let tls = try settings.tls.map { (files) throws(RelayError) in
      try ServerTLS(certificate: files.certificate, key: files.key)
    }
    let (budget, metrics) = (DeviceBudget(limits), Metrics())
    let lanes = WorkLanes(budget: budget)
    // First, as it brings a store of the version before to this one.
    let hubWriter = try settings.place.writer(newName: { SystemEdge.random128().low })
    let readers = try ReaderPool(
      settings.place, count: max(2, min(8, NIOCore.System.coreCount)), lanes: lanes, limits: limits)
    let (head, rights, organisation) = try await readers.read { (reader) throws(RelayError) in
      (try reader.head(), try reader.rights(), reader.organisation)
    }
    let parking = Parking(head: head, rights: rights)
    let writer = GroupCommit(
      writer: hubWriter, parking: parking, metrics: metrics, budget: budget)
    let gate = ConnectionGate(limits)
    let syncs = LastSyncs()
    let service = HubService(
      writer: writer, readers: readers, lanes: lanes, parking: parking, metrics: metrics, budget: budget, gate: gate,
      hosts: HostCheck(settings), organisation: organisation, syncs: syncs, logger: logger,
      isBehindProxy: settings.isBehindProxy)
    let network = Network(
      settings: settings, service: service,
      figures: MetricsService {
        metrics.text(head: parking.head, parked: parking.count, gate: gate, certificateExpires: tls?.expires)
      }, tls: tls, logger: logger)
    // The write-ahead log moves into the database file, so that it stays small.
    let checkpoints = Periodic(pause: .seconds(2), failure: "checkpoint failed", logger: logger) {
      () async throws(RelayError) in try await writer.checkpoint()
    }
    let tidying = Periodic(pause: .seconds(3600), failure: "old parts could not be dropped", logger: logger) {
      () async throws(RelayError) in
      let now = SystemEdge.now()
      try await writer.perform { (writer) throws(RelayError) in try writer.tidy(now: now) }
    }
    // A piece at a time, so that who pushes waits for one of them at most.
    let pruning = Periodic(pause: .seconds(3600), failure: "what is old could not be forgotten", logger: logger) {
      () async throws(RelayError) in
      let now = SystemEdge.now()
      while let news = try await writer.perform({ (writer) throws(RelayError) in try writer.age(now: now) }) {
        parking.committed(news)
      }
      var cursor: PruneCursor?
      repeat {
        let from = cursor
        cursor = try await writer.perform { (writer) throws(RelayError) in try writer.prune(now: now, from: from).next }
      } while cursor != nil
    }
    let noting = Periodic(
      pause: .seconds(10), failure: "it could not be written down who has synced", logger: logger
    ) { () async throws(RelayError) in try await note(syncs.due(), syncs, by: writer) }
    let memory = Periodic(pause: .seconds(5), failure: "", logger: logger) {
      () async throws(RelayError) in SystemEdge.giveBackMemory()
    }
    let clock = Periodic(pause: .milliseconds(250), failure: "", logger: logger) {
      () async throws(RelayError) in parking.expire()
    }
    // Grants, revocations, schemas and what leaves by age come from other processes, through the store; whoever waits should
    // hear of them.
    let rightsWatch = Periodic(
      pause: .milliseconds(500), failure: "the rights could not be looked at", logger: logger
    ) { () async throws(RelayError) in
      guard parking.count > 0 else { return }
      let (rights, head) = try await readers.read { (reader) throws(RelayError) in
        (try reader.rights(), try reader.head())
      }
      parking.changed(rights: rights)
      parking.found(head: head)
    }
    let otherNodes = OtherNodes(place: settings.place, parking: parking, logger: logger)
    // The last one goes down first: who listens to other nodes ends once the network has closed the parking.
    let services = ServiceGroupConfiguration(
      services: [
        otherNodes, network, CertificateReload(tls: tls, logger: logger), checkpoints, tidying, pruning, noting,
        memory, clock, rightsWatch,
      ],
      gracefulShutdownSignals: [.sigterm, .sigint],
      logger: logger)
    try await ServiceGroup(configuration: services).run()
    try await note(syncs.due(all: true), syncs, by: writer)
    try await writer.checkpoint()
    logger.info("stopped", metadata: ["head": "\(parking.head)"])
  }
}

private func note(_ times: [Int64: Int64], _ syncs: LastSyncs, by writer: GroupCommit) async throws(RelayError) {
  guard !times.isEmpty else { return }
  try await writer.perform { (writer) throws(RelayError) in try writer.noteSyncs(times) }
  syncs.written(times)
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
