internal import Dispatch
internal import Logging
internal import RelayHub
internal import RelayHubPostgres
internal import RelayProtocol
internal import ServiceLifecycle
internal import Synchronization

/// Wakes parked pulls for what other nodes commit to the same database.
///
/// A notification says that there may be something; the truth is in the store, which is looked at a few times a second
/// anyway. So a hint that was lost costs a moment, and nothing else.
struct OtherNodes: Service {
  let place: HubPlace
  let parking: Parking
  let logger: Logger

  func run() async throws {
    guard case .database(let address) = place else { return try await gracefulShutdown() }
    let watch = Watch(address, parking, logger)
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      DispatchQueue(label: "relay.nodes").async {
        watch.run()
        continuation.resume()
      }
    }
    // The network may still be answering: who ends before its turn ends the server with an error.
    try? await gracefulShutdown()
  }
}

/// The loop, on a thread of its own until the server goes down.
private final class Watch: Sendable {
  private let address: PostgresAddress
  private let parking: Parking
  private let logger: Logger

  init(_ address: PostgresAddress, _ parking: Parking, _ logger: Logger) {
    (self.address, self.parking, self.logger) = (address, parking, logger)
  }

  func run() {
    while !parking.isClosed {
      do throws(RelayError) {
        try listen()
      } catch {
        logger.warning("other nodes cannot be heard", metadata: ["error": "\(error)"])
        // Nobody knows what was missed meanwhile.
        parking.wakeAll()
        pause(milliseconds: 1000)
      }
    }
  }

  private func listen() throws(RelayError) {
    let hub = try PostgresHub(address)
    let reader = try HubReader(hub)
    let listener = try PostgresListener(hub, address)
    var seen = try reader.newestNews()
    parking.wakeAll()
    while !parking.isClosed {
      try listener.wait(milliseconds: 250)
      for (number, news) in try reader.news(after: seen) {
        // News that was dropped before it was read here: a node that stood still for long.
        if number > seen + 1 { parking.wakeAll() }
        seen = number
        parking.committed(news)
      }
    }
  }

  private func pause(milliseconds: Int) {
    _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(milliseconds))
  }
}
