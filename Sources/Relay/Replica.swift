public import RelayMerge
public import RelayProtocol

/// An app's SQLite file that syncs: ordinary tables, ordinary SQL, and a hub to agree with when there is a network.
///
/// ```swift
/// let replica = try Replica(at: path, schema: json, environment: .system) { db in try db.script(ddl) }
/// try replica.write { db in try db.execute("UPDATE member SET area = ? WHERE id = ?", ["North", id]) }
/// let areas = try replica.read { db in try db.query("SELECT area FROM member") { row in row[0].text } }
/// ```
///
/// A `write` that returned survives kill -9 and power cut. Other connections and processes may use the same file.
/// Calls may come from any thread: writes take turns, reads run beside them on connections of their own.
public final class Replica: Sendable {
  private let writer: Connection
  private let readers: ReadConnections
  /// Threads that are inside a closure of this replica: a call from there would wait for itself.
  private let visitors = Visitors()
  let observers = Observers()
  let environment: Environment
  let writes = WriteSignal()
  public let schema: SyncSchema
  public let path: String

  /// Opens the file, makes it if it is not there, and attaches to the tables that the sync schema names.
  ///
  /// - Parameters:
  ///   - schema: the sync schema file (docs/sync-schema.md).
  ///   - resolvers: the app's own functions for columns with the policy `resolver`.
  ///   - create: makes the app's tables; runs in one transaction, only in a file that Relay has not attached to yet.
  /// - Throws: `schema_invalid`, `schema_mismatch`, `not_a_database`, `read_only` and the other codes of the file; what
  ///   `create` throws. After an error the file is as it was.
  public convenience init(
    at path: String, schema: [UInt8], environment: Environment, resolvers: Resolvers = Resolvers(),
    create: (Database) throws(RelayError) -> Void = { (_) throws(RelayError) in }
  ) throws(RelayError) {
    try self.init(
      at: path, parsed: SyncSchema(json: schema, resolvers: resolvers), environment: environment, create: create)
  }

  /// - Parameter schema: as it was read before.
  package init(
    at path: String, parsed schema: SyncSchema, environment: Environment,
    create: (Database) throws(RelayError) -> Void = { (_) throws(RelayError) in }
  ) throws(RelayError) {
    self.schema = schema
    self.path = path
    self.environment = environment
    writer = try Connection(path: path, mode: .create, schema: schema, environment: environment)
    readers = ReadConnections(path: path, schema: schema, environment: environment)
    try locked { (core) throws(RelayError) in try core.attachment.attach(create: create) }
    try sealWhatWasLeft()
    try locked { (core) throws(RelayError) in core.watch.version = try core.dataVersion() }
  }

  /// The last connection to go is the one that may carry the log into the file, so that who copies or moves the file later
  /// has all of it.
  deinit { readers.close() }

  /// Opens the file like the other initialiser; `create` throws what it likes.
  @_disfavoredOverload
  public convenience init(
    at path: String, schema: [UInt8], environment: Environment, resolvers: Resolvers = Resolvers(),
    create: (Database) throws -> Void
  ) throws {
    let thrown = Thrown()
    do {
      try self.init(at: path, schema: schema, environment: environment, resolvers: resolvers) {
        (db) throws(RelayError) in try thrown.keep { try create(db) }
      }
    } catch { throw thrown.error ?? error }
  }

  /// On a full disk the file can still be read; what foreign tools left is then sealed by a later write or sync.
  func sealWhatWasLeft() throws(RelayError) {
    do throws(RelayError) {
      _ = try changing { (core) throws(RelayError) in try core.sealer.sealResidue() }
    } catch {
      guard error.code == .diskFull else { throw error }
    }
  }

