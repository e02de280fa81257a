internal import Relay
internal import RelayHub
internal import RelayProtocol

/// What came of devices and a hub that were put back to older copies.
public struct RestoreOutcome: Sendable {
  /// What did not hold; nil where everything did.
  public var failure: String?
  /// How often what was done: `put back`, `clone`, `hub put back`, …
  public var counts: [String: Int] = [:]
  public var story: [String] = []
}

/// Devices and a hub of which one after the other is put back to an older copy, and devices that go on as two. Each
/// transaction inserts a row with a key that nobody else uses, so that loss shows; what may be lost is what neither its author's
/// file nor the hub has after a copy was put back.
public func simulateRestores(seed: UInt64, steps: Int = 120) -> RestoreOutcome {
  var outcome = RestoreOutcome()
  do {
    let trial = try RestoreTrial(seed: seed)
    do { try trial.run(steps: steps) } catch { outcome.failure = "\(error)" }
    (outcome.counts, outcome.story) = (trial.counts, trial.story)
  } catch {
    outcome.failure = "\(error)"
  }
  return outcome
}

final class RestoreTrial {
  /// A device with what it has to remember: the keys that its file has as its own work.
  final class Node {
    let name: String
    let token: String
    let disk: SimulatedDisk
    let machine: Machine
    var process: SimulatedProcess
    var replica: Replica?
    var own: Set<String> = []
    /// Of those: found after the process was killed over them, and flushed by nothing since. SQLite shows such a commit, and a
    /// power cut takes it.
    var unflushed: Set<String> = []
    var copy: (files: DiskImage, own: Set<String>)?

    init(_ name: String, token: String, _ clock: VirtualClock, seed: UInt64) {
      (self.name, self.token) = (name, token)
      disk = SimulatedDisk(seed: seed)
      let machine = Machine(clock, seed: seed, name)
      self.machine = machine
      process = SimulatedProcess(on: disk, seed: seed) { machine.now }
    }
  }

  let schema: OracleSchema
  let clock = VirtualClock()
  var random: SplitMix
  let hubDisk: SimulatedDisk
  var hubProcess: SimulatedProcess
  var hub: Hub
  var hubCopy: DiskImage?
  var nodes: [Node] = []
  var counts: [String: Int] = [:]
  var story: [String] = []
  /// Written, and in the hub's hands or its author's, as far as anybody can know.
  var written: Set<String> = []
  /// Gone with the files that had them.
  var lost: Set<String> = []
  /// Every text that was ever given to a column.
  var values: Set<String> = []
  private var serial = 0
  private let hasHubRestores: Bool
  private let hasClones: Bool
  private let hasDeviceRestores: Bool

  init(seed: UInt64) throws {
    random = SplitMix(seed: seed, "restores")
    schema = OracleSchema.all[Int(seed % UInt64(OracleSchema.all.count))]
    let kind = random.int(0..<4)
    (hasHubRestores, hasClones, hasDeviceRestores) = (kind != 0, kind > 1, kind != 1)
    let clock = clock
    hubDisk = SimulatedDisk(seed: seed)
    hubDisk.put(try FreshFiles.hub(schema))
    hubProcess = SimulatedProcess(on: hubDisk, seed: seed) { clock.now }
    hub = try Hub(directory: "/hub", vfs: hubProcess.name)
    for (at, name) in ["a", "b", "c"].enumerated() { try enrol(name, seed: seed &* 31 &+ UInt64(at)) }
  }

  private func enrol(_ name: String, seed: UInt64) throws {
    let node = Node(name, token: "token " + name, clock, seed: seed)
    node.disk.put(try FreshFiles.device(schema))
    try FreshFiles.name("/app.db", node.process.name, node.machine.bits())
    let replica = try start(node)
    let grants = ["unit/u1", "unit/u2"].map { ScopeGrant(scope: $0) }
    try hub.writer.addDevice(name: name, role: "field", grants: grants, code: name, expires: Int64.max / 2)
    let request = EnrolRequest(
      code: name, schemaHash: replica.schema.hash, replica: try replica.replicaID(),
      schemaVersion: replica.schema.version)
    try replica.enrolled(try hub.writer.enrol(request, token: node.token, now: clock.now), hub: "hub")
    nodes.append(node)
  }

  @discardableResult
  func start(_ node: Node) throws -> Replica {
    let machine = node.machine
    node.process = SimulatedProcess(on: node.disk, seed: random.next()) { machine.now }
    let environment = Environment(now: { machine.now }, random: { machine.bits() }, vfs: node.process.name)
    let replica = try Replica(at: "/app.db", schema: schema.json, environment: environment) { (db) throws(RelayError) in
      try db.script(OracleSchema.ddl)
    }
    node.replica = replica
    return replica
  }

