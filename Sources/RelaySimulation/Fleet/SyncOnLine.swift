internal import Relay
internal import RelayProtocol

/// One sync of one device: `SyncMachine` over the simulated line, as `Replica.sync` runs it over a transport.
struct SyncOnLine {
  /// An answer on its way into the file.
  struct Taking {
    var response: SyncResponse
    var request: SyncRequest
    /// Of the sync schema that its rows are of: the older one of the device's, as it asked, and the hub's.
    var version: UInt64 { min(request.schemaVersion ?? 1, response.schemaVersion ?? 1) }
  }

  var machine: SyncMachine
  /// What was sent and waits for an answer.
  var request: SyncRequest?
  var body: [UInt8] = []
  var shape: RequestShape?
  var taking: Taking?
  /// Counts requests, sleeps and deadlines, so that an event of before is known as such.
  var turn = 0

  init(pageBytes: Int, deadline: Duration) {
    var options = SyncOptions { (_) async throws(CancellationError) in }
    options.requestDeadline = deadline
    machine = SyncMachine(
      options: options, push: AdaptiveSize(most: Limits.part), page: AdaptiveSize(most: max(pageBytes, 64 << 10)))
  }
}
