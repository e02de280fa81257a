/// What a replica needs of the world and may not fetch itself, so that a simulator can run the same code.
public struct Environment: Sendable {
  /// Milliseconds since 1970. Only orders truly concurrent writes for display.
  public var now: @Sendable () -> Int64
  /// 64 random bits.
  public var random: @Sendable () -> UInt64
  /// The name of a registered SQLite VFS; nil for the default.
  public var vfs: String?

  public init(now: @escaping @Sendable () -> Int64, random: @escaping @Sendable () -> UInt64, vfs: String? = nil) {
    self.now = now
    self.random = random
    self.vfs = vfs
  }
}