  /// Runs `body` as one SQLite transaction that becomes one Relay transaction at its commit.
  ///
  /// - Parameters:
  ///   - author: who writes, for people to read in conflicts and history; at most 255 bytes.
  ///   - mode: `.strict` has the hub refuse the transaction, whole, if any of its writes turns out concurrent.
  ///   - moment: what the author had seen, if not everything that this replica shows now: a form that was open while
  ///     a sync ran gives the moment at which it read.
  ///   - body: is lent the connection; it may not end the transaction, attach files, change settings, or call this
  ///     replica.
  /// - Returns: what `body` returns, once the commit is on disk.
  /// - Throws: what `body` throws, `role_forbids`, `value_not_allowed`, `transaction_too_large`, `moment_void`,
  ///   `nested_call`; nothing was written.
  /// - Complexity: O(rows written).
  public func write<T: Sendable>(
    author: String = "", mode: TransactionMode = .merge, seenAt moment: Moment? = nil,
    _ body: (Database) throws(RelayError) -> T
  ) throws(RelayError) -> T {
    let value = try changing { (core) throws(RelayError) in
      let footing = try core.sealer.sealResidue(on: core.standingFooting())
      let value = try core.db.lent { () throws(RelayError) in try body(core.db) }
      let dots = try core.sealer.commit(Commit(author: author, mode: mode, moment: moment), on: footing)
      core.changes.left = dots.isEmpty ? footing : core.changes.sealed
      return value
    }
    writes.tell()
    return value
  }

  /// Runs `body` like the other `write`; it throws what it likes, and nothing was written then.
  @_disfavoredOverload
  public func write<T: Sendable>(
    author: String = "", mode: TransactionMode = .merge, seenAt moment: Moment? = nil, _ body: (Database) throws -> T
  ) throws -> T {
    let thrown = Thrown()
    do {
      return try write(author: author, mode: mode, seenAt: moment) { (db) throws(RelayError) in
        try thrown.keep { try body(db) }
      }
    } catch { throw thrown.error ?? error }
  }

  /// Reads from one consistent view, beside whatever is being written: a running install does not hold it up.
  ///
  /// - Parameter body: is lent a connection that cannot write.
  /// - Throws: what `body` throws, `read_only` where it tries to write, `nested_call`.
  public func read<T: Sendable>(_ body: (Database) throws(RelayError) -> T) throws(RelayError) -> T {
    try reading { (core) throws(RelayError) in
      try core.db.lent { () throws(RelayError) in try body(core.db) }
    }
  }

  /// Reads like the other `read`; `body` throws what it likes.
  @_disfavoredOverload
  public func read<T: Sendable>(_ body: (Database) throws -> T) throws -> T {
    let thrown = Thrown()
    do {
      return try read { (db) throws(RelayError) in try thrown.keep { try body(db) } }
    } catch { throw thrown.error ?? error }
  }

  /// The one connection that writes, for as long as `body` runs.
  func locked<T: Sendable>(_ body: (ReplicaCore) throws(RelayError) -> T) throws(RelayError) -> T {
    try visitors.visit(path) { () throws(RelayError) in
      try writer.use { (core) throws(RelayError) in try body(core) }
    }
  }

  /// One transaction of the connection that writes; what it changed is told to the observers once it is committed.
  ///
  /// - Parameter fromHub: whether it is done in the hub's name.
  func changing<T: Sendable>(
    fromHub: Bool = false, _ body: (ReplicaCore) throws(RelayError) -> T
  ) throws(RelayError) -> T {
    let (value, touched) = try locked { (core) throws(RelayError) in
      try core.changing(fromHub: fromHub) { () throws(RelayError) in try body(core) }
    }
    observers.tell(touched)
    return value
  }

  /// A connection that reads, in one snapshot.
  func reading<T: Sendable>(_ body: (ReplicaCore) throws(RelayError) -> T) throws(RelayError) -> T {
    try visitors.visit(path) { () throws(RelayError) in
      if writer.isAlone {
        return try writer.use { (core) throws(RelayError) in
          try core.db.snapshot { () throws(RelayError) in try body(core) }
        }
      }
      return try readers.use { (core) throws(RelayError) in
        core.replicas.forget()
        return try core.db.snapshot { () throws(RelayError) in try body(core) }
      }
    }
  }
}

/// What a closure of the app threw, on its way past functions that throw Relay's errors alone.
final class Thrown {
  var error: (any Error)?

  func keep<T>(_ body: () throws -> T) throws(RelayError) -> T {
    do { return try body() } catch {
      self.error = error
      throw error as? RelayError ?? RelayError(.cancelled, "the closure threw \(error)")
    }
  }
}
