internal import Relay
internal import RelayProtocol
internal import RelaySQLite

/// A device on a disk of its own: its program, another one on the same file, and a witness who watches both.
final class SimulatedDevice {
  let index: Int
  let name: String
  let disk: SimulatedDisk
  let machine: Machine
  private let schema: OracleSchema
  private let seed: UInt64
  private(set) var process: SimulatedProcess
  /// Which of its processes this is.
  private(set) var starts = 0
  private(set) var witness: Witness?
  /// Two programs may sync one file, and this one is at work: 0 is the app, 1 another one.
  var program = 0
  private var syncs: [SyncOnLine?] = [nil, nil]
  private var lastRequests = [0, 0]
  private var other: Replica?
  /// The file as the process has it open.
  private var warm: WarmFile?
  /// Of the sync schema that its app brings.
  var version: UInt64 = 1
  /// What follows when the process dies: nil for a kill, else what a power cut leaves.
  var cut: PowerCut?
  /// An answer whose commit failed on the disk, of which a later start may find that it is there (`Witness.doubtful`).
  var doubtful: SyncOnLine.Taking?
  /// Nothing goes out, nothing comes in.
  var isDeaf = false
  var isMute = false

  let path = FreshFiles.path
  var token: String { "token-" + name }

  init(_ index: Int, _ schema: OracleSchema, seed: UInt64, _ clock: VirtualClock) {
    (self.index, self.schema, self.seed) = (index, schema, seed)
    name = "d\(index)"
    disk = SimulatedDisk(seed: seed &+ UInt64(index))
    let machine = Machine(clock, seed: seed, "d\(index)")
    self.machine = machine
    process = SimulatedProcess(on: disk, seed: seed) { machine.now }
  }

  deinit { end() }

  /// The sync of the program at work.
  var sync: SyncOnLine? {
    get { syncs[program] }
    set { syncs[program] = newValue }
  }

  /// The last request of the program at work.
  var requests: Int {
    get { lastRequests[program] }
    set { lastRequests[program] = newValue }
  }

  var isSyncing: Bool { syncs.contains { $0 != nil } }

  func endSyncs() { syncs = [nil, nil] }

  /// The replica of the program at work.
  func replica() throws -> Replica? {
    guard program == 1 else { return witness?.replica }
    if let other { return other }
    other = try open()
    return other
  }

  private var environment: Environment {
    let machine = machine
    var environment = Environment(now: { machine.now }, random: { machine.bits() }, vfs: process.name)
    if let warm { environment.connect = { (mode) throws(RelayError) in try warm.connect(mode) } }
    return environment
  }

  /// One more connection to the file of the process that runs.
  func connect(_ mode: Database.Mode) throws(RelayError) -> Database {
    if let warm { return try warm.connect(mode) }
    return try Database(path: path, mode: mode, vfs: process.name)
  }

  /// Runs its program anew on what the disk has.
  private func run() throws -> Replica {
    starts += 1
    let machine = machine
    other = nil
    let seed = seed &+ UInt64(starts) &* 1000
    var kind = try FreshFiles.device(schema).kind
    if version > 1 || schema.hasTriggers {
      process = SimulatedProcess(on: disk, seed: seed) { machine.now }
      kind = try migrate()
      process.kill()
    }
    let warm = WarmFile.take(kind)
    self.warm = warm
    process = SimulatedProcess(on: disk, seed: seed, warm.system) { machine.now }
    warm.begin(process)
    return try open()
  }

