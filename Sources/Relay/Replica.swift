public import RelayMerge
public import RelayProtocol
internal import Synchronization

/// An app's SQLite file that syncs: ordinary tables, ordinary SQL, and a hub to agree with when there is a network.
///
/// ```swift
/// let replica = try Replica(at: path, schema: json, environment: environment) { db in try db.script(ddl) }
/// try replica.write { db in try db.execute("UPDATE member SET area = ? WHERE id = ?", ["North", id]) }
/// ```
///
/// A `write` that returned survives kill -9 and power cut. Other connections and processes may use the same file.
///
/// Sendable: `core` is touched only while `lock` is held, and nothing of it leaves a locked section.
public final class Replica: @unchecked Sendable {
  private let core: ReplicaCore
  private let lock = Mutex(())
  let observers = Observers()
  public let schema: SyncSchema
  public let path: String

  /// Opens the file, makes it if it is not there, and attaches to the tables that the sync schema names.
  ///
  /// - Parameters:
  ///   - schema: the sync schema file (docs/sync-schema.md).
  ///   - resolvers: the app's own functions for columns with the policy `resolver`.
  ///   - create: makes the app's tables; runs in one transaction, only in a file that Relay has not attached to yet.
  /// - Throws: `schema_invalid`, `schema_mismatch`, `not_a_database`, `read_only` and the other codes of the file.
  public init(
    at path: String, schema: [UInt8], environment: Environment, resolvers: Resolvers = Resolvers(),
    create: ((Database) throws(RelayError) -> Void)? = nil
  ) throws(RelayError) {
    self.schema = try SyncSchema(json: schema, resolvers: resolvers)
    self.path = path
    core = try ReplicaCore(path: path, schema: self.schema, environment: environment)
    try core.attach(create: create)
    try sealWhatWasLeft()
    try core.lookAround()
  }

  /// On a full disk the file can still be read; what foreign tools left is then sealed by a later write or sync.
  func sealWhatWasLeft() throws(RelayError) {
    let core = core
    do {
      _ = try core.db.transaction { () throws(RelayError) in try core.seal(.residue) }
    } catch {
      guard error.code == .diskFull else { throw error }
    }
  }

  /// Runs `body` as one SQLite transaction that becomes one Relay transaction at its commit.
  ///
  /// - Parameters:
  ///   - author: who writes, for people to read in conflicts and history.
  ///   - mode: `.strict` has the hub refuse the transaction, whole, if any of its writes turns out concurrent.
  ///   - moment: what the author had seen, if not everything that this replica shows now: a form that was open while
  ///     a sync ran gives the moment at which it read.
  /// - Returns: what `body` returns, once the commit is on disk.
  /// - Throws: what `body` throws, `role_forbids`, `value_not_allowed`, `transaction_too_large`, `moment_void`; nothing
  ///   was written.
  public func write<T: Sendable>(
    author: String = "", mode: TransactionMode = .merge, seenAt moment: Moment? = nil,
    _ body: (Database) throws(RelayError) -> T
  ) throws(RelayError) -> T {
    try locked { (core) throws(RelayError) in
      try core.db.transaction { () throws(RelayError) in
        try core.seal(.residue)
        let value = try body(core.db)
        try core.commit(Commit(author: author, mode: mode, moment: moment))
        return value
      }
    }
  }

  /// Reads from one consistent view.
  public func read<T: Sendable>(_ body: (Database) throws(RelayError) -> T) throws(RelayError) -> T {
    try locked { (core) throws(RelayError) in
      try core.db.snapshot { () throws(RelayError) in try body(core.db) }
    }
  }

  func locked<T: Sendable>(_ body: (ReplicaCore) throws(RelayError) -> T) throws(RelayError) -> T {
    let core = core
    let (value, touched) = try lock.withLock { (_) throws(RelayError) -> (T, TouchedTables) in
      (core.touched, core.isFromHub) = (TouchedTables(), false)
      let value = try body(core)
      return (value, core.touched)
    }
    observers.tell(touched)
    return value
  }
}
