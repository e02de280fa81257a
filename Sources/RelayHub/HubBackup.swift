public import RelayProtocol
internal import RelaySQLite

/// Copies of a hub, which are files wherever the hub is. Files are not flushed here: whoever calls does that before it says
/// that a copy is there.
public enum HubBackup {
  /// Copies a hub, while it is served or not, as it is at one moment, and reads the copy from end to end.
  ///
  /// - Parameters:
  ///   - directory: the hub's.
  ///   - file: what is made; nothing may be there.
  /// - Returns: the last seq in the copy.
  /// - Throws: `usage` where something is there, `corrupt` where the copy is not whole, the errors of the files.
  public static func take(directory: String, to file: String) throws(RelayError) -> UInt64 {
    try copy(SQLiteHub.path(directory), to: file)
    return try check(
      file,
      isWhole: { (copy) throws(RelayError) in
        let original = try Database(path: SQLiteHub.path(directory), mode: .readOnly)
        return try original.first("SELECT log FROM txn WHERE seq = ?", [.integer(copy.head)])?[0] == copy.log
      })
  }

  /// The same of a hub in a database.
  package static func take(_ source: any HubSQL, to file: String) throws(RelayError) -> UInt64 {
    try checkVersion(source)
    try HubSession.refuseMoved(SQLHubStore(source))
    _ = try HubCopy(from: source, to: try SQLiteHub(file: file, .creates)).fill()
    try fold(file)
    return try check(file)
  }

  /// Fills a database from a copy.
  ///
  /// - Parameter clearing: takes away what is there, in the same transaction.
  /// - Returns: the last seq in the copy.
  /// - Throws: `not_a_database`, `corrupt`, `unsupported_version` for a copy that an older version made.
  package static func put(
    _ file: String, in target: any HubSQL, clearing: () throws(RelayError) -> Void
  ) throws(RelayError) -> UInt64 {
    let head = try check(file)
    let source = try SQLiteHub(file: file, .reads)
    try checkVersion(source)
    _ = try HubCopy(from: source, to: target).fill(clearing: clearing)
    return head
  }

  private static func checkVersion(_ store: any HubSQL) throws(RelayError) {
    guard try SQLSettings(db: store).setting("version") != HubSession.version else { return }
    throw RelayError(
      .unsupportedVersion, "\(store.name): of another version of relay-server",
      advice: "Nothing was changed. Serve it once with this version, from a directory if it is a file.")
  }

  /// Makes a hub's file from a copy.
  ///
  /// - Parameter target: what is made; nothing may be there.
  /// - Returns: the last seq in the copy.
  /// - Throws: `not_a_database`, `corrupt`, the errors of the files.
  public static func put(_ file: String, as target: String) throws(RelayError) -> UInt64 {
    let head = try check(file)
    try copy(file, to: target)
    return head
  }

  /// Takes what the log beside a hub's file has into the file, so that it is one file that can be renamed.
  ///
  /// - Throws: the errors of a file that is damaged or no database; then nothing was changed.
  public static func fold(_ file: String) throws(RelayError) {
    let db = try Database(path: file, mode: .readWrite, isWatched: false)
    _ = try db.first("PRAGMA wal_checkpoint(TRUNCATE)")
  }

  private static func copy(_ source: String, to target: String) throws(RelayError) {
    let db = try Database(path: source, mode: .readOnly)
    do throws(RelayError) {
      try db.execute("VACUUM INTO ?", [.text(target)])
    } catch {
      guard error.code == .sql, error.message.contains("already exists") else { throw error }
      throw RelayError(
        .usage, "\(target) is there already", advice: "Nothing was changed. Name a file that is not there.")
    }
  }

  private struct Copy {
    var head: Int64
    var log: Value
  }

  private static func check(
    _ file: String, isWhole: (Copy) throws(RelayError) -> Bool = { (_) throws(RelayError) in true }
  ) throws(RelayError) -> UInt64 {
    let db = try Database(path: file, mode: .readOnly)
    guard try db.first("SELECT 1 FROM sqlite_master WHERE name = 'meta'") != nil else {
      throw RelayError(.notADatabase, "\(file): not a hub's store")
    }
    guard try db.first("PRAGMA integrity_check")?[0] == .text("ok") else {
      throw RelayError(.corrupt, "\(file): the copy is damaged")
    }
    guard let row = try db.first("SELECT seq, log FROM txn ORDER BY seq DESC LIMIT 1"), let head = row[0].integer else {
      return 0
    }
    guard try isWhole(Copy(head: head, log: row[1])) else {
      throw RelayError(.corrupt, "\(file): the copy ends otherwise than the hub at \(head)")
    }
    return UInt64(max(0, head))
  }
}
