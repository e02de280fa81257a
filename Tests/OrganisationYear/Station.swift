internal import Organisation
internal import Relay
internal import RelayProtocol
internal import Synchronization

/// A device of the year and who works with it.
final class Station {
  enum Role {
    case committee
    case region(String, branches: [String], committee: String)
    case branch(String, region: String, committee: String)
  }

  let name: String
  let replica: Replica
  /// The unit's code.
  let unit: String
  private(set) var officer: Officer
  private let ownUnit: OrgUnit
  /// The device's part of receipt numbers.
  private let number: String
  private let hub: YearHub
  private let clock: Counter
  private let ids = Counter()
  /// Weeks that it still stays away.
  var away = 0

  /// - Parameters:
  ///   - founding: writes what the first device of all begins with.
  init(
    _ name: String, _ role: Role, officer: String, number: String, hub: YearHub, now: Instant,
    founding: ((Database) throws(RelayError) -> Void)? = nil
  ) throws {
    (self.name, self.number, self.hub) = (name, number, hub)
    let clock = Counter()
    clock.set(now.milliseconds)
    self.clock = clock
    var seed = SplitMix64(seed: name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
    let bits = seed.next()
    replica = try Replica(
      at: hub.folder + "/" + name + ".db", schema: Organisation.schema,
      environment: Environment(now: { clock.value }, random: { bits })
    ) { (db) throws(RelayError) in try db.script(Organisation.ddl) }
    if let founding { try replica.write(author: "founder", founding) }
    try hub.enrol(replica, name, role: Station.word(role), Station.grants(role))
    try hub.sync(replica, name, at: now.milliseconds)
    (self.officer, ownUnit) = try replica.read { (db) throws(RelayError) in
      let found = try Officer.find(officer, in: db)
      return (found, try OrgUnit.find(found.unitID, in: db))
    }
    unit = ownUnit.code
  }

  private static func word(_ role: Role) -> String {
    switch role {
    case .committee: "committee"
    case .region: "regional"
    case .branch: "branch"
    }
  }

  private static func grants(_ role: Role) -> [ScopeGrant] {
    func own(_ units: [String]) -> [ScopeGrant] { units.map { ScopeGrant(scope: "unit/" + $0) } }
    func read(_ scopes: [String]) -> [ScopeGrant] { scopes.map { ScopeGrant(scope: $0, writable: false) } }
    switch role {
    case .committee: return [ScopeGrant(scope: ScopeGrant.everything)]
    case .region(let unit, let branches, let committee):
      return own([unit] + branches) + read(["below/" + unit, "below/" + committee, "everyone"])
    case .branch(let unit, let region, let committee):
      return own([unit]) + read(["below/" + region, "below/" + committee, "everyone"])
    }
  }

  /// One transaction of the officer, as a command writes it.
  @discardableResult
  func act<T: Sendable>(at now: Instant, _ body: (Desk, Database) throws(RelayError) -> T) throws(RelayError) -> T {
    clock.set(now.milliseconds)
    let (ids, prefix) = (ids, name)
    let desk = Desk(
      officer: officer, unit: ownUnit, now: now, device: number, zone: Year.zone, newID: { "\(prefix)-\(ids.next())" })
    return try replica.write(author: desk.author) { (db) throws(RelayError) in try body(desk, db) }
  }

  /// The same; nil where the command refuses what it is told, and nothing was written then.
  func attempt<T: Sendable>(
    at now: Instant, _ body: (Desk, Database) throws(RelayError) -> T
  ) throws(RelayError) -> T? {
    do throws(RelayError) { return try act(at: now, body) } catch {
      guard error.code == .valueNotAllowed || error.code == .notFound else { throw error }
      return nil
    }
  }

  /// Tells what the device says of itself, and syncs.
  func sync(at now: Instant) throws {
    clock.set(now.milliseconds)
    let status = try replica.status()
    let state = DeviceDesk.State(
      device: name, unsent: status.pending, held: status.held, conflicts: status.conflicts, refused: status.refused,
      rows: 0, app: "year", schemaVersion: Int(clamping: status.schemaVersion), syncedAt: nil)
    let unit = ownUnit.id
    _ = try replica.write { (db) throws(RelayError) in try DeviceDesk.tell(state, unit: unit, now: now, in: db) }
    try hub.sync(replica, name, at: now.milliseconds)
  }

  /// Whoever works here has left, as far as this device knows: the unit's new officer of the same role takes it over.
  func handOver(at now: Instant) throws {
    let (old, unit, day) = (officer, ownUnit.id, Year.zone.day(now).text)
    let next = try replica.read { (db) throws(RelayError) -> Officer? in
      let known = try Officer.all(in: db)
      guard let current = known[old.id], !current.isInOffice(on: day) else { return nil }
      return known.values.filter { $0.unitID == unit && $0.role == old.role && $0.isInOffice(on: day) }
        .min { $0.id < $1.id }
    }
    guard let next else { return }
    officer = try act(at: now) { (desk, db) throws(RelayError) in
      try DeviceDesk.handOver(to: next.id, desk: desk, in: db)
    }
  }

  func page(on day: String, _ body: (Look) throws(RelayError) -> Page) throws -> Page {
    let rights = DeviceRights(try replica.status())
    return try replica.read { (db) throws(RelayError) in
      guard let now = Instant(day + "T12:00:00Z") else { throw RelayError(.usage, "no day: \(day)") }
      return try body(try Look(db, rights, now: now, day: Day(day)))
    }
  }

  func rows(_ sql: String, _ values: [Value] = []) throws(RelayError) -> [[Value]] {
    try replica.read { (db) throws(RelayError) in
      try db.query(sql, values) { (row) throws(RelayError) in row.values }
    }
  }

  func holds(_ table: String, _ id: String) throws(RelayError) -> Bool {
    try !rows("SELECT 1 FROM \"\(table)\" WHERE id = ?", [.text(id)]).isEmpty
  }
}

/// A number that many read and one writes.
final class Counter: Sendable {
  private let number = Mutex<Int64>(0)

  var value: Int64 { number.withLock { $0 } }
  func set(_ value: Int64) { number.withLock { $0 = value } }

  func next() -> Int64 {
    number.withLock { number in
      number += 1
      return number
    }
  }
}
