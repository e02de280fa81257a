/// Relay's own tables. They live in the app's file, so that data and bookkeeping commit together; all are prefixed
/// `relay_`.
enum Bookkeeping {
  static let version: Int64 = 5

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
    \(ImageStore.ddl)
    \(DeadStore.ddl)
    \(EnteredStore.ddl)
    \(LocalOnlyStore.ddl)
    \(InboxStore.ddl)
    \(StageStore.ddl)
    \(SyncRecord.ddl)
    """
}
