internal import CSQLite
public import RelayProtocol

/// A connection to one SQLite file, lent to closures: never store it, never pass it to another thread.
///
/// A thin typed layer over the C interface: prepared statements are cached by their text, values are bit-exact, every
/// failure is a `RelayError` with the statement in it.
public final class Database {
  public enum Mode: Sendable {
    /// Opens the file, making it if it is not there.
    case create
    /// The file must exist.
    case readWrite
    case readOnly
  }

  let handle: OpaquePointer
  public let path: String
  /// Prepared statements by their text; an app's stand apart, since they were prepared with less authority.
  var cache: [String: Prepared] = [:]
  var appCache: [String: Prepared] = [:]
  var recent = [(sql: String, prepared: Prepared)?](repeating: nil, count: Database.slots)
  let cell = AuthorityCell()
  /// The disk has no room for the index that connections share (`-shm`). This one keeps it in memory and has the file for
  /// itself, so that what is there can be read (https://sqlite.org/wal.html#use_of_wal_without_shared_memory).
  package let isAlone: Bool
  package let tap = ChangeTap()
  /// Does SQLite tell of changes?
  package private(set) var hasTap = false
  /// Runs before a transaction commits, and after a statement of an app that changed the file's schema.
  package var beforeCommit: (() throws(RelayError) -> Void)?
  package var schemaChanged: (() throws(RelayError) -> Void)?

  /// - Parameters:
  ///   - vfs: the name of a registered VFS; nil for SQLite's default. The simulator puts its own here.
  ///   - isWatched: whether SQLite is to tell of each row before it changes, which costs every write a little.
  /// - Throws: `file_missing`, `not_a_database`, `read_only`, `corrupt` or `io_error`.
  package init(path: String, mode: Mode, vfs: String? = nil, isWatched: Bool = true) throws(RelayError) {
    var opened = try Database.open(path, mode, vfs)
    var result = Database.firstRead(opened)
    if result == Database.needsRollback {
      // A program was killed while it made the file. What it left is undone by whoever may write; a reader may not.
      sqlite3_close_v2(opened)
      let writable = try Database.open(path, .readWrite, vfs)
      _ = Database.firstRead(writable)
      sqlite3_close_v2(writable)
      opened = try Database.open(path, mode, vfs)
      result = Database.firstRead(opened)
    }
    isAlone = result != SQLITE_OK && Database.error(result, handle: opened, path: "", sql: nil).code == .diskFull
    if isAlone {
      sqlite3_close_v2(opened)
      // Its lock needs a file that is open for writing, whoever only reads.
      opened = try Database.open(path, .readWrite, vfs)
      sqlite3_exec(opened, "PRAGMA locking_mode = EXCLUSIVE", nil, nil, nil)
    }
    handle = opened
    self.path = path
    sqlite3_extended_result_codes(handle, 1)
    sqlite3_busy_timeout(handle, 5000)
    installAuthorizer()
    if mode != .readOnly, isWatched { hasTap = installTap() }
    // The first read finds out whether this is a database at all.
    _ = try first("SELECT count(*) FROM sqlite_master")
    if mode != .readOnly {
      _ = try first("PRAGMA journal_mode = WAL")
      let flushes = Mutation.isPlanted(.normalFlush) ? "NORMAL" : Mutation.isPlanted(.noFlush) ? "OFF" : "FULL"
      try execute("PRAGMA synchronous = \(flushes)")
    }
  }

  private static func open(_ path: String, _ mode: Mode, _ vfs: String?) throws(RelayError) -> OpaquePointer {
    var flags = SQLITE_OPEN_NOMUTEX
    switch mode {
    case .create: flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    case .readWrite: flags |= SQLITE_OPEN_READWRITE
    case .readOnly: flags |= SQLITE_OPEN_READONLY
    }
    var opened: OpaquePointer?
    let result = sqlite3_open_v2(path, &opened, flags, vfs)
    guard result == SQLITE_OK, let opened else {
      let error = Database.error(result, handle: opened, path: path, sql: nil)
      sqlite3_close_v2(opened)
      // Where there is a place for it, a file to be made is not missed: it could not be made, and SQLite does not say why.
      guard error.code == .fileMissing, mode == .create, hasPlace(path, vfs) else { throw error }
      throw RelayError(.ioError, error.message)
    }
    return opened
  }

