public import Relay
internal import RelayHub
internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// An app's own schema under everything that can happen to its devices: an app team links this into its tests.
///
/// Devices and a hub run Relay's production code on simulated disks. They write what the test has them write, sync over a line
/// that loses answers, are killed and lose power in the middle of it; then nothing goes wrong any more, everybody syncs, and
/// what has to hold is looked at. All of it follows from the seed.
public final class AppFleet {
  /// Who takes part.
  public struct Member: Sendable {
    public var name: String
    public var role: String
    public var scopes: [String]

    public init(_ name: String, role: String, scopes: [String]) {
      (self.name, self.role, self.scopes) = (name, role, scopes)
    }
  }

  /// What did not hold, with the seed that shows it.
  public struct Failure: Error, CustomStringConvertible {
    public var seed: UInt64
    public var reason: String
    public var description: String { "seed \(seed): \(reason)" }
  }

  private final class Node {
    let member: Member
    let disk: SimulatedDisk
    let machine: Machine
    var process: SimulatedProcess
    var replica: Replica?
    /// Of its files, as they were a while ago.
    var copy: DiskImage?

    init(_ member: Member, _ clock: VirtualClock, seed: UInt64) {
      self.member = member
      disk = SimulatedDisk(seed: seed)
      let machine = Machine(clock, seed: seed, member.name)
      self.machine = machine
      process = SimulatedProcess(on: disk, seed: seed) { machine.now }
    }
  }

  private let seed: UInt64
  private let schema: [UInt8]
  private let tables: String
  private let clock = VirtualClock()
  private let hubProcess: SimulatedProcess
  private let hub: Hub
  private var nodes: [Node] = []
  private var random: SplitMix
  /// How often a device was killed or lost its power.
  public private(set) var crashes = 0
  /// Once in so many steps a device's file is put back to an older copy; 0 for never.
  public var putsBackOnceIn = 0
  /// How often a device's file was put back.
  public private(set) var restores = 0

  /// - Parameters:
  ///   - schema: the sync schema file.
  ///   - tables: the statements that make the app's tables.
  /// - Throws: what opening a replica or a hub throws.
  public init(seed: UInt64, schema: [UInt8], tables: String, members: [Member]) throws {
    (self.seed, self.schema, self.tables) = (seed, schema, tables)
    random = SplitMix(seed: seed, "app")
    let clock = clock
    hubProcess = SimulatedProcess(on: SimulatedDisk(seed: seed), seed: seed) { clock.now }
    try Hub.create(
      in: SQLiteHub(directory: "/hub", .creates, vfs: hubProcess.name), schema: schema,
      organisation: Hash128(high: 5, low: 5), epoch: Hash128(high: 6, low: 6))
    hub = try Hub(directory: "/hub", vfs: hubProcess.name)
    for (at, member) in members.enumerated() { try add(member, seed: seed &* 31 &+ UInt64(at)) }
  }

  private func add(_ member: Member, seed: UInt64) throws {
    let node = Node(member, clock, seed: seed)
    let replica = try run(node)
    let grants = member.scopes.sorted().map { ScopeGrant(scope: $0) }
    try hub.writer.addDevice(
      name: member.name, role: member.role, grants: grants, code: member.name, expires: Int64.max / 2)
    let request = EnrolRequest(
      code: member.name, schemaHash: replica.schema.hash, replica: try replica.replicaID(),
      schemaVersion: replica.schema.version)
    try replica.enrolled(try hub.writer.enrol(request, token: "token " + member.name, now: clock.now), hub: "hub")
    nodes.append(node)
  }

  @discardableResult
  private func run(_ node: Node) throws -> Replica {
    let machine = node.machine
    node.process = SimulatedProcess(on: node.disk, seed: random.next()) { machine.now }
    let environment = Environment(now: { machine.now }, random: { machine.bits() }, vfs: node.process.name)
    let tables = tables
    let replica = try Replica(at: "/app.db", schema: schema, environment: environment) { (db) throws(RelayError) in
      try db.script(tables)
    }
    node.replica = replica
    return replica
  }

