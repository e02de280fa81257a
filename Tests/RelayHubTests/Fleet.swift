import Foundation
import Relay
import RelayHub
internal import RelayHubPostgres
internal import RelayMerge
internal import RelayProtocol
import Synchronization
internal import TestStores

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
  private let schema: [UInt8]
  private let ddl: String
  private let resolvers: Resolvers
  private(set) var writer: HubWriter
  private(set) var reader: HubReader
  private(set) var devices: [Device] = []
  private var copies = 0
  /// Sees every verdict as the hub gives it, also of replies that are lost.
  var judged: (Device, [Verdict]) throws -> Void = { (_, _) in }
  let clock = Clock()

  var hub: InProcessHub { InProcessHub(writer: writer, reader: reader) }

  /// For one more process on a device's file.
  var environment: Environment {
    let clock = clock
    return Environment(now: { clock.now }, random: { 0x9E37_79B9_7F4A_7C15 })
  }

  /// Milliseconds since 1970, moved by the test.
  final class Clock: Sendable {
    private let time = Atomic<Int64>(1_700_000_000_000)
    var now: Int64 { time.load(ordering: .relaxed) }
    func advance(_ milliseconds: Int64) { time.add(milliseconds, ordering: .relaxed) }
  }

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

  /// - Parameters:
  ///   - inMemory: keeps the files in memory where the system offers that: for runs in their thousands.
  ///   - resolvers: the hub's and every device's.
  init(
    schema: [UInt8] = Fleet.schema, ddl: String = Fleet.ddl, resolvers: Resolvers = Resolvers(), inMemory: Bool = false
  ) throws {
    (self.schema, self.ddl, self.resolvers) = (schema, ddl, resolvers)
    let memory = "/dev/shm/"
    let isThere = inMemory && FileManager.default.isWritableFile(atPath: memory)
    folder = (isThere ? memory : NSTemporaryDirectory()) + "relay-fleet-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let place = try TestStore.place(folder + "/hub")
    try place.create(
      schema: schema, organisation: Hash128(high: 5, low: 5),
      epoch: Hash128(high: 6, low: 6), resolvers: resolvers)
    writer = try place.writer(resolvers: resolvers)
    reader = try place.reader(resolvers: resolvers)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// A fleet with two devices of one unit, with which most stories begin.
  static func pair() throws -> (fleet: Fleet, a: Device, b: Device) {
    let fleet = try Fleet()
    return (fleet, try fleet.add("a", "unit/u1"), try fleet.add("b", "unit/u1"))
  }

  /// - Parameter skew: how far the device's clock is off, in milliseconds.
  @discardableResult
  func add(_ name: String, _ scopes: String...) throws -> Device { try add(name, scopes: scopes) }

  /// - Parameter app: the sync schema that the device's app brings, and its tables; the hub's schema where it is nil.
  func add(
    _ name: String, role: String = "field", scopes: [String], skew: Int64 = 0, ddl: String? = nil,
    app: (schema: [UInt8], ddl: String)? = nil
  ) throws -> Device {
    let number = UInt64(devices.count + 1)
    let clock = clock
    let environment = Environment(now: { clock.now + skew }, random: { number &* 0x9E37_79B9_7F4A_7C15 })
    let tables = app?.ddl ?? ddl ?? self.ddl
    let replica = try Replica(
      at: folder + "/\(name).db", schema: app?.schema ?? schema, environment: environment, resolvers: resolvers
    ) { (db) throws(RelayError) in try db.script(tables) }
    try writer.addDevice(
      name: name, role: role, grants: Fleet.grants(scopes), code: "code-" + name, expires: 2_000_000_000_000)
    let request = EnrolRequest(
      code: "code-" + name, schemaHash: replica.schema.hash, replica: try replica.replicaID(),
      schemaVersion: replica.schema.version)
    try replica.enrolled(try writer.enrol(request, token: "token-" + name, now: clock.now), hub: "http://127.0.0.1")
    let device = Device(name: name, replica: replica)
    devices.append(device)
    return device
  }

  /// A copy of a device's file as it is now, under the same credential: a backup, or the other half of a clone.
  ///
  /// - Parameter bits: what the copy's source of randomness begins with.
  func copy(_ device: Device, bits: UInt64 = 1) throws -> Device {
    copies += 1
    let path = folder + "/copy-\(copies).db"
    try Database(path: device.replica.path, mode: .readWrite).script("VACUUM INTO '\(path)'")
    return try open(path, as: device.name, bits: bits)
  }

  /// A copy of the hub as it is now, where the hub is a file.
  func copyHub() throws -> String {
    copies += 1
    let path = folder + "/hub-\(copies)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try Database(path: writer.place, mode: .readWrite).script("VACUUM INTO '\(path)/hub.db'")
    return path
  }

  /// From now on this directory's hub answers.
  func serve(_ directory: String) throws {
    writer = try HubWriter(directory: directory, resolvers: resolvers)
    reader = try HubReader(directory: directory, resolvers: resolvers)
  }

  func open(_ path: String, as name: String, bits: UInt64) throws -> Device {
    let clock = clock
    let environment = Environment(now: { clock.now }, random: { bits &* 0x9E37_79B9_7F4A_7C15 &+ 1 })
    let replica = try Replica(at: path, schema: schema, environment: environment, resolvers: resolvers)
    return Device(name: name, replica: replica)
  }

  /// A device that this hub has never heard of gets a code, as at the beginning.
  func enrolAgain(_ device: Device, _ scopes: String...) throws {
    try writer.addDevice(
      name: device.name, role: "field", grants: Fleet.grants(scopes), code: "code-" + device.name,
      expires: 2_000_000_000_000)
    let replica = device.replica
    let request = EnrolRequest(
      code: "code-" + device.name, schemaHash: replica.schema.hash, replica: try replica.replicaID(),
      organisation: reader.organisation, schemaVersion: replica.schema.version)
    try replica.enrolled(
      try writer.enrol(request, token: "token-" + device.name, now: clock.now), hub: "http://127.0.0.1")
  }

  /// The device gets a newer app: another program changes the tables first, then the app opens the file.
  func update(_ device: Device, to schema: [UInt8], migration: String) throws -> Device {
    let shell = try Database(path: device.replica.path, mode: .readWrite)
    try shell.script(migration)
    let clock = clock
    let environment = Environment(now: { clock.now }, random: { 7 })
    let updated = Device(
      name: device.name, replica: try Replica(at: device.replica.path, schema: schema, environment: environment))
    if let at = devices.firstIndex(where: { $0 === device }) { devices[at] = updated }
    return updated
  }

  static func grants(_ scopes: [String]) -> [ScopeGrant] { scopes.sorted().map { ScopeGrant(scope: $0) } }

  func grant(_ device: Device, _ scopes: [String]) throws {
    try writer.grant(device: device.name, role: nil, grants: Fleet.grants(scopes), now: clock.now)
  }

  /// One round trip.
  ///
  /// - Returns: nil when it was lost.
  func roundTrip(_ device: Device, pageBytes: UInt64 = 4 << 20, loss: Loss = .none) throws -> SyncStep? {
    let request = try device.replica.nextRequest(pageBytes: pageBytes)
    if loss == .request { return nil }
    let answer: SyncResponse?
    do {
      answer = try self.answer(device, request)
    } catch let error as RelayError where error.code == .hubRolledBack {
      guard try device.replica.stepBack() else { throw error }
      return .again
    }
    guard let response = answer else {
      try device.replica.abandonPull()
      return .again
    }
    if loss == .response { return nil }
    return try device.replica.receive(response, to: request)
  }

  /// The hub's side of a round trip, through the wire's bytes.
  ///
  /// - Returns: nil when the pull has to start again; what was pushed is judged all the same.
  func answer(_ device: Device, _ sent: SyncRequest) throws -> SyncResponse? {
    let request = try SyncRequest(decoding: sent.encoded())
    let known = try reader.authenticate(token: "token-" + device.name)
    var verdicts: [Verdict] = []
    let response: SyncResponse?
    do {
      response = try hub.sync(request, known, now: clock.now, &verdicts)
    } catch {
      guard error.code == .pageVoid else { throw error }
      response = nil
    }
    try judged(device, verdicts)
    return try response.map { try SyncResponse(decoding: $0.encoded()) }
  }

  /// Round trips until a pull is installed.
  func sync(_ device: Device, pageBytes: UInt64 = 4 << 20) throws {
    for _ in 0..<1000 { if case .installed = try roundTrip(device, pageBytes: pageBytes) { return } }
    throw RelayError(.invariant, "\(device.name) does not come to an end")
  }

  func syncAll() throws { for device in devices { try sync(device) } }

  /// Syncs all, in this order, until nobody has anything to tell.
  func settle() throws {
    try syncAll()
    try syncAll()
  }
}

extension Fleet.Device {
  func conflicts() throws -> [InboxItem] { try replica.inbox().filter { $0.kind == .conflict } }

  func rules() throws -> [String] { try replica.inbox().filter { $0.kind == .refused }.compactMap(\.rule) }
}
