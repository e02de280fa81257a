/// What a damaged file was found to have, and what became of it.
public struct Rebuilt: Sendable, Equatable {
  /// What is damaged, a line each: a page or an index as SQLite says it, a table that cannot be read, a transaction that is
  /// not what was sealed. Empty where nothing is.
  public var damage: [String] = []
  /// Unsent transactions that are as they were sealed: they are sent with the next sync.
  public var unsent = 0
  /// Unsent transactions that cannot be sent any more, by name; nobody else has them.
  public var lost: [String] = []
  /// Changes by other programs that were not sealed yet: they come along only where the damaged file, or a copy of it, is
  /// opened as a replica first.
  public var unsealed = 0
  /// Refused transactions that are kept, with their place in the inbox.
  public var refused = 0
  /// Did the file still say whose it is? Where not, it needs a new code.
  public var isEnrolled = false
  /// Rows of the app's other tables that came along.
  public var otherRows = 0
}
