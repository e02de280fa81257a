internal import RelayMerge
internal import RelayProtocol

/// A replica as one connection sees it: everything that is not locking. Not Sendable; `Replica` lends it out.
///
/// Nothing is remembered between transactions but the schema, prepared SQL, what observers wait for, and what holds only
/// while nobody else writes to the file (`CommitFooting`): another process may.
final class ReplicaCore {
  let db: Database
  let schema: SyncSchema
  let environment: Environment
  let stores: Stores
  let tables: SyncedTables
  let versions: SchemaVersions
  let attachment: Attachment
  let inbox: Inbox
  let view: View
  /// What the present transaction has changed.
  let changes = Changes()
  let logCommands = LogCommands()
  let plainTables = PlainTables()
  /// How much of a transaction in parts the hub said it holds; only saves sending it again.
  var partProgress: (dot: Dot?, received: Int) = (nil, 0)

  /// What the hub has been offered and lets wait for others; only saves coming back for it at once.
  var waited: Set<DotKey> = []
  /// The base at which this file was last compared with the hub, while it heals; only saves comparing at once again.
  var compared: UInt64?

  /// What the last commit left, with SQLite's data version after it.
  var footing: (version: UInt32, left: CommitFooting)?
  /// Who else writes.
  var watch = FileWatch()
  /// What lies beside the file; nil where nothing does, and for who only reads.
  let sidecar: Sidecar?

  init(path: String, mode: Database.Mode, schema: SyncSchema, environment: Environment) throws(RelayError) {
    db = try environment.open(path, mode)
    try environment.prepare(db)
    stores = Stores(db)
    tables = SyncedTables(db, schema)
    versions = SchemaVersions(stores, schema)
    attachment = Attachment(stores, tables, versions, environment)
    inbox = Inbox(store: stores.inbox, replicas: stores.replicas, schema: schema)
    view = View(stores, tables, attachment, inbox, changes)
    self.schema = schema
    self.environment = environment
    sidecar = mode == .readOnly ? nil : Sidecar(db, environment)
    guard mode != .readOnly else {
      try tables.readAffinities()
      return
    }
    db.tap.isListening = true
    db.beforeCommit = { [unowned attachment] () throws(RelayError) in try attachment.logTapped() }
    db.schemaChanged = { [unowned attachment] () throws(RelayError) in try attachment.chooseCapture() }
  }

  func sql(_ table: TableSchema) -> TableSQL { tables.sql(table) }

  func table(_ id: UInt32) throws(RelayError) -> TableSchema { try tables.table(id) }

  func table(named name: String) throws(RelayError) -> TableSchema { try tables.table(named: name) }

  /// The row as its table shows it.
  func tableRow(_ row: RowID, _ table: TableSchema) throws(RelayError) -> [Value]? { try tables.row(row, table) }
}

/// The replica's one row of state, read and written inside a transaction.
struct ReplicaState {
  var replica: ReplicaID
  /// Which of the file's replicas that is.
  var number: Int64
  var counter: UInt64
  var hash: Hash128
  var time: HybridTime
  var organisation: Hash128
  var epoch: Hash128
  var base: UInt64
  var logHash: Hash128
  var role: String
  var device: String
  var author: String
  /// The newest head that the hub told.
  var head: UInt64
  /// Own transactions that were accepted, ever.
  var accepted: UInt64
  /// Pulls that were installed, ever: what came into sight when. The base does not tell: a grant brings rows to a device
  /// that stands where it stood.
  var installs: UInt64
  /// How often own work got another name.
  var renames: Int64

  /// The newest dot.
  var key: DotKey { DotKey(number: number, counter: counter) }
}

extension ReplicaCore {
  var exchange: Exchange { Exchange(core: self) }
  var refused: RefusedWork { RefusedWork(core: self) }
  var comparison: Comparison { Comparison(core: self) }
  var localOnly: LocalOnly { LocalOnly(core: self) }
  var resealing: Resealing { Resealing(core: self) }
  var historian: RowHistoryReader { RowHistoryReader(core: self) }
  var sealer: Sealer { Sealer(core: self) }

  var replicas: ReplicaStore { stores.replicas }
  var outbox: OutboxStore { stores.outbox }
  var refusals: RefusalStore { stores.refusals }
  var accepted: AcceptedStore { stores.accepted }
  var syncRecord: SyncRecord { stores.sync }

  /// As it stands: a commit writes no state, the newest of its transactions tells.
  func state() throws(RelayError) -> ReplicaState {
    var state = try stores.state.saved()
    replicas.keepCurrent(state.renames)
    if let newer = try outbox.newest(after: state.key) {
      (state.counter, state.hash, state.time) = (newer.key.counter, newer.hash, max(state.time, newer.time))
    }
    return state
  }

  func save(_ state: ReplicaState) throws(RelayError) { try stores.state.save(state) }
}

extension Value {
  /// A counter or seq, which stays below 2^53.
  init(_ number: UInt64) { self = .integer(Int64(clamping: number)) }
}