  /// The app changes its own tables before it opens the replica with a newer sync schema.
  ///
  /// - Returns: what becomes of the schema.
  private func migrate() throws -> WarmFile.Kind {
    let db = try Database(path: path, mode: .readWrite, vfs: process.name)
    let there = try db.query(
      "SELECT 2 FROM pragma_table_info('person') WHERE name = 'mail' UNION SELECT 3 FROM sqlite_master WHERE name = 'gift'"
    ) { (row) throws(RelayError) in UInt64(row[0].integer ?? 0) }
    for step in OracleSchema.migrations where step.version <= version && !there.contains(step.version) {
      try db.script("BEGIN IMMEDIATE; \(step.sql); COMMIT")
    }
    let hasWords = try db.first("SELECT 1 FROM sqlite_master WHERE name = 'words'") != nil
    if schema.hasTriggers, !hasWords { try db.script("BEGIN IMMEDIATE; \(AppTables.sql) COMMIT") }
    let schema = try db.query("SELECT type, name, rootpage, sql FROM sqlite_master ORDER BY rowid") {
      (row) throws(RelayError) in row.values.map { "\($0)" }.joined(separator: " ")
    }
    let cookie = try db.first("PRAGMA schema_version")?[0].integer ?? 0
    return WarmFile.Kind(name: "\(cookie)\n" + schema.joined(separator: "\n"), path: path, cookie: cookie)
  }

  private func open() throws -> Replica {
    try Replica(at: path, parsed: schema.parsed(at: version), environment: environment) { (db) throws(RelayError) in
      try db.script(OracleSchema.ddl)
    }
  }

  /// Was it made hard for its file?
  var isHindered: Bool { process.failures > 0 || disk.quota != nil }

  /// The disk has room again, and answers.
  func relieve() {
    process.spare()
    disk.quota = nil
  }

  /// For the first time, before there is anything that can go wrong.
  func begin(_ oracle: Oracle, role: String, scopes: [String], enrolment: (Replica) throws -> EnrolResponse) throws {
    disk.put(FreshFiles.image(try FreshFiles.device(schema), named: machine.bits()))
    let replica = try run()
    try replica.enrolled(try enrolment(replica), hub: "hub")
    let witness = try Witness(name: name, replica, oracle.truth, role: role, shell: connect(.readWrite))
    oracle.add(witness, scopes: scopes)
    self.witness = witness
  }

  /// The process is gone; so is all that it held in memory.
  func die() {
    end()
    if let cut { disk.cut(cut) }
    cut = nil
  }

  private func end() {
    process.kill()
    warm?.end()
    warm = nil
  }

  /// Runs again. What was acknowledged has to be there, and of what was under way all or nothing.
  func start(_ oracle: Oracle) throws {
    guard let witness else { return }
    let taking = syncs.lazy.compactMap { $0?.taking }.first
    let replica = try run()
    witness.reopened(replica, shell: try connect(.readWrite), version: version)
    try witness.learnHubVersion()
    try resume(oracle, taking)
    endSyncs()
  }

  /// Finds out what became of what was under way, once nothing hinders any more.
  func resume(_ oracle: Oracle, _ taking: SyncOnLine.Taking?) throws {
    guard let witness else { return }
    let isDoubtful = witness.attempt == nil && witness.doubtful != nil
    if let isThere = try witness.resume() {
      if isDoubtful, isThere { oracle.count("device: a commit that failed is there") }
      oracle.count("device: what was under way is \(isThere ? "there" : "gone")")
    }
    let position = try witness.replica.position()
    if let answer = taking ?? doubtful {
      for verdict in answer.response.verdicts where try !witness.replica.awaits(verdict.dot) {
        witness.learn([verdict])
      }
      if position.installs == witness.installs + 1, let page = answer.response.page, let closing = page.closing {
        oracle.count(
          taking == nil ? "device: an install that failed is there" : "device: an install that was interrupted is there"
        )
        doubtful = nil
        try oracle.installed(witness, at: closing.head, page, version: answer.version)
      } else if taking != nil {
        oracle.count("device: an answer that was interrupted is gone")
        doubtful = answer
      }
    }
    guard position.installs == witness.installs, position.base == witness.base else {
      throw Broken("\(name) stands at \(position.base) and was seen at \(witness.base)")
    }
  }
}
