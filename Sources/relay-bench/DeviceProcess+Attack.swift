internal import Foundation
internal import Relay
internal import RelayCurl
internal import RelayProtocol

extension DeviceProcess {
  /// Asks for what costs most on eight lines until it is killed, and waits no longer than a moment when it is turned away.
  static func attack(_ work: Work, _ replica: Replica, hub: String) async throws {
    let enrol = EnrolRequest(code: work.rawValue, schemaHash: replica.schema.hash, replica: try replica.replicaID())
    let transport = try CurlTransport(hub: hub)
    let answer = try await transport.send(
      TransportRequest(path: "/v1/enrol", body: enrol.encoded()), deadline: .seconds(30))
    let response = try EnrolResponse(decoding: answer.body)
    try replica.enrolled(response, hub: hub)
    if work == .comparisons { _ = try await replica.sync(with: transport, options: .system) }
    let (pull, token) = (try replica.nextRequest(), response.token)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          let line = try CurlTransport(hub: hub)
          var base = pull.base
          while true {
            let answer = try await line.send(request(work, pull, base: base, token), deadline: .seconds(60))
            if answer.status == 409 { base = try await head(pull, token, line) ?? base }
            if answer.status == 429 || answer.status == 503 { try await Task.sleep(for: .milliseconds(100)) }
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private static func request(_ work: Work, _ pull: SyncRequest, base: UInt64, _ token: String) -> TransportRequest {
    switch work {
    case .comparisons:
      TransportRequest(path: "/v1/verify", body: VerifyRequest(epoch: pull.epoch, base: base).encoded(), token: token)
    case .histories:
      TransportRequest(
        path: "/v1/history",
        body: HistoryRequest(epoch: pull.epoch, row: RowID(table: 1, values: [.text("item-0")]), most: 500).encoded(),
        token: token)
    default: TransportRequest(path: "/v1/sync", body: pull.encoded(), token: token)
    }
  }

  /// Where the hub stands now; nil where it does not say.
  private static func head(_ pull: SyncRequest, _ token: String, _ line: CurlTransport) async throws -> UInt64? {
    let answer = try await line.send(
      TransportRequest(path: "/v1/sync", body: pull.encoded(), token: token), deadline: .seconds(60))
    guard answer.status == 200 else { return nil }
    return try SyncResponse(decoding: answer.body).page?.closing?.head
  }

  /// A row that a hundred transactions of a thousand rows have changed: some 6 MB that its history stands in.
  static func writeHistory(_ replica: Replica, _ transport: CurlTransport) async throws {
    _ = try await replica.sync(with: transport, options: .system)
    for round in 0..<100 {
      try replica.write { db in
        for at in 0..<1000 { try Sample.update(round * 1_000_000 + at, db, of: 1000) }
      }
    }
    _ = try await replica.sync(with: transport, options: .system)
  }

  /// Small syncs of a device that has everything already.
  ///
  /// - Returns: seconds of the slowest but one in a hundred.
  static func visit(_ replica: Replica, _ transport: CurlTransport) async throws -> Double {
    _ = try await replica.sync(with: transport, options: .system)
    var seconds: [Double] = []
    for at in 0..<400 {
      try replica.write { db in try Sample.update(at, db, of: 1000) }
      let start = ContinuousClock.now
      _ = try await replica.sync(with: transport, options: .system)
      seconds.append((ContinuousClock.now - start) / .seconds(1))
    }
    return seconds.sorted()[395]
  }
}
