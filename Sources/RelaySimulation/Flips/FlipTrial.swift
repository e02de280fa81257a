internal import Relay
internal import RelayHub
internal import RelayProtocol

/// What came of files in which a bit turned over while nobody ran.
public struct FlipOutcome: Sendable {
  /// What did not hold; nil where everything did.
  public var failure: String?
  /// How often what came of it: `device: named corrupt`, `hub: harmless`, …
  public var counts: [String: Int] = [:]
}

/// A device with work that waits, and a hub, of which one bit of one file turns over at a time. The damage is named or does
/// no harm: nothing is sent but what was sealed, no device takes what the hub's file has only because of it, and a damaged
/// file made anew ends as it would have without, with all of the work that is not named as lost.
public func simulateFlips(seed: UInt64, flips: Int = 40) -> FlipOutcome {
  var outcome = FlipOutcome()
  do {
    let trial = try FlipTrial(seed: seed)
    do { try trial.run(flips: flips) } catch { outcome.failure = "\(error)" }
    outcome.counts = trial.counts
  } catch {
    outcome.failure = "\(error)"
  }
  return outcome
}

final class FlipTrial {
  /// A device on files that somebody may have damaged.
  final class Node: FileNode {
    /// Everything that it sent.
    var sent: [[UInt8]] = []

    init(_ name: String, _ files: DiskImage?, _ clock: VirtualClock, seed: UInt64) {
      super.init(name, token: "token " + name, clock, seed: seed)
      if let files { disk.put(files) }
    }
  }

  let schema: OracleSchema
  let clock = VirtualClock()
  var random: SplitMix
  var counts: [String: Int] = [:]
  /// The files before anything is damaged: of the device with work, of one that never synced, and of the hub.
  private(set) var worker = DiskImage(files: [:])
  private(set) var newcomer = DiskImage(files: [:])
  private(set) var hubFiles = DiskImage(files: [:])
  /// What the device had sealed and not sent.
  private(set) var unsent: [[UInt8]] = []
  /// The tables as they are at the hub, and as they have to be once the work has arrived.
  private(set) var rows: [String: [[Value]]] = [:]
  private(set) var rowsAfter: [String: [[Value]]] = [:]
  private var serial = 0

  init(seed: UInt64) throws {
    random = SplitMix(seed: seed, "flips")
    schema = OracleSchema.all[Int(seed % UInt64(OracleSchema.all.count))]
    let (hub, _) = try openHub(try FreshFiles.hub(schema).image)
    let (a, b, c) = (try enrol("a", hub), try enrol("b", hub), try enrol("c", hub))
    for _ in 0..<random.int(2..<12) {
      try write(a)
      try write(b)
      if random.once(in: 2) { for node in [a, b] { try sync(node, hub) } }
    }
    for node in [a, b, a] { try sync(node, hub) }
    for _ in 0..<random.int(1..<6) { try write(a) }
    var stages = SplitMix(seed: seed, "staged")
    if stages.once(in: 2) { try stage(a, hub, news: b) }
    unsent = try a.replica?.nextRequest().push ?? []
    // At rest nothing is left in a write-ahead log.
    try hub.hub.writer.checkpoint()
    for node in [a, c] { node.replica = nil }
    (worker, newcomer, hubFiles) = (a.disk.image().atRest, c.disk.image().atRest, hub.disk.image().atRest)
    for node in [a, c] { try node.open(schema) }
    try sync(c, hub)
    rows = try tables(c)
    for node in [a, c] { try sync(node, hub) }
    rowsAfter = try tables(c)
  }

  // MARK: Programs

  /// A hub on files of its own.
  struct RunningHub {
    let disk: SimulatedDisk
    let process: SimulatedProcess
    let hub: Hub
  }

  func openHub(_ files: DiskImage, damage: ((SimulatedDisk) -> Void)? = nil) throws -> (RunningHub, SimulatedDisk) {
    let disk = SimulatedDisk(seed: 9)
    disk.put(files)
    damage?(disk)
    let clock = clock
    let process = SimulatedProcess(on: disk, seed: random.next()) { clock.now }
    return (RunningHub(disk: disk, process: process, hub: try Hub(directory: "/hub", vfs: process.name)), disk)
  }

