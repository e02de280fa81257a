/// Relay's own tables. They live in the app's file, so that data and bookkeeping commit together; all are prefixed
/// `relay_`.
enum Bookkeeping {
  static let version: Int64 = 6
  /// The version that a file is brought over from.
  static let before: Int64 = 5

  static let migration = """
    ALTER TABLE relay_state ADD COLUMN renames INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE relay_replica RENAME TO relay_replica_before;
    \(ReplicaStore.ddl)
    INSERT INTO relay_replica (number, first, id) SELECT number, 0, id FROM relay_replica_before;
    DROP TABLE relay_replica_before;
    ALTER TABLE relay_sync DROP COLUMN recognised;
    UPDATE relay_state SET version = 6;
    """

  static let ddl = """
    \(CaptureLog.ddl)
    \(StateStore.ddl)
    \(GuardStore.ddl)
    \(SchemaStore.ddl)
    \(ScopeStore.ddl)
    \(ReplicaStore.ddl)
    \(OutboxStore.ddl)
    \(RefusalStore.ddl)
    \(AcceptedStore.ddl)
    \(LostStore.ddl)
    \(OpeningStore.ddl)
    \(ImageStore.ddl)
    \(DeadStore.ddl)
    \(EnteredStore.ddl)
    \(AgeStore.ddl)
    \(LocalOnlyStore.ddl)
    \(InboxStore.ddl)
    \(StageStore.ddl)
    \(SyncRecord.ddl)
    \(SidecarStore.ddl)
    """
}