  /// Is the folder there in which a file is to lie?
  private static func hasPlace(_ path: String, _ vfs: String?) -> Bool {
    let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? "."
    return (try? SmallFile(path: folder.isEmpty ? "/" : folder, vfs: vfs).isThere()) ?? false
  }

  private static func firstRead(_ opened: OpaquePointer) -> Int32 {
    sqlite3_extended_result_codes(opened, 1)
    return sqlite3_exec(opened, "SELECT count(*) FROM sqlite_master", nil, nil, nil)
  }

  /// SQLITE_READONLY_ROLLBACK, a macro that Swift does not see.
  private static let needsRollback = SQLITE_READONLY | (3 << 8)

  deinit {
    recent.removeAll()
    cache.removeAll()
    appCache.removeAll()
    sqlite3_close_v2(handle)
  }

  /// Rows changed by the last INSERT, UPDATE or DELETE.
  public var changes: Int { Int(sqlite3_changes64(handle)) }

  /// A number that moves whenever somebody has changed the file, this connection too: inside a transaction, what it was when
  /// that began (https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html#sqlitefcntldataversion). Nil where it cannot be told.
  package var dataVersion: UInt32? {
    var version: UInt32 = 0
    let result = sqlite3_file_control(handle, "main", SQLITE_FCNTL_DATA_VERSION, &version)
    return result == SQLITE_OK ? version : nil
  }

  /// Is a transaction open on this connection?
  package var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }
}

/// A prepared statement in the cache; marked while it runs, so that a nested use prepares another.
final class Prepared {
  let statement: OpaquePointer
  var isRunning = false
  let effects: AuthorityCell.Effects

  init(_ statement: OpaquePointer, _ effects: AuthorityCell.Effects) {
    (self.statement, self.effects) = (statement, effects)
  }

  deinit { sqlite3_finalize(statement) }
}

/// The row that a query stands on; valid only inside the closure that it is lent to.
public struct Row: ~Copyable {
  let statement: OpaquePointer

  public var count: Int { Int(sqlite3_column_count(statement)) }

  /// - Parameter column: from 0; NULL beyond the last.
  public subscript(column: Int) -> Value {
    let at = Int32(truncatingIfNeeded: column)
    switch sqlite3_column_type(statement, at) {
    case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, at))
    case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, at))
    case SQLITE_TEXT:
      let bytes = sqlite3_column_text(statement, at)
      return .text(bytes: UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(statement, at))))
    case SQLITE_BLOB: return .blob(blob(column))
    default: return .null
    }
  }

  /// The bytes of a blob; empty for anything else.
  package func blob(_ column: Int) -> [UInt8] {
    let at = Int32(truncatingIfNeeded: column)
    guard sqlite3_column_type(statement, at) == SQLITE_BLOB, let start = sqlite3_column_blob(statement, at) else {
      return []
    }
    return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, at))))
  }

  package func int(_ column: Int) -> Int64 { sqlite3_column_int64(statement, Int32(truncatingIfNeeded: column)) }

  public var values: [Value] { (0..<count).map { self[$0] } }
}

extension Row {
  /// The row behind a value that can be handed on while the statement stands on it, and no longer.
  package var lent: LentRow { LentRow(statement: statement) }
}

/// A row for code that does not know whose row it is; valid only while its query stands on it.
package struct LentRow {
  let statement: OpaquePointer

  private var row: Row { Row(statement: statement) }

  package func int(_ column: Int) -> Int64 { row.int(column) }
  package func blob(_ column: Int) -> [UInt8] { row.blob(column) }
  package func text(_ column: Int) -> String { row[column].text ?? "" }
  package func isNull(_ column: Int) -> Bool { row[column].isNull }
}
