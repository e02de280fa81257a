internal import RelayProtocol

/// Where a hub keeps everything, as rooms of questions named by what they answer. Every question is one that SQLite and
/// PostgreSQL do well: a look-up by key, or a range of an index with its rows joined. No rule of the hub is in here, and
/// no SQL is outside. All of it is asked inside a transaction or a snapshot.
///
/// What one group of pushes knows until it is committed (digests, heads, numbers of scopes) is the session's, above the
/// store, so that every store has it.
protocol HubStore: AnyObject {
  /// For messages; no password is in it.
  var name: String { get }
  /// Was a hub made here?
  func hasTables() throws(RelayError) -> Bool
  var settings: any SettingStore { get }
  var log: any LogStore { get }
  var parts: any PartStore { get }
  var rows: any RowStore { get }
  var feed: any FeedStore { get }
  var conflicts: any ConflictStore { get }
  var digests: any DigestStore { get }
  var devices: any DeviceStore { get }
  var rights: any RightsStore { get }
  var news: any NewsStore { get }
  var healing: any HealingStore { get }
  var pruning: any PruneStore { get }

  /// Is a transaction open that can still be committed?
  var isInTransaction: Bool { get }
  /// How often this connection has written.
  var writes: UInt64 { get }
  /// How many connections there have been; 1 where it stays the same.
  var connections: Int { get }
  /// Changes when somebody else has written; nil where the store does not tell.
  func othersVersion() throws(RelayError) -> Int64?
  /// A transaction that writes, durable before this returns. Nobody else writes meanwhile, on whatever machine.
  func transaction<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T
  /// One consistent view for several questions.
  func snapshot<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T
  /// A part of a transaction that can fail alone.
  func savepoint<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T
  func checkpoint() throws(RelayError)
  /// Tells the other nodes that there is news; a hint, which may be lost.
  func announce()
}

/// The store over a database.
final class SQLHubStore: HubStore {
  let db: any HubSQL
  let settings: any SettingStore
  let log: any LogStore
  let parts: any PartStore
  let rows: any RowStore
  let feed: any FeedStore
  let conflicts: any ConflictStore
  let digests: any DigestStore
  let devices: any DeviceStore
  let rights: any RightsStore
  let news: any NewsStore
  let healing: any HealingStore
  let pruning: any PruneStore

  init(_ db: any HubSQL) {
    self.db = db
    settings = SQLSettings(db: db)
    log = SQLLog(db: db)
    parts = SQLParts(db: db)
    rows = SQLRows(db: db)
    feed = SQLFeed(db: db)
    conflicts = SQLConflicts(db: db)
    digests = SQLDigests(db: db)
    devices = SQLDevices(db: db)
    rights = SQLRights(db: db)
    news = SQLNews(db: db)
    healing = SQLHealing(db: db)
    pruning = SQLPruning(db: db)
  }

  var name: String { db.name }
  var isInTransaction: Bool { db.isInTransaction }
  var writes: UInt64 { db.writes }
  var connections: Int { db.connections }

  func othersVersion() throws(RelayError) -> Int64? { try db.othersVersion() }

  func hasTables() throws(RelayError) -> Bool { try db.hasTables() }
  func transaction<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T { try db.transaction(body) }
  func snapshot<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T { try db.snapshot(body) }
  func savepoint<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T { try db.savepoint(body) }
  func checkpoint() throws(RelayError) { try db.checkpoint() }
  func announce() { db.announce() }
}
