public import RelayProtocol
public import RelaySQLite

/// What a replica needs of the world and may not fetch itself, so that a simulator can run the same code.
public struct Environment: Sendable {
  /// Milliseconds since 1970. Only orders truly concurrent writes for display.
  public var now: @Sendable () -> Int64
  /// 64 random bits.
  public var random: @Sendable () -> UInt64
  /// The name of a registered SQLite VFS; nil for the default.
  public var vfs: String?
  /// Runs on each connection that Relay opens, before anything else: registers the functions and collations of the app's
  /// own that its tables need (`Database.define`, `Database.load`). Rows that need one which is missing are held.
  public var prepare: @Sendable (Database) throws(RelayError) -> Void = { (_) throws(RelayError) in }

  /// What the system calls the file at a path and calls no copy of it, however that came about; it stays while the file is
  /// where it is, and where it is only renamed. The result is nil where the system cannot tell.
  ///
  /// Nil: no sidecar is kept (`Replica.sidecarSuffix`), and a copy of the file is noticed when it meets the hub.
  public var fileID: (@Sendable (_ path: String) -> UInt64?)?

  /// Opens the connections to the file; nil: SQLite does. For a simulator, which opens the same file thousands of times.
  package var connect: (@Sendable (Database.Mode) throws(RelayError) -> Database)?

  func open(_ path: String, _ mode: Database.Mode) throws(RelayError) -> Database {
    if let connect { return try connect(mode) }
    return try Database(path: path, mode: mode, vfs: vfs)
  }

  /// What names a request, so that no answer to another one is taken for its own.
  func nonce() -> Hash128 { Hash128(high: random(), low: random()) }

  public init(now: @escaping @Sendable () -> Int64, random: @escaping @Sendable () -> UInt64, vfs: String? = nil) {
    self.now = now
    self.random = random
    self.vfs = vfs
  }
}