  private func enrol(_ name: String, _ running: RunningHub) throws -> Node {
    let node = Node(name, nil, clock, seed: random.next())
    node.disk.put(FreshFiles.image(try FreshFiles.device(schema), named: node.machine.bits()))
    try node.enrol(try node.open(schema), at: running.hub, now: clock.now)
    return node
  }

  /// One sync, as `Replica.sync` runs it, on a line without delay.
  func sync(_ node: Node, _ running: RunningHub) throws(RelayError) {
    guard let replica = node.replica else { return }
    var machine = SyncOnLine(pageBytes: 1 << 20, deadline: .seconds(30)).machine
    var event = SyncMachine.Event.start
    while true {
      switch machine.step(event) {
      case .ask(let wanted):
        var shape = wanted
        let request = try replica.nextRequest(pushBytes: shape.pushBytes, pageBytes: shape.pageBytes)
        (shape.pushed, shape.pulls) = (request.pushedBytes, request.pull != nil)
        node.sent += request.push
        let response: SyncResponse
        do throws(RelayError) {
          let device = try running.hub.reader.authenticate(token: node.token)
          response = try running.hub.answer(request, device: device, now: clock.now)
        } catch {
          event = .failed(error, retryAfter: nil, of: shape, random: node.machine.bits())
          continue
        }
        var taken = try replica.take(response, to: request)
        taken.pushed = shape.pushed
        event = .taken(taken, random: node.machine.bits())
      case .sleep: event = .slept
      case .mend(let mend): event = .mended(try replica.mend(mend))
      case .done: return
      case .fail(let error): throw error
      }
    }
  }

  /// The first page of a pull waits in the file for the others, which never came.
  private func stage(_ node: Node, _ running: RunningHub, news other: Node) throws {
    for _ in 0..<3 { try write(other) }
    try sync(other, running)
    guard let replica = node.replica else { return }
    var request = try replica.nextRequest(pageBytes: 1)
    (request.push, request.envelopes) = ([], [:])
    let device = try running.hub.reader.authenticate(token: node.token)
    let response = try running.hub.answer(request, device: device, now: clock.now)
    guard response.page?.closing == nil, try replica.receive(response, to: request) == .again else { return }
    count("a page waits")
  }

  // MARK: Rows

  private func write(_ node: Node) throws {
    serial += 1
    let (mine, common) = ("t\(serial)", "p\(random.int(0..<4))")
    let sql = """
      INSERT INTO person (id, unit, phone, guests) VALUES ('\(mine)', 'u1', 'x\(serial)', 1);
      INSERT INTO person (id, unit) VALUES ('\(common)', 'u2') ON CONFLICT DO NOTHING;
      UPDATE person SET \(random.pick(["phone", "area"])) = 'y\(serial)', guests = guests + 1 WHERE id = '\(common)';
      INSERT INTO visit VALUES ('v\(serial)', '\(mine)', 'z\(serial)');
      """
    try node.replica?.write(author: node.name) { (db) throws(RelayError) in try db.script(sql) }
  }

  func tables(_ node: Node) throws(RelayError) -> [String: [[Value]]] {
    var tables: [String: [[Value]]] = [:]
    for table in ["person", "visit"] {
      tables[table] = try node.replica?.read { (db) throws(RelayError) in
        try db.query("SELECT * FROM \(table) ORDER BY id") { (row) throws(RelayError) in row.values }
      }
    }
    return tables
  }

  func count(_ what: String) { counts[what, default: 0] += 1 }
}

extension DiskImage {
  /// Without what belongs to running programs.
  fileprivate var atRest: DiskImage {
    DiskImage(files: files.filter { !$0.key.hasSuffix("-wal") && !$0.key.hasSuffix("-shm") })
  }
}
