public import RelayProtocol
internal import RelaySQLite

/// Power cuts under a database that writes as Relay's do, one after the other on the same file: what was acknowledged has
/// to be there afterwards, all of it, and nothing of what was not begun.
///
/// The table has a fixed number of cells. Each transaction gives some of them a number that was never used before, so that
/// after a cut there are two states that may be found: with the transaction that was under way, or without it.
public struct StorageTrial {
  public enum Flushes: String, Sendable, CaseIterable { case full = "FULL", normal = "NORMAL" }

  /// What came of it.
  public struct Outcome: Sendable, Equatable {
    public var cuts = 0
    public var acknowledged = 0
    /// Cuts that came in the middle of a transaction, and those of them after which it was there all the same.
    public var midway = 0
    public var midwayKept = 0
    /// Cuts that found sectors which were not synced.
    public var unsynced = 0
    /// Cuts after which something acknowledged was missing.
    public var lost = 0
    /// Cuts after which the file was no state that ever was, or damaged.
    public var broken = 0

    public init() {}

    public mutating func add(_ other: Outcome) {
      cuts += other.cuts
      acknowledged += other.acknowledged
      midway += other.midway
      midwayKept += other.midwayKept
      unsynced += other.unsynced
      lost += other.lost
      broken += other.broken
    }
  }

  private static let cells = 24
  private let seed: UInt64
  private let flushes: Flushes
  private let disk: SimulatedDisk
  private var random: SplitMix
  private var now: Int64 = 1_700_000_000_000
  private var expected: [Int64]
  private var serial: Int64 = 0
  public private(set) var outcome = Outcome()

  public init(seed: UInt64, flushes: Flushes) throws(RelayError) {
    (self.seed, self.flushes) = (seed, flushes)
    disk = SimulatedDisk(seed: seed)
    random = SplitMix(seed: seed, "storage")
    expected = Array(repeating: 0, count: Self.cells)
    let process = SimulatedProcess(on: disk, seed: seed) { 0 }
    let db = try Database(path: "/store.db", mode: .create, vfs: process.name)
    try db.script("CREATE TABLE cell (id INTEGER PRIMARY KEY, token INTEGER NOT NULL, fill BLOB NOT NULL)")
    try db.transaction { () throws(RelayError) in
      for id in 0..<Self.cells { try db.execute("INSERT INTO cell VALUES (?, 0, x'')", [.integer(Int64(id))]) }
    }
    withExtendedLifetime(process) {}
  }

  public mutating func run(cuts: Int) throws(RelayError) { for at in 0..<cuts { try cutOnce(at) } }

  /// Opens, writes until the power goes, and looks at what is left.
  private mutating func cutOnce(_ number: Int) throws(RelayError) {
    let process = SimulatedProcess(on: disk, seed: random.next()) { 0 }
    process.die(in: random.int(1..<120))
    var underWay: [Int64]?
    do {
      let db = try Database(path: "/store.db", mode: .readWrite, vfs: process.name)
      if flushes == .normal { try db.execute("PRAGMA synchronous = NORMAL") }
      _ = try db.first("PRAGMA wal_autocheckpoint = \(random.pick([2, 10, 1000]))")
      while process.isAlive {
        let next = drawn()
        underWay = next.state
        try write(next, db)
        expected = next.state
        underWay = nil
        outcome.acknowledged += 1
      }
    } catch {
      guard !process.isAlive else { throw error }
    }
    process.kill()
    if disk.unsyncedSectors > 0 { outcome.unsynced += 1 }
    disk.cut(random.pick(PowerCut.allCases))
    try look(underWay, isThorough: number % 64 == 0)
  }

  private mutating func drawn() -> (state: [Int64], changed: [Int]) {
    var (state, changed): ([Int64], [Int]) = (expected, [])
    for _ in 0..<random.pick([1, 1, 2, 8]) {
      serial += 1
      let id = random.int(0..<Self.cells)
      state[id] = serial
      changed.append(id)
    }
    return (state, changed)
  }

  private mutating func write(_ next: (state: [Int64], changed: [Int]), _ db: Database) throws(RelayError) {
    let fill = random.pick([0, 0, 40, 600])
    try db.transaction { () throws(RelayError) in
      for id in next.changed {
        try db.execute(
          "UPDATE cell SET token = ?, fill = zeroblob(?) WHERE id = ?",
          [.integer(next.state[id]), .integer(Int64(fill)), .integer(Int64(id))])
      }
    }
  }

  private mutating func look(_ underWay: [Int64]?, isThorough: Bool) throws(RelayError) {
    let process = SimulatedProcess(on: disk, seed: random.next()) { 0 }
    outcome.cuts += 1
    if underWay != nil { outcome.midway += 1 }
    let found: [Int64]
    do throws(RelayError) {
      let db = try Database(path: "/store.db", mode: .readWrite, vfs: process.name)
      found = try db.query("SELECT token FROM cell ORDER BY id") { (row) throws(RelayError) in row[0].integer ?? -1 }
      if isThorough, try db.first("PRAGMA integrity_check")?[0].text != "ok" { outcome.broken += 1 }
    } catch {
      outcome.broken += 1
      throw error
    }
    if found == underWay {
      outcome.midwayKept += 1
    } else if found != expected {
      // Whatever was acknowledged last is gone; that nothing else is wrong shows in how the cells stand.
      outcome.lost += 1
      if zip(found, expected).contains(where: { $0 > $1 }), found.max() ?? 0 > serial { outcome.broken += 1 }
    }
    expected = found
    withExtendedLifetime(process) {}
  }
}
