internal import Relay
internal import RelaySQLite
internal import Synchronization

/// A file as the connections of its process have it. SQLite takes longer to open a connection, to read the schema and to
/// prepare its statements than a transaction takes, and each run would do so dozens of times: the connections of a process that
/// has ended are put under the file of another one, whose schema is the same.
///
/// Such a connection has forgotten the other file's pages, and the index of the log that it shares with others (`SharedMemory`) is
/// empty: it finds the log out anew, as whoever opens the file first does (https://sqlite.org/walformat.html, 2.4). What it
/// knows of the schema holds where the cookie is the one that it knows; else SQLite reads the schema anew. While something waits to happen to the process, connections are opened as ever, so that each
/// call to the disk is made.
///
/// The invariant behind `@unchecked Sendable`: one device or hub has it, or nobody.
final class WarmFile: @unchecked Sendable {
  /// Files whose schema has the same text and the same cookie.
  struct Kind: Sendable {
    /// Another one for another text.
    let name: String
    let path: String
    /// What SQLite counts a schema's changes with.
    let cookie: Int64
  }

  private struct Connection {
    var mode: Database.Mode
    var db: Database
    var files: [OpenFile]
  }

  let system = RegisteredSystem()
  private let kind: Kind
  private let memory = SharedMemory()
  private var process: SimulatedProcess?
  private var idle: [Connection] = []
  private var used: [Connection] = []
  /// Has the schema changed since the process began?
  private var isChanged = false

  private static let kept = Mutex<[String: [WarmFile]]>([:])
  /// Of each kind, and of kinds.
  private static let (most, mostKinds) = (8, 100)
  private static let mostOfAMode = 4

  private init(_ kind: Kind) { self.kind = kind }

  static func take(_ kind: Kind) -> WarmFile {
    kept.withLock { $0[kind.name]?.popLast() } ?? WarmFile(kind)
  }

  /// A process begins; no other one runs on its disk.
  func begin(_ process: SimulatedProcess) {
    (self.process, isChanged) = (process, false)
    memory.clear()
    process.disk.file(kind.path)?.memory = memory
  }

  /// - Parameter isWatched: whether SQLite is to tell of each row before it changes; always the same for a mode.
  func connect(_ mode: Database.Mode, isWatched: Bool = true) throws(RelayError) -> Database {
    guard let process else { throw RelayError(.usage, "no process runs") }
    if process.isSpared, !isChanged, let at = idle.lastIndex(where: { $0.mode == mode }) {
      let one = idle.remove(at: at)
      if move(one, to: process) {
        used.append(one)
        return one.db
      }
      isChanged = true
    }
    let before = process.opens
    let db = try Database(path: kind.path, mode: mode, vfs: process.name, isWatched: isWatched)
    let files = process.opens.filter { file in !before.contains { $0 === file } }
    used.append(Connection(mode: mode, db: db, files: files))
    return db
  }

  private func move(_ one: Connection, to process: SimulatedProcess) -> Bool {
    // SQLite draws the salts of a log's first header only where it has begun none before: without one, the frames of each such
    // log would be taken for each other's after a power cut (sqlite3WalFrames).
    guard process.disk.file(kind.path + "-wal")?.size ?? 0 >= 32 else { return false }
    for file in one.files {
      guard let path = file.path else { return false }
      file.move(to: process, process.disk.file(path) ?? process.disk.make(path))
    }
    // Reads what who opens a file reads.
    guard (try? one.db.first("SELECT max(sql) FROM sqlite_master")) != nil else { return false }
    return (try? one.db.first("PRAGMA schema_version")) == [.integer(kind.cookie)]
  }

  /// Nothing is kept of the disk of a run that is over: it would be as many as there are connections.
  private func leaveDisk() {
    let nowhere = SimulatedProcess(on: SimulatedDisk(seed: 0), seed: 0, system) { 0 }
    nowhere.kill()
    for file in idle.flatMap(\.files) { file.move(to: nowhere, MemoryFile(id: 0)) }
    process = nowhere
  }

  /// The process is dead. Where something is under way still, nothing that it shared with others is used again.
  func end() {
    let ended = used
    used = []
    guard ended.allSatisfy({ $0.db.release() }) else { return }
    for one in ended where !one.db.hasTablesOfItsOwn {
      // Those that were opened while something waited to happen would come on top of the others for ever.
      if idle.count(where: { $0.mode == one.mode }) < WarmFile.mostOfAMode { idle.append(one) }
    }
    leaveDisk()
    WarmFile.kept.withLock { kept in
      if kept.count > WarmFile.mostKinds { kept = [:] }
      if kept[kind.name, default: []].count < WarmFile.most { kept[kind.name, default: []].append(self) }
    }
  }
}
