internal import Relay
internal import RelayHub
internal import RelayProtocol
internal import RelaySQLite

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
  /// A device with what somebody remembers who watches it.
  final class Node: FileNode {
    var memory = RestoreMemory()
    var copy: (files: DiskImage, memory: RestoreMemory)?
    /// The pull that is being installed.
    var installing: Pulled?
  }

  let schema: OracleSchema
  let clock = VirtualClock()
  var random: SplitMix
  let hubDisk: SimulatedDisk
  var hubProcess: SimulatedProcess
  var hub: Hub
  var hubCopy: (files: DiskImage, head: UInt64)?
  /// Where the hub stood each time that it had been put back.
  var putBacks: [UInt64] = []
  /// Names for its order, each time that its store is opened.
  private let newName: @Sendable () -> UInt64
  /// Epochs in which it was put back without a word.
  private var quietly: Set<Hash128> = []
  var log = RestoreLog()
  var works: [Dot: RestoreWork] = [:]
  var nodes: [Node] = []
  var counts: [String: Int] = [:]
  var story: [String] = []
  /// Written, and in the hub's hands or its author's, as far as anybody can know.
  var written: Set<Dot> = []
  /// Gone with the files that had them.
  var lost: Set<Dot> = []
  private var serial = 0
  /// What did not hold while an error of the protocol was expected.
  var broken: (any Error)?
  private let hasHubRestores: Bool
  private let hasClones: Bool
  private let hasDeviceRestores: Bool
  /// Chance of its own, where other programs write to the files too; nil where none do.
  private var shells: SplitMix?
  /// How the wait for others ends, where something waits in the end.
  private var waits: SplitMix

  init(seed: UInt64) throws {
    random = SplitMix(seed: seed, "restores")
    waits = SplitMix(seed: seed, "waits")
    schema = OracleSchema.all[Int(seed % UInt64(OracleSchema.all.count))]
    let kind = random.int(0..<4)
    (hasHubRestores, hasClones, hasDeviceRestores) = (kind != 0, kind > 1, kind != 1)
    var shells = SplitMix(seed: seed, "shells")
    if shells.once(in: 3) { self.shells = shells }
    let clock = clock
    hubDisk = SimulatedDisk(seed: seed)
    hubDisk.put(try FreshFiles.hub(schema).image)
    hubProcess = SimulatedProcess(on: hubDisk, seed: seed) { clock.now }
    let bits = Machine(clock, seed: seed, "hub")
    (newName, hub) = (
      { bits.bits() }, try Hub(directory: "/hub", vfs: hubProcess.name, newName: { bits.bits() })
    )
    for (at, name) in ["a", "b", "c"].enumerated() { try enrol(name, seed: seed &* 31 &+ UInt64(at)) }
  }

  private func enrol(_ name: String, seed: UInt64) throws {
    let node = Node(name, token: "token " + name, clock, seed: seed)
    node.machine.skew = random.pick([0, 0, -5000, 700_000, 1_261_440_000_000])
    node.disk.put(FreshFiles.image(try FreshFiles.device(schema), named: node.machine.bits()))
    let replica = try start(node)
    try node.enrol(replica, at: hub, now: clock.now)
    nodes.append(node)
  }

  /// A copy comes to a disk: with the disk, over the files that are there, or as new ones; with what lay beside it, without,
  /// or beside what lies there.
  ///
  /// - Returns: whether it is to be noticed before anything is written; nil where it may be or not.
  private func lay(_ copy: DiskImage, on disk: SimulatedDisk, beside before: DiskImage?) -> Bool? {
    let own = copy.sidecar(beside: FileNode.path)
    switch random.int(0..<4) {
    case 0:
      disk.put(copy)
      return false
    case 1:
      disk.put(copy.with(nil, beside: FileNode.path), as: .newFiles)
      return own == nil ? nil : true
    case 2:
      disk.put(copy, as: .newFiles)
      return own == nil ? nil : true
    default:
      disk.put(copy.with(before, beside: FileNode.path), as: .writtenOver)
      return nil
    }
  }

  /// - Parameter isNoticed: whether the file is to be found copied or put back; nil where that is not known.
  @discardableResult
  func start(_ node: Node, after isNoticed: Bool? = false) throws -> Replica {
    node.process = SimulatedProcess(on: node.disk, seed: random.next()) { [machine = node.machine] in machine.now }
    let before = try name(node)
    let replica = try node.open(schema, keepsSidecar: true)
    guard before != nil, try name(node) != before else {
      guard isNoticed != true || before == nil else { throw Broken("\(node.name) is a copy and does not notice it") }
      return replica
    }
    count(isNoticed == false ? "took another name for nothing" : "noticed before it wrote", node.name)
    return replica
  }

  /// What the file calls itself; nil where it does not say.
  private func name(_ node: Node) throws -> Value? {
    let db = try Database(path: FileNode.path, mode: .readOnly, vfs: node.process.name)
    return try db.first("SELECT replica FROM relay_state")?[0]
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
      for node in nodes where !node.process.isAlive {
        try start(node)
        try resume(node)
      }
      try copyAndPutBack(node)
      if random.once(in: 8) { node.process.die(in: random.pick([3, 20, 90]) * random.int(1..<4)) }
      if random.once(in: 3) {
        try doing(node) { _ in _ = try sync(node, losing: random.once(in: 4)) }
      } else {
        try write(node)
      }
    }
    try settle()
    try endWaits(&waits)
    try check()
  }

  private func copyAndPutBack(_ node: Node) throws {
    if random.once(in: 10) { node.copy = (node.disk.image(), node.memory) }
    if random.once(in: 20) { hubCopy = (hubDisk.image(), log.head) }
    if hasDeviceRestores, random.once(in: 25), let copy = node.copy {
      count("put back", "\(node.name) to \(copy.memory.base), t\(copy.memory.own.max()?.counter ?? 0):")
      let before = node.disk.image()
      node.process.kill()
      node.replica = nil
      let isNoticed = lay(copy.files, on: node.disk, beside: before)
      (node.memory, node.installing) = (copy.memory, nil)
      blur(node)
      try noteLosses()
      try start(node, after: isNoticed)
      if !node.memory.unflushed.isEmpty { try noteUnflushed(node) }
    }
    if hasHubRestores, random.once(in: 40), let copy = hubCopy { try putHubBack(copy.files, copy.head) }
    if hasClones, random.once(in: 40), nodes.count < 6 {
      let name = "\(node.name)\(nodes.count)"
      count("clone", "\(node.name) as \(name):")
      node.process.spare()
      let clone = Node(name, token: node.token, clock, seed: random.next())
      // What was written before it was copied has to be of then for the copy too (decision 0029).
      let skew = random.pick([0, node.machine.skew])
      clone.machine.skew = shells == nil ? skew : node.machine.skew
      let isNoticed = lay(node.disk.image(), on: clone.disk, beside: nil)
      clone.memory = node.memory
      nodes.append(clone)
      try start(clone, after: isNoticed)
    }
  }

  private func putHubBack(_ files: DiskImage, _ head: UInt64) throws {
    count("hub put back", "to \(head):")
    hubProcess.kill()
    hubDisk.put(files)
    let clock = clock
    hubProcess = SimulatedProcess(on: hubDisk, seed: random.next()) { clock.now }
    hub = try Hub(directory: "/hub", vfs: hubProcess.name, newName: newName)
    log.cut(to: head)
    putBacks.append(head)
    if random.once(in: 2) {
      // Somebody copied files back, and nobody says so.
      let epoch = try hub.reader.identity().epoch
      count(quietly.insert(epoch).inserted ? "quietly" : "quietly once more in one epoch")
    } else {
      _ = try hub.writer.beginEpoch(
        Hash128(high: random.next(), low: random.next()), now: clock.now)
    }
    for node in nodes { blur(node) }
    try noteLosses()
  }

  private func write(_ node: Node) throws {
    serial += 1
    let work = RestoreTrial.work(serial)
    let names = [Name(table: "person", id: "t\(serial)"), Name(table: "person", id: "p\(random.int(0..<4))")]
    let statements = statements(names[1].id)
    var images: [(before: [String: Value]?, after: [String: Value]?)] = []
    func act(_ db: Database) throws(RelayError) {
      images = []
      for name in names { images.append((try Witness.row(name, in: db), nil)) }
      for sql in statements { try db.script(sql) }
      for (at, name) in names.enumerated() { images[at].after = try Witness.row(name, in: db) }
    }
    let isByShell = shells?.once(in: 2) ?? false
    if isByShell { count("written by another program") }
    let isDone = try doing(node) { replica in
      guard isByShell else { return try replica.write(author: "field") { (db) throws(RelayError) in try act(db) } }
      // Nothing looks at it before the replica's next step.
      let db = try Database(path: FileNode.path, mode: .readWrite, vfs: node.process.name)
      // Marked as one, so that a refusal takes no part of it apart, of which nobody would know whose it is.
      try db.script("BEGIN IMMEDIATE; UPDATE relay_boundary SET open = 1")
      try act(db)
      try db.script("UPDATE relay_boundary SET open = 0; COMMIT")
    }
    // Who died over it finds all of it or nothing.
    guard try isDone || holds(node, names[0].id) else { return }
    story.append("\(node.name) writes t\(serial): \(statements.joined(separator: "; "))")
    var acts: [Name: Act] = [:]
    for (name, image) in zip(names, images) {
      let act = Act(before: image.before, after: image.after, seen: node.memory.known[name] ?? [])
      if !act.isNothing { acts[name] = act }
    }
    works[work] = RestoreWork(
      acts: acts, isBlurred: !node.memory.blurred.isDisjoint(with: acts.keys), own: node.memory.own)
    for name in acts.keys { node.memory.known[name, default: []].insert(work) }
    written.insert(work)
    node.memory.own.insert(work)
    if isDone { node.memory.unflushed = [] } else { node.memory.unflushed.insert(work) }
  }

  /// After a power cut, and after a copy was put back: what nothing had flushed may be gone, and nobody promised it.
  private func noteUnflushed(_ node: Node) throws {
    for work in node.memory.unflushed.sorted() where try !holds(node, "t\(work.counter)") {
      node.memory.unflushed.remove(work)
      node.memory.own.remove(work)
      for name in node.memory.known.keys { node.memory.known[name]?.remove(work) }
    }
    try noteLosses()
  }

  /// What one transaction does: a row of its own, which tells it from every other one, and something to a row of everybody.
  private func statements(_ row: String) -> [String] {
    let (unit, value, place) = ("u\(random.int(1..<3))", "x\(serial)", "WHERE id = '\(row)'")
    let change =
      switch random.int(0..<8) {
      case 0: "UPDATE person SET unit = '\(unit)' \(place)"
      case 1: "UPDATE person SET area = '\(value)' \(place)"
      case 2: "UPDATE person SET top = \(serial) \(place)"
      case 3: "UPDATE person SET tags = '[\"\(random.pick(["a", "b", "c"]))\"]' \(place)"
      case 4: "DELETE FROM person \(place)"
      default: "UPDATE person SET phone = '\(value)', guests = guests + 1 \(place)"
      }
    return [
      "INSERT INTO person (id, unit, phone) VALUES ('t\(serial)', 'u1', '\(value)')",
      "INSERT OR IGNORE INTO person (id, unit) VALUES ('\(row)', '\(unit)')", change,
    ]
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
      try resume(node)
      if !node.memory.unflushed.isEmpty { try noteUnflushed(node) }
      return false
    }
    return true
  }
}
