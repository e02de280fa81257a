internal import CSQLite

/// A program on a simulated disk, as SQLite sees it: a VFS with a name, which lives until the process is killed. After that
/// every call fails and changes nothing, so that objects that still hold connections can be dropped.
public final class SimulatedProcess {
  /// What SQLite asks of a system.
  public enum Call: String, Sendable, CaseIterable { case read, write, truncate, sync, look, lock, open, delete }

  public let disk: SimulatedDisk
  /// What `Environment.vfs` is to say.
  public var name: String { vfs.name }
  public private(set) var isAlive = true
  /// Calls since it began.
  public private(set) var calls = 0
  private var deadAt: Int?
  private var failing: (at: Int, forGood: Bool)?
  /// How often a call was made to fail.
  public private(set) var failures = 0
  private(set) var diedNow = false
  /// The call that it died with.
  public private(set) var diedAt: Call?
  /// The last call that was made to fail.
  public private(set) var failedAt: Call?
  private var random: SplitMix
  private let now: () -> Int64
  private let vfs: RegisteredSystem
  private(set) var opens: [OpenFile] = []

  /// - Parameter now: milliseconds since 1970.
  public convenience init(on disk: SimulatedDisk, seed: UInt64, now: @escaping () -> Int64) {
    self.init(on: disk, seed: seed, RegisteredSystem(), now: now)
  }

  /// - Parameter vfs: under which no other process runs.
  init(on disk: SimulatedDisk, seed: UInt64, _ vfs: RegisteredSystem, now: @escaping () -> Int64) {
    self.disk = disk
    self.now = now
    self.vfs = vfs
    random = SplitMix(seed: seed, "process")
    vfs.run(self)
  }

  // MARK: Faults

  /// The process dies with the call that comes so many calls from now.
  public func die(in calls: Int) { deadAt = self.calls + calls }

  /// Nothing happens to it any more.
  public func spare() { (deadAt, failing) = (nil, nil) }

  /// One call to come fails with an I/O error, or all from it on.
  public func fail(in calls: Int, forGood: Bool = false) { failing = (self.calls + calls, forGood) }

  /// What waits to happen to a process, while somebody else looks at its files through it.
  struct Waiting {
    fileprivate var deadIn: Int?
    fileprivate var failingIn: (calls: Int, forGood: Bool)?
  }

  func pauseFaults() -> Waiting {
    defer { spare() }
    return Waiting(
      deadIn: deadAt.map { $0 - calls }, failingIn: failing.map { ($0.at - calls, $0.forGood) })
  }

  func goOn(with waiting: Waiting) {
    deadAt = waiting.deadIn.map { $0 + calls }
    failing = waiting.failingIn.map { ($0.calls + calls, $0.forGood) }
  }

  /// kill -9.
  public func kill() {
    guard isAlive else { return }
    isAlive = false
    for open in opens { open.abandon() }
  }

  /// Counts the call, and says whether it comes to nothing: the process is dead, dies with it, or the call fails.
  func isHindered(at call: Call) -> Bool {
    diedNow = false
    guard isAlive else { return true }
    calls += 1
    if let deadAt, calls >= deadAt {
      diedNow = true
      diedAt = call
      kill()
      return true
    }
    guard let failing, calls >= failing.at, call != .lock else { return false }
    if !failing.forGood { self.failing = nil }
    failures += 1
    failedAt = call
    return true
  }

  func partOf(_ count: Int) -> Int { random.int(0..<count + 1) }

  // MARK: What the VFS asks

  func open(_ path: String?, creates: Bool) -> OpenFile? {
    guard !isHindered(at: .open) else { return nil }
    let found = path.flatMap { disk.file($0) }
    guard let file = found ?? (path == nil ? MemoryFile(id: 0) : creates ? path.map { disk.make($0) } : nil) else {
      return nil
    }
    let open = OpenFile(self, file, path: path)
    opens.append(open)
    return open
  }

  func closed(_ open: OpenFile) { opens.removeAll { $0 === open } }

  /// A file that another process had open is this one's.
  func moved(_ open: OpenFile) { opens.append(open) }

  /// Does nothing wait to happen to it?
  var isSpared: Bool { isAlive && deadAt == nil && failing == nil && disk.quota == nil }

  func randomByte() -> UInt8 { UInt8(truncatingIfNeeded: random.next()) }

  /// Milliseconds of the Julian calendar, as SQLite counts.
  var julian: Int64 { now() + 210_866_760_000_000 }
}
