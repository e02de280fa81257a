internal import Foundation
internal import Relay
internal import RelayCurl
internal import RelayProtocol

extension Case {
  /// What an honest device notes of one that asks for everything over and over, on as many lines as the hub lets it.
  static func underAttack(_ measure: Measure) -> [Case] {
    let name =
      "a small sync over HTTP, the slowest but one in a hundred, beside a device that pulls everything in loops"
    return [
      Case(name: name) {
        let folder = measure.file()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let server = try ServerProcess(folder, options: [])
        defer { server.stop() }
        _ = try DeviceProcess.measure(.push, rows: measure.rows, folder: folder, hub: server.url)
        let alone = try DeviceProcess.measure(.visitAlone, rows: measure.rows, folder: folder, hub: server.url)
        let attacker = try DeviceProcess.start(.attack, rows: measure.rows, folder: folder, hub: server.url)
        defer { attacker.terminate() }
        Thread.sleep(forTimeInterval: 2)
        let beside = try DeviceProcess.measure(.visitBeside, rows: measure.rows, folder: folder, hub: server.url)
        return [Figure(name, .milliseconds, plain: alone.seconds * 1000, beside.seconds * 1000, .ratio(2))]
      }
    ]
  }
}

extension DeviceProcess {
  /// Asks for everything on eight lines until it is killed, and waits no longer than it is told when it is turned away.
  static func attack(_ replica: Replica, hub: String) async throws {
    let enrol = EnrolRequest(
      code: Work.attack.rawValue, schemaHash: replica.schema.hash, replica: try replica.replicaID())
    let answer = try await CurlTransport(hub: hub).send(
      TransportRequest(path: "/v1/enrol", body: enrol.encoded()), deadline: .seconds(30))
    let response = try EnrolResponse(decoding: answer.body)
    try replica.enrolled(response, hub: hub)
    let request = TransportRequest(
      path: "/v1/sync", body: try replica.nextRequest().encoded(), token: response.token)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          let line = try CurlTransport(hub: hub)
          while true {
            let answer = try await line.send(request, deadline: .seconds(60))
            if answer.status != 200 { try await Task.sleep(for: .milliseconds(100)) }
          }
        }
      }
      try await group.waitForAll()
    }
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