  /// Lets the fleet work, and brings it to rest.
  ///
  /// - Parameter write: what somebody does with the app on a device, drawn from the generator; what it throws ends the run,
  ///   unless the device died over it.
  /// - Throws: `Failure`.
  public func run(steps: Int, write: (Replica, inout SplitMix) throws -> Void) throws {
    for _ in 0..<steps {
      clock.advance(to: clock.now + Int64(random.int(0..<3000)))
      let node = random.pick(nodes)
      if putsBackOnceIn > 0 { try copyOrPutBack(node) }
      if random.once(in: 8) { node.process.die(in: random.pick([3, 20, 90]) * random.int(1..<4)) }
      try doing(node) { replica in
        if random.once(in: 3) {
          _ = try exchange(node, replica, losesAnswer: random.once(in: 4))
        } else {
          try write(replica, &random)
        }
      }
    }
    try settle()
  }

  private func copyOrPutBack(_ node: Node) throws {
    if random.once(in: 10) { node.copy = node.disk.image() }
    guard random.once(in: putsBackOnceIn), let copy = node.copy else { return }
    restores += 1
    node.process.kill()
    node.replica = nil
    node.disk.put(copy)
    try run(node)
  }

  /// Looks at every device, once the fleet is at rest.
  public func forEach(_ body: (Member, Replica) throws -> Void) throws {
    for node in nodes { if let replica = node.replica { try body(node.member, replica) } }
  }

  private func doing(_ node: Node, _ body: (Replica) throws -> Void) throws {
    guard let replica = node.replica else { return }
    do { try body(replica) } catch {
      guard !node.process.isAlive else { throw Failure(seed: seed, reason: "\(node.member.name): \(error)") }
      crashes += 1
      node.replica = nil
      if random.once(in: 2) { node.disk.cut(random.pick(PowerCut.allCases)) }
      try run(node)
    }
  }

  /// - Returns: whether a pull was installed.
  private func exchange(_ node: Node, _ replica: Replica, losesAnswer: Bool) throws -> Bool {
    let request = try replica.nextRequest()
    let device = try hub.reader.authenticate(token: "token " + node.member.name)
    let answer: SyncResponse
    do throws(RelayError) { answer = try hub.answer(request, device: device, now: clock.now) } catch {
      guard error.code == .pageVoid else { throw error }
      try replica.abandonPull()
      return false
    }
    guard !losesAnswer else { return false }
    guard case .installed = try replica.take(answer, to: request).step else { return false }
    return true
  }

  private func settle() throws {
    for node in nodes { node.process.spare() }
    for _ in 0..<3 {
      for node in nodes {
        guard let replica = node.replica else { continue }
        var tries = 0
        while try !exchange(node, replica, losesAnswer: false) {
          tries += 1
          guard tries < 1000 else { throw Failure(seed: seed, reason: "\(node.member.name) does not come to an end") }
        }
      }
    }
    try check()
  }

  /// Nothing waits, every digest is the hub's, the files are sound, and who may see the same sees the same.
  private func check() throws {
    var shown: [String: (name: String, rows: [String])] = [:]
    for node in nodes {
      guard let replica = node.replica else { continue }
      let (name, status) = (node.member.name, try replica.status())
      guard status.pending == 0 else { throw Failure(seed: seed, reason: "\(name): \(status.pending) stay pending") }
      guard status.mismatch.isEmpty else {
        throw Failure(seed: seed, reason: "\(name): digests of \(status.mismatch) differ from the hub's")
      }
      let sound = try replica.read { (db) throws(RelayError) in try db.first("PRAGMA integrity_check")?[0] }
      guard sound == .text("ok") else { throw Failure(seed: seed, reason: "\(name): the file is damaged") }
      let rows = try rows(replica)
      let view = node.member.role + " " + node.member.scopes.sorted().joined(separator: " ")
      if let other = shown[view], other.rows != rows {
        throw Failure(seed: seed, reason: "\(name) and \(other.name) may see the same and do not")
      }
      shown[view] = (name, rows)
    }
  }

  private func rows(_ replica: Replica) throws -> [String] {
    try replica.read { (db) throws(RelayError) in
      var rows: [String] = []
      for table in replica.schema.tables {
        let columns = table.columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
        rows += try db.query("SELECT \(columns) FROM \"\(table.name)\"") { (row) throws(RelayError) in
          "\(table.name) \(row.values)"
        }
      }
      return rows.sorted()
    }
  }
}
