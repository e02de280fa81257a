internal import Foundation
internal import Relay
internal import RelayHub
internal import RelayMerge
internal import RelayProtocol

/// A hub and devices in this process; messages go through their bytes.
final class Fleet {
  private let folder: String
  private let writer: HubWriter
  private let reader: HubReader
  private var count: UInt64 = 0
  private(set) var first: Replica

  init(_ folder: String) throws {
    self.folder = folder
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Hub.create(
      directory: folder, schema: Cases.schema, organisation: Hash128(high: 1, low: 1), epoch: Hash128(high: 2, low: 2))
    writer = try HubWriter(directory: folder)
    reader = try HubReader(directory: folder)
    first = try Fleet.replica(folder + "/first", 1)
    try join("first", first)
  }

  static func replica(_ path: String, _ number: UInt64) throws -> Replica {
    let environment = Environment(
      now: { Int64(Date().timeIntervalSince1970 * 1000) }, random: { number &* 0x9E37_79B9_7F4A_7C15 })
    return try Replica(at: path, schema: Cases.schema, environment: environment) { (db) throws(RelayError) in
      try db.script(Cases.ddl)
    }
  }

  func add(_ name: String) throws -> Replica {
    count += 1
    let replica = try Fleet.replica(folder + "/" + name, count + 1)
    try join(name, replica)
    return replica
  }

  private func join(_ name: String, _ replica: Replica) throws {
    try writer.addDevice(
      name: name, role: "field", grants: [ScopeGrant(scope: "unit/u")], code: name, expires: .max)
    let request = EnrolRequest(code: name, schemaHash: replica.schema.hash, replica: try replica.replicaID())
    try replica.enrolled(try writer.enrol(request, token: name, now: 1), hub: "here")
  }

  func answer(_ name: String, _ request: SyncRequest) throws -> SyncResponse {
    let device = try reader.authenticate(token: name)
    var response = SyncResponse(epoch: try reader.epoch(), time: 0)
    if !request.push.isEmpty || request.part != nil {
      let job = PushJob(device: device.id, request: request)
      let outcome = try writer.commit([job], now: 1_700_000_000_000)[0].get()
      (response.verdicts, response.partReceived) = (outcome.verdicts, outcome.partReceived)
    }
    if request.pull != nil { response.page = try reader.pull(request, device: device) }
    return try SyncResponse(decoding: response.encoded())
  }

  func sync(_ name: String, _ replica: Replica) throws {
    while true {
      let request = try replica.nextRequest(pageBytes: 1 << 30)
      if case .installed = try replica.receive(try answer(name, request), to: request) { return }
    }
  }
}
