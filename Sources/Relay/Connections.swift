internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite
internal import Synchronization

/// One connection to a replica's file; whoever uses it has it alone.
final class Connection: Sendable {
  private let core: Lock<ReplicaCore>
  /// No other connection can be opened beside it.
  let isAlone: Bool

  init(path: String, mode: Database.Mode, schema: SyncSchema, environment: Environment) throws(RelayError) {
    let core = try ReplicaCore(path: path, mode: mode, schema: schema, environment: environment)
    isAlone = core.db.isAlone
    self.core = Lock(core)
  }

  func use<T: Sendable>(_ body: (ReplicaCore) throws(RelayError) -> T) throws(RelayError) -> T {
    try core.withLock { (core) throws(RelayError) in try body(core) }
  }

  /// - Returns: nil where somebody else uses the connection.
  func useIfFree<T: Sendable>(_ body: (ReplicaCore) throws(RelayError) -> T) throws(RelayError) -> T? {
    try core.withLockIfAvailable { (core) throws(RelayError) in try body(core) }
  }
}

/// The connections that read: opened when they are first needed, a few at most. In WAL mode they neither wait for the one
/// that writes nor hold it up (https://sqlite.org/wal.html).
final class ReadConnections: Sendable {
  private static let most = 4

  private let path: String
  private let schema: SyncSchema
  private let environment: Environment
  private let connections = Lock<[Connection]>([])
  /// Where a caller waits who finds all of them in use.
  private let next = Atomic<Int>(0)

  init(path: String, schema: SyncSchema, environment: Environment) {
    self.path = path
    self.schema = schema
    self.environment = environment
  }

  func close() { connections.withLock { $0 = [] } }

  func use<T: Sendable>(_ body: (ReplicaCore) throws(RelayError) -> T) throws(RelayError) -> T {
    let opened = connections.withLock { $0 }
    for connection in opened { if let value = try connection.useIfFree(body) { return value } }
    if opened.count < ReadConnections.most {
      let one = try Connection(path: path, mode: .readOnly, schema: schema, environment: environment)
      connections.withLock { connections in
        if connections.count < ReadConnections.most { connections.append(one) }
      }
      return try one.use(body)
    }
    let at = next.wrappingAdd(1, ordering: .relaxed).oldValue
    return try opened[Int(UInt(bitPattern: at) % UInt(opened.count))].use(body)
  }
}
