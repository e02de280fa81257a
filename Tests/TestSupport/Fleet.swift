internal import Foundation
package import Relay
package import RelayHub
package import RelayHubPostgres
internal import RelayMerge
package import RelayProtocol

/// A hub and its devices in one process: the production code on real files, with a clock that the test moves.
package final class Fleet {
  package static let schema = Array(
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

  package static let ddl = """
    CREATE TABLE person (id TEXT PRIMARY KEY, unit TEXT NOT NULL, phone TEXT, area TEXT,
      guests INTEGER NOT NULL DEFAULT 0, tags TEXT NOT NULL DEFAULT '[]', top INTEGER);
    CREATE TABLE visit (id TEXT PRIMARY KEY, person TEXT, note TEXT);
    """

  private let files: TestFolder
  private let schema: [UInt8]
  private let ddl: String
  private let resolvers: Resolvers
  /// What the devices' environments have as `fileID`.
  private let fileID: (@Sendable (String) -> UInt64?)?
  package private(set) var hub: InProcessHub
  /// Where that is.
  package private(set) var place: HubPlace
  package private(set) var devices: [Device] = []
  private var copies = 0
  /// Sees every verdict as the hub gives it, also of replies that are lost.
  package var judged: (Device, [Verdict]) throws -> Void = { (_, _) in }
  package let clock = TestClock()

  package var folder: String { files.path }
  package var writer: HubWriter { hub.writer }
  package var reader: HubReader { hub.reader }

  /// For one more process on a device's file.
  package var environment: Environment {
    let clock = clock
    return Environment(now: { clock.now }, random: { 0x9E37_79B9_7F4A_7C15 })
  }

  package final class Device {
    package let name: String
    package let replica: Replica

    package init(name: String, replica: Replica) {
      self.name = name
      self.replica = replica
    }

    package func sql(_ text: String) throws {
      try replica.write(author: name) { (db) throws(RelayError) in try db.script(text) }
    }

    package func values(_ sql: String) throws -> [[Value]] {
      try replica.read { (db) throws(RelayError) in try db.query(sql) { (row) throws(RelayError) in row.values } }
    }
  }

  /// Where a round trip is cut.
  package enum Loss { case none, request, response }

  /// - Parameters:
  ///   - inMemory: keeps the files in memory where the system offers that: for runs in their thousands.
  ///   - resolvers: the hub's and every device's.
  ///   - fileID: what the system calls a file; nil for devices that keep no sidecars.
  package init(
    schema: [UInt8] = Fleet.schema, ddl: String = Fleet.ddl, resolvers: Resolvers = Resolvers(), inMemory: Bool = false,
    fileID: (@Sendable (String) -> UInt64?)? = nil
  ) throws {
    (self.schema, self.ddl, self.resolvers, self.fileID) = (schema, ddl, resolvers, fileID)
    files = TestFolder(inMemory: inMemory)
    place = try TestStore.place(files.file("hub"))
    hub = try InProcessHub(new: place, schema: schema, resolvers: resolvers)
  }

  /// A fleet with two devices of one unit, with which most stories begin.
  package static func pair() throws -> (fleet: Fleet, a: Device, b: Device) {
    let fleet = try Fleet()
    return (fleet, try fleet.add("a", "unit/u1"), try fleet.add("b", "unit/u1"))
  }

  /// - Parameter skew: how far the device's clock is off, in milliseconds.
  @discardableResult
  package func add(_ name: String, _ scopes: String...) throws -> Device { try add(name, scopes: scopes) }

  /// - Parameters:
  ///   - own: the device's clock, where that goes apart from the hub's.
  ///   - app: the sync schema that the device's app brings, and its tables; the hub's schema where it is nil.
  package func add(
    _ name: String, role: String = "field", scopes: [String], skew: Int64 = 0, clock own: TestClock? = nil,
    ddl: String? = nil, app: (schema: [UInt8], ddl: String)? = nil
  ) throws -> Device {
    let number = UInt64(devices.count + 1)
    let clock = own ?? self.clock
    var environment = Environment(now: { clock.now + skew }, random: { number &* 0x9E37_79B9_7F4A_7C15 })
    environment.fileID = fileID
    let tables = app?.ddl ?? ddl ?? self.ddl
    let replica = try Replica(
      at: folder + "/\(name).db", schema: app?.schema ?? schema, environment: environment, resolvers: resolvers
    ) { (db) throws(RelayError) in try db.script(tables) }
    try hub.enrol(replica, as: name, role: role, Fleet.grants(scopes), now: self.clock.now)
    let device = Device(name: name, replica: replica)
    devices.append(device)
    return device
  }

  /// A copy of a device's file as it is now, under the same credential: a backup, or the other half of a clone.
  ///
  /// - Parameter bits: what the copy's source of randomness begins with.
  package func copy(_ device: Device, bits: UInt64 = 1) throws -> Device {
    copies += 1
    let path = folder + "/copy-\(copies).db"
    try Database(path: device.replica.path, mode: .readWrite).script("VACUUM INTO '\(path)'")
    return try open(path, as: device.name, bits: bits)
  }

  /// A copy of the hub as it is now, in a place of its own.
  package func copyHub() throws -> HubPlace {
    let file = folder + "/copy-of-hub-\(copies + 1).db"
    _ = try place.backUp(to: file)
    return try put(file)
  }

  /// Makes a hub of a copy, in a place of its own.
  package func put(_ file: String) throws -> HubPlace {
    copies += 1
    let new = try TestStore.place(folder + "/hub-\(copies)")
    switch new {
    case .directory(let path): _ = try HubBackup.put(file, as: path + "/hub.db")
    case .database(let address): _ = try HubPlace.put(file, in: address)
    }
    return new
  }

  /// From now on the hub at this place answers.
  ///
  /// - Parameter newName: draws names for its order; nil where that has none.
  package func serve(_ place: HubPlace, newName: (@Sendable () -> UInt64)? = nil) throws {
    self.place = place
    hub = try InProcessHub(at: place, resolvers: resolvers, newName: newName)
  }

  package func open(_ path: String, as name: String, bits: UInt64) throws -> Device {
    let clock = clock
    var environment = Environment(now: { clock.now }, random: { bits &* 0x9E37_79B9_7F4A_7C15 &+ 1 })
    environment.fileID = fileID
    let replica = try Replica(at: path, schema: schema, environment: environment, resolvers: resolvers)
    return Device(name: name, replica: replica)
  }

  /// Its program ends, and nobody starts it here again.
  package func end(_ device: Device) { devices.removeAll { $0 === device } }

  /// A device that this hub has never heard of gets a code, as at the beginning.
  package func enrolAgain(_ device: Device, _ scopes: String...) throws {
    try hub.enrol(device.replica, as: device.name, role: "field", Fleet.grants(scopes), now: clock.now)
  }

  /// The device gets a newer app: another program changes the tables first, then the app opens the file.
  package func update(_ device: Device, to schema: [UInt8], migration: String) throws -> Device {
    let shell = try Database(path: device.replica.path, mode: .readWrite)
    try shell.script(migration)
    let clock = clock
    let environment = Environment(now: { clock.now }, random: { 7 })
    let updated = Device(
      name: device.name, replica: try Replica(at: device.replica.path, schema: schema, environment: environment))
    if let at = devices.firstIndex(where: { $0 === device }) { devices[at] = updated }
    return updated
  }

  package static func grants(_ scopes: [String]) -> [ScopeGrant] { scopes.sorted().map { ScopeGrant(scope: $0) } }

  package func grant(_ device: Device, _ scopes: [String]) throws {
    try writer.grant(device: device.name, role: nil, grants: Fleet.grants(scopes), now: clock.now)
  }

  /// One round trip.
  ///
  /// - Returns: nil when it was lost.
  package func roundTrip(_ device: Device, pageBytes: UInt64 = 4 << 20, loss: Loss = .none) throws -> SyncStep? {
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
  package func answer(_ device: Device, _ request: SyncRequest) throws -> SyncResponse? {
    var verdicts: [Verdict] = []
    let response: SyncResponse?
    do {
      response = try hub.answer(request, as: device.name, now: clock.now, &verdicts)
    } catch {
      guard error.code == .pageVoid else { throw error }
      response = nil
    }
    try judged(device, verdicts)
    return response
  }

  /// Round trips until a pull is installed.
  package func sync(_ device: Device, pageBytes: UInt64 = 4 << 20) throws {
    for _ in 0..<1000 { if case .installed = try roundTrip(device, pageBytes: pageBytes) { return } }
    throw RelayError(.invariant, "\(device.name) does not come to an end")
  }

  package func syncAll() throws { for device in devices { try sync(device) } }

  /// Syncs all, in this order, until nobody has anything to tell.
  package func settle() throws {
    try syncAll()
    try syncAll()
  }
}

extension Fleet.Device {
  package func conflicts() throws -> [InboxItem] { try replica.inbox().filter { $0.kind == .conflict } }

  package func rules() throws -> [String] { try replica.inbox().filter { $0.kind == .refused }.compactMap(\.rule) }
}
