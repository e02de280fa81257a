internal import RelayMerge
public import RelayProtocol

/// What a person asks of a replica: is it sent, is it fresh, does anything wait for me?
public struct ReplicaStatus: Sendable, Equatable {
  public var replica: ReplicaID
  public var device: String
  public var role: String
  public var epoch: Hash128
  /// The seq that the confirmed rows stand at, and the newest that the hub told of.
  public var base: UInt64
  public var head: UInt64
  /// Own transactions that no installed pull has confirmed; what foreign tools wrote and nobody could seal yet, because
  /// the disk is full, counts as one.
  public var pending: Int
  /// Own transactions that were accepted, ever.
  public var accepted: Int
  public var conflicts: Int
  public var notices: Int
  public var refused: Int
  public var held: Int
  /// Scopes whose digest differed from the hub's at the last install; `verify` names the rows.
  public var mismatch: [String]
  /// A tool rebuilt a table and may have written while nothing was captured. `verify` lists what differs from the hub,
  /// `repair` settles it.
  public var wasRebuilt: Bool
  /// When this file was last found to be a copy of another one, or put back to an older copy, by this device's clock in
  /// milliseconds since 1970; nil for never. Since then it writes as a replica of its own; nothing is to be done.
  public var foundCopied: Int64?
  /// What the hub granted when the base was installed, by name; none before the first pull.
  public var scopes: [Scope]
  /// The version of the sync schema that the app brought.
  public var schemaVersion: UInt64
  /// Why the oldest unsent transaction has to wait although the hub answers; nil where none does.
  public var waitsFor: String?
  /// When everything was sent, and when a pull ended well, by this device's clock in milliseconds since 1970; nil for
  /// never. What `base` and `head` say is as old as the last pull.
  public var lastPush: Int64?
  public var lastPull: Int64?
  /// The hub's clock at the last pull, in milliseconds since 1970.
  public var hubTime: Int64?
  /// What a sync that runs now waits for, be it of this process or of another; nil where none has waited for a second.
  public var activity: SyncActivity?

  /// The app's triggers that a write of Relay's fires and that write into synced tables: what they do then is undone
  /// (docs/embedding.md).
  public var triggers: [Trigger]

  public struct Trigger: Sendable, Equatable {
    public var name: String
    /// Names of the synced tables that it writes into, ascending.
    public var tables: [String]
  }

  /// One of the scopes that a device serves.
  public struct Scope: Sendable, Equatable {
    /// As the sync schema's rules make it, such as `unit/b17`; `*` for every scope.
    public var name: String
    /// Do its rows come to this device?
    public var isReadable: Bool
    /// May this device write rows that are at home in it?
    public var isWritable: Bool
  }
}

extension Replica {
  /// How this replica stands, in one snapshot.
  ///
  /// - Complexity: O(inbox); independent of rows and of pending work.
  public func status() throws(RelayError) -> ReplicaStatus {
    try reading { (core) throws(RelayError) in
      let state = try core.state()
      let inbox = core.inbox.store
      let unsealed = try CaptureLog(db: core.db).isEmpty() ? 0 : 1
      let talk = try core.syncRecord.times()
      let warnings = try core.stores.state.warnings()
      return ReplicaStatus(
        replica: state.replica, device: state.device, role: state.role, epoch: state.epoch, base: state.base,
        head: state.head,
        pending: unsealed + (try core.outbox.pendingDots().count),
        accepted: Int(state.accepted), conflicts: try inbox.count(.conflict), notices: try inbox.count(.notice),
        refused: try inbox.count(.refused), held: try inbox.count(.held),
        mismatch: warnings.mismatch, wasRebuilt: warnings.isRebuilt,
        foundCopied: try core.stores.sidecar.lastFound(),
        scopes: try core.stores.scopes.granted(),
        schemaVersion: schema.version, waitsFor: try core.waitsFor(),
        lastPush: talk.pushed, lastPull: talk.pulled, hubTime: talk.hub,
        activity: try core.syncRecord.activity(now: core.environment.now()),
        triggers: try core.tables.appTriggers().writers.map { ReplicaStatus.Trigger(name: $0.trigger, tables: $0.into) }
      )
    }
  }

  /// Rows in synced tables.
  ///
  /// - Complexity: O(rows).
  public func rowCount() throws(RelayError) -> Int {
    try reading { (core) throws(RelayError) in
      var rows = 0
      for table in schema.tables {
        rows += Int(try core.db.first("SELECT count(*) FROM \(SQL.name(table.name))")?[0].integer ?? 0)
      }
      return rows
    }
  }
}

extension ReplicaCore {
  /// Why the oldest of the transactions that are not judged yet has to wait; nil where none does.
  fileprivate func waitsFor() throws(RelayError) -> String? {
    if let version = try versions.waitsFor() { return version }
    return try stores.lost.isWaiting() ? "what others have to offer to the hub, which was put back" : nil
  }
}