  func count(_ what: String, _ who: String = "") {
    counts[what, default: 0] += 1
    story.append(who + " " + what)
  }

  // MARK: What happens

  func run(steps: Int) throws {
    for _ in 0..<steps {
      clock.advance(to: clock.now + Int64(random.int(0..<3000)))
      let node = random.pick(nodes)
      // One that died where nobody was told runs again.
      for node in nodes where !node.process.isAlive { try start(node) }
      try copyAndPutBack(node)
      if random.once(in: 8) { node.process.die(in: random.pick([3, 20, 90]) * random.int(1..<4)) }
      if random.once(in: 3) {
        try doing(node) { _ in _ = try sync(node, losing: random.once(in: 4)) }
      } else {
        try write(node)
      }
    }
    try settle()
    try check()
  }

  private func copyAndPutBack(_ node: Node) throws {
    if random.once(in: 10) { node.copy = (node.disk.image(), node.own) }
    if random.once(in: 20) { hubCopy = hubDisk.image() }
    if hasDeviceRestores, random.once(in: 25), let copy = node.copy {
      count("put back", node.name)
      node.process.kill()
      node.replica = nil
      node.disk.put(copy.files)
      node.own = copy.own
      try noteLosses()
      try start(node)
      if !node.unflushed.isEmpty { try noteUnflushed(node) }
    }
    if hasHubRestores, random.once(in: 40), let copy = hubCopy {
      count("hub put back")
      hubProcess.kill()
      hubDisk.put(copy)
      let clock = clock
      hubProcess = SimulatedProcess(on: hubDisk, seed: random.next()) { clock.now }
      hub = try Hub(directory: "/hub", vfs: hubProcess.name)
      try noteLosses()
    }
    if hasClones, random.once(in: 40), nodes.count < 6 {
      count("clone", node.name)
      node.process.spare()
      let clone = Node(node.name + "'", token: node.token, clock, seed: random.next())
      clone.disk.put(node.disk.image())
      (clone.own, clone.unflushed) = (node.own, node.unflushed)
      nodes.append(clone)
      try start(clone)
    }
  }

  private func write(_ node: Node) throws {
    serial += 1
    let (id, unit) = ("t\(serial)", "u\(random.int(1..<3))")
    let (row, phone, isGone) = ("p\(random.int(0..<4))", "x\(serial)", random.once(in: 12))
    values.insert(phone)
    let isDone = try doing(node) { replica in
      try replica.write(author: "field") { (db) throws(RelayError) in
        try db.execute("INSERT INTO person (id, unit, phone) VALUES (?, 'u1', ?)", [.text(id), .text(phone)])
        try db.execute("INSERT OR IGNORE INTO person (id, unit) VALUES (?, ?)", [.text(row), .text(unit)])
        try db.execute(
          "UPDATE person SET phone = ?, guests = guests + 1, unit = ? WHERE id = ?",
          [.text(phone), .text(unit), .text(row)])
        if isGone { try db.execute("DELETE FROM person WHERE id = ?", [.text(row)]) }
      }
    }
    // Who died over it finds all of it or nothing.
    guard try isDone || holds(node, id) else { return }
    story.append("\(node.name) writes \(id), \(row)\(isGone ? ", gone" : "")")
    written.insert(id)
    node.own.insert(id)
    if isDone { node.unflushed = [] } else { node.unflushed.insert(id) }
  }

  /// After a power cut, and after a copy was put back: what nothing had flushed may be gone, and nobody promised it.
  private func noteUnflushed(_ node: Node) throws {
    for id in node.unflushed.sorted() where try !holds(node, id) {
      node.unflushed.remove(id)
      node.own.remove(id)
    }
    try noteLosses()
  }

  private func holds(_ node: Node, _ id: String) throws -> Bool {
    let faults = node.process.pauseFaults()
    defer { node.process.goOn(with: faults) }
    return try node.replica?.read { (db) throws(RelayError) in
      try db.first("SELECT 1 FROM person WHERE id = ?", [.text(id)]) != nil
    } ?? false
  }

  /// - Returns: false where the device died over it.
  @discardableResult
  private func doing(_ node: Node, _ body: (Replica) throws -> Void) throws -> Bool {
    guard let replica = node.replica else { return false }
    do { try body(replica) } catch {
      guard !node.process.isAlive else { throw Broken("\(node.name): \(error)") }
      count("died", node.name)
      node.replica = nil
      if random.once(in: 2) { node.disk.cut(random.pick(PowerCut.allCases)) }
      try start(node)
      if !node.unflushed.isEmpty { try noteUnflushed(node) }
      return false
    }
    return true
  }
}
