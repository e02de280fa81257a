/// What one sync did, and while it runs what it has done so far.
public struct SyncReport: Sendable, Equatable {
  public var requests = 0
  public var pushed = 0
  public var accepted = 0
  public var refused = 0
  /// Verdicts that opened an entry for a person.
  public var conflicts = 0
  /// Rows that came, dead ones too, and rows that left this device's scopes.
  public var rows = 0
  public var exits = 0
  /// Rows that the pull has in all, where it brings everything the device may hold: a first sync, another role. Those that lie
  /// in several scopes count in each. Nil until the hub has said so, and for a pull of changes.
  public var rowsInAll: Int?
  public var base: UInt64 = 0
  /// Bytes of bodies as they travelled.
  public var bytesUp = 0
  public var bytesDown = 0
  /// Own transactions that waited to be sent when the sync began, and their bytes before compression.
  public var toPush = 0
  public var bytesToPush = 0

  public init() {}
}

/// What a sync that runs now waits for.
public struct SyncActivity: Sendable, Equatable {
  /// For people: `the hub's answer`, or the code of what went wrong with the last try.
  public var waitsFor: String
  /// Since when, in milliseconds since 1970.
  public var since: Int64

  public init(waitsFor: String, since: Int64) { (self.waitsFor, self.since) = (waitsFor, since) }
}
