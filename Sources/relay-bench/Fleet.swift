internal import Foundation
internal import Relay
internal import RelayCurl
internal import RelayHub
internal import RelayMerge
internal import RelayProtocol

/// A hub and devices in this process; messages go through their bytes.
final class Fleet {
  private let folder: String
  private let hub: Hub
  private var count: UInt64 = 1
  let first: Replica

  /// A new hub with one device, or the hub that an earlier process left in the folder, with another one.
  init(_ folder: String) throws {
    self.folder = folder
    let isNew = !FileManager.default.fileExists(atPath: folder)
    if isNew {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Hub.create(
        directory: folder, schema: Sample.schema, organisation: Hash128(high: 1, low: 1),
        epoch: Hash128(high: 2, low: 2))
    }
    hub = try Hub(directory: folder)
    let name = isNew ? "first" : UUID().uuidString
    first = try Fleet.replica(folder + "/" + name)
    try join(name, first)
  }

  private static func replica(_ path: String) throws -> Replica {
    try Replica(at: path, schema: Sample.schema, environment: .system) { db in try db.script(Sample.ddl) }
  }

  func add(_ name: String) throws -> Replica {
    let replica = try Fleet.replica(folder + "/" + name)
    try join(name, replica)
    return replica
  }

  private func join(_ name: String, _ replica: Replica) throws {
    try hub.writer.addDevice(
      name: name, role: "field", grants: [ScopeGrant(scope: "unit/u")], code: name, expires: .max)
    let request = EnrolRequest(code: name, schemaHash: replica.schema.hash, replica: try replica.replicaID())
    try replica.enrolled(try hub.writer.enrol(request, token: name, now: 1), hub: "here")
    tokens[ObjectIdentifier(replica)] = name
  }

  private var tokens: [ObjectIdentifier: String] = [:]

  func answer(_ name: String, _ request: SyncRequest) throws -> SyncResponse {
    let device = try hub.reader.authenticate(token: name)
    return try SyncResponse(
      decoding: try hub.answer(request, device: device, now: Environment.system.now()).encoded())
  }

  func sync(_ replica: Replica, pushBytes: Int = Limits.part, pageBytes: UInt64 = 4 << 20) throws {
    let token = tokens[ObjectIdentifier(replica)] ?? ""
    while true {
      let request = try replica.nextRequest(pushBytes: pushBytes, pageBytes: pageBytes)
      if case .installed = try replica.receive(try answer(token, request), to: request) { return }
    }
  }

  /// Rows of the first device, at the hub and confirmed; a transaction has at most so many, that it stays within the limits.
  func fill(_ rows: Int, batch: Int = 100_000, pushBytes: Int = Limits.part) throws {
    for start in stride(from: 0, to: rows, by: min(batch, max(rows, 1))) {
      try first.write { db in try Sample.insert(start..<min(rows, start + min(batch, rows)), db) }
      try sync(first, pushBytes: pushBytes)
    }
  }

  /// CPU seconds of taking in what the hub has, without the hub's own work.
  func install(on replica: Replica, _ measure: Measure) throws -> Double {
    let token = tokens[ObjectIdentifier(replica)] ?? ""
    var seconds = 0.0
    while true {
      let request = try replica.nextRequest()
      let bytes = try hub.answer(
        request, device: try hub.reader.authenticate(token: token), now: Environment.system.now()
      )
      .encoded()
      var step = SyncStep.again
      seconds += try measure.cpu { step = try replica.receive(try SyncResponse(decoding: bytes), to: request) }
      if case .installed = step { return seconds }
    }
  }

  /// CPU seconds of the hub while a replica syncs: judging, reading and encoding, without the device's own work.
  func serve(_ replica: Replica, _ measure: Measure) throws -> Double {
    let token = tokens[ObjectIdentifier(replica)] ?? ""
    var seconds = 0.0
    while true {
      let request = try replica.nextRequest()
      let device = try hub.reader.authenticate(token: token)
      var bytes: [UInt8] = []
      seconds += try measure.cpu {
        bytes = try hub.answer(request, device: device, now: Environment.system.now()).encoded()
      }
      if case .installed = try replica.receive(try SyncResponse(decoding: bytes), to: request) { return seconds }
    }
  }
}
