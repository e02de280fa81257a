internal import RelayProtocol
internal import RelaySQLite

/// Relay's own tables. They live in the app's file, so that data and bookkeeping commit together; all are prefixed
/// `relay_`.
enum Bookkeeping {
  static let version: Int64 = 7

  /// What brings a file of an older version to the next one.
  static let migrations: [Int64: String] = [
    5: """
    ALTER TABLE relay_state ADD COLUMN renames INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE relay_replica RENAME TO relay_replica_before;
    \(ReplicaStore.ddl)
    INSERT INTO relay_replica (number, first, id) SELECT number, 0, id FROM relay_replica_before;
    DROP TABLE relay_replica_before;
    ALTER TABLE relay_sync DROP COLUMN recognised;
    UPDATE relay_state SET version = 6;
    """,
    6: """
    ALTER TABLE relay_log ADD COLUMN at INTEGER;
    ALTER TABLE relay_inbox ADD COLUMN chosen_at INTEGER;
    UPDATE relay_state SET version = 7;
    """,
  ]

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
    \(BroughtStore.ddl)
    \(OpeningStore.ddl)
    \(PastStore.ddl)
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

  /// The first rows of tables that always have one.
  private static let rows = [
    "INSERT INTO relay_boundary SELECT 1, 0 WHERE NOT EXISTS (SELECT 1 FROM relay_boundary)",
    "INSERT INTO relay_guard SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM relay_guard)",
    "INSERT INTO relay_sync (id) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM relay_sync)",
  ]

  /// What `ddl` makes, by name.
  static let names: [String] = {
    let words = ddl.split { $0 == " " || $0 == "\n" }
    return zip(words, words.dropFirst()).compactMap { word, next in word == "EXISTS" ? String(next) : nil }
  }()

  /// Makes what is not there. Mostly all of it is: SQLite would have to read the whole text at each open to find that out.
  static func make(in db: Database) throws(RelayError) {
    let list = names.map { "'\($0)'" }.joined(separator: ", ")
    let there = try db.first("SELECT count(*) FROM sqlite_master WHERE name IN (\(list))")?[0].integer
    if there != Int64(names.count) { try db.script(ddl) }
    for row in rows { try db.execute(row) }
  }
}
