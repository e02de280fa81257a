import Foundation
import Relay
import RelayHub

/// A hub and its devices in one process: the production code on real files, with a clock that the test moves.
final class Fleet {
  static let schema = Array(
    """
    { "name": "fleet", "version": 1, "roles": ["field"],
      "tables": [
        { "id": 1, "name": "person", "key": ["id"], "scopes": ["unit/{unit}"], "homes": ["unit/{unit}"],
          "columns": [
            { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "unit", "type": "text", "required": true },
            { "id": 3, "name": "phone", "type": "text", "policy": "ask" }, { "id": 4, "name": "area", "type": "text" },
            { "id": 5, "name": "guests", "type": "integer", "policy": "counter", "default": 0, "required": true },
            { "id": 6, "name": "tags", "policy": "set", "default": "[]", "required": true },
            { "id": 7, "name": "top", "type": "integer", "policy": "max" } ],
          "access": { "field": { "read": true, "write": true } } },
        { "id": 2, "name": "visit", "key": ["id"], "parent": { "column": "person", "table": "person" },
          "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "person", "type": "text" },
            { "id": 3, "name": "note", "type": "text" } ],
          "access": { "field": { "read": true, "write": true } } } ] }
    """.utf8)

  static let ddl = """
    CREATE TABLE person (id TEXT PRIMARY KEY, unit TEXT NOT NULL, phone TEXT, area TEXT,
      guests INTEGER NOT NULL DEFAULT 0, tags TEXT NOT NULL DEFAULT '[]', top INTEGER);
    CREATE TABLE visit (id TEXT PRIMARY KEY, person TEXT, note TEXT);
    """

  let folder: String
  let writer: HubWriter
  let reader: HubReader
  private(set) var devices: [Device] = []

  final class Device {
    let name: String
    let replica: Replica

    init(name: String, replica: Replica) {
      self.name = name
      self.replica = replica
    }

    func sql(_ text: String) throws {
      try replica.write(author: name) { (db) throws(RelayError) in try db.script(text) }
    }

    func values(_ sql: String) throws -> [[Value]] {
      try replica.read { (db) throws(RelayError) in try db.query(sql) { (row) throws(RelayError) in row.values } }
    }
  }

  /// Where a round trip is cut.
  enum Loss { case none, request, response }

  init() throws {
    folder = NSTemporaryDirectory() + "relay-fleet-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder + "/hub", withIntermediateDirectories: true)
    try Hub.create(
      directory: folder + "/hub", schema: Fleet.schema, organisation: Hash128(high: 5, low: 5),
      epoch: Hash128(high: 6, low: 6))
    writer = try HubWriter(directory: folder + "/hub")
    reader = try HubReader(directory: folder + "/hub")
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  @discardableResult
  func add(_ name: String, _ scopes: String...) throws -> Device {
    let number = UInt64(devices.count + 1)
    let environment = Environment(now: { 1_700_000_000_000 }, random: { number &* 0x9E37_79B9_7F4A_7C15 })
    let replica = try Replica(at: folder + "/\(name).db", schema: Fleet.schema, environment: environment) {
      (db) throws(RelayError) in try db.script(Fleet.ddl)
    }
    try writer.addDevice(
      name: name, role: "field", grants: scopes.sorted().map { ScopeGrant(scope: $0) }, code: "code-" + name,
      expires: 2_000_000_000_000)
    let request = EnrolRequest(code: "code-" + name, schemaHash: replica.schema.hash, replica: try replica.replicaID())
    try replica.enrolled(
      try writer.enrol(request, token: "token-" + name, now: 1_700_000_000_000), hub: "http://127.0.0.1")
    let device = Device(name: name, replica: replica)
    devices.append(device)
    return device
  }

  /// One round trip.
  ///
  /// - Returns: nil when it was lost.
  func roundTrip(_ device: Device, pageBytes: UInt64 = 4 << 20, loss: Loss = .none) throws -> SyncStep? {
    let request = try SyncRequest(decoding: try device.replica.nextRequest(pageBytes: pageBytes).encoded())
    if loss == .request { return nil }
    let known = try reader.authenticate(token: "token-" + device.name)
    let job = PushJob(device: known.id, replica: request.replica, request: request)
    let outcome = try writer.commit([job], now: 1_700_000_000_000)[0].get()
    var response = SyncResponse(
      epoch: try reader.epoch(), time: 0, verdicts: outcome.verdicts, partReceived: outcome.partReceived)
    if request.pull != nil {
      guard let page = try page(for: request, known) else {
        try device.replica.abandonPull()
        return .again
      }
      response.page = page
    }
    if loss == .response { return nil }
    return try device.replica.receive(try SyncResponse(decoding: response.encoded()), to: request)
  }

  /// The page that was asked for; nil when the hub no longer holds to what it was asked with.
  private func page(for request: SyncRequest, _ device: HubDevice) throws -> PullPage? {
    do {
      return try reader.pull(request, device: device, now: 1_700_000_000_000)
    } catch {
      guard error.code == .pageVoid else { throw error }
      return nil
    }
  }

  /// Round trips until a pull is installed.
  func sync(_ device: Device, pageBytes: UInt64 = 4 << 20) throws {
    for _ in 0..<1000 { if case .installed = try roundTrip(device, pageBytes: pageBytes) { return } }
    throw RelayError(.invariant, "\(device.name) does not come to an end")
  }

  func syncAll() throws { for device in devices { try sync(device) } }
}
