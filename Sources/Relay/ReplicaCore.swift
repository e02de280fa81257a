internal import RelayMerge
internal import RelayProtocol

/// A replica as one connection sees it: everything that is not locking. Not Sendable; `Replica` lends it out.
///
/// Nothing is remembered between transactions but the schema, prepared SQL and what observers wait for: another process
/// may write to the file.
final class ReplicaCore {
  let db: Database
  let schema: SyncSchema
  let environment: Environment
  let replicas: ReplicaStore
  let outbox: OutboxStore
  /// Statements of each synced table, by table id.
  var sql: [UInt32: TableSQL] = [:]
  /// Where capture logs each synced table, by table id; known once the file was looked at.
  var captures: [UInt32: CaptureSQL] = [:]
  /// What older versions of the sync schema saw of it, by version.
  var views: [UInt64: SyncSchema] = [:]
  let commands = SealCommands()
  /// SQLite's schema cookie when capture was last found whole (`lookAfterCapture`).
  var checkedCookie: Value?
  /// How much of a transaction in parts the hub said it holds; only saves sending it again.
  var partProgress: (dot: Dot?, received: Int) = (nil, 0)

  /// What the app's triggers mean for Relay's writes, and how columns are declared, while the file's schema stays as it is.
  var triggerSurvey: (cookies: [Value], found: AppTriggers)?
  var knownAffinities: [UInt32: [Affinity]] = [:]
  var affinityCookie: Value?
  /// Keeps what Relay shows while it writes beside the app's triggers (`applying`).
  var shownRows: ShownRows?

  /// Bookkeeping that the present install or seal need not look into; empty outside of them.
  var knownEmpty: EmptyTables = []

  /// Tables that somebody has asked to observe; `relay_inbox` may be one.
  var observed: Set<String> = []
  /// What the present call has changed, and whether it does so in the hub's name.
  var touched = TouchedTables()
  var isFromHub = false
  /// For `poll`: SQLite's number when it last looked, and whether another replica of this file has moved it since.
  var seenVersion: Int64 = 0
  var movedElsewhere = (here: false, hub: false)
  private var ownPlace: ReplicaPlace?

  init(path: String, mode: Database.Mode, schema: SyncSchema, environment: Environment) throws(RelayError) {
    db = try Database(path: path, mode: mode, vfs: environment.vfs)
    try environment.prepare(db)
    replicas = ReplicaStore(db)
    outbox = OutboxStore(db, replicas)
    self.schema = schema
    self.environment = environment
    for table in schema.tables { sql[table.id] = TableSQL(table) }
    guard mode != .readOnly else {
      try readAffinities()
      return
    }
    db.tap.isListening = true
    db.beforeCommit = { [unowned self] () throws(RelayError) in try logTapped() }
    db.schemaChanged = { [unowned self] () throws(RelayError) in try chooseCapture() }
  }

  func sql(_ table: TableSchema) -> TableSQL { sql[table.id] ?? TableSQL(table) }

  func table(_ id: UInt32) throws(RelayError) -> TableSchema {
    guard let table = schema.table(id) else {
      throw RelayError(.schemaMismatch, "table id \(id) is not in the sync schema")
    }
    return table
  }

  func table(named name: String) throws(RelayError) -> TableSchema {
    guard let table = schema.table(named: name) else {
      throw RelayError(.schemaMismatch, "the table '\(name)' is not in the sync schema")
    }
    return table
  }
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

  /// The newest dot.
  var key: DotKey { DotKey(number: number, counter: counter) }
}

extension ReplicaCore {
  func state() throws(RelayError) -> ReplicaState {
    let row = try db.first(commands.state)
    guard let row, row.count == 14, let replica = row[0].integer, let dot = row[1].integer,
      let time = row[3].integer, let base = row[6].integer, let head = row[11].integer,
      let accepted = row[12].integer, let installs = row[13].integer, dot >= 0, base >= 0, head >= 0,
      accepted >= 0, installs >= 0
    else { throw RelayError(.corrupt, "\(db.path): relay_state holds no state") }
    func hash(_ value: Value) throws(RelayError) -> Hash128 {
      guard case .blob(let bytes) = value, let hash = Hash128(bytes: bytes) else {
        throw RelayError(.corrupt, "\(db.path): relay_state holds no hash")
      }
      return hash
    }
    var state = ReplicaState(
      replica: ReplicaID(bits: UInt64(bitPattern: replica)), number: DotKey(dot).number, counter: DotKey(dot).counter,
      hash: try hash(row[2]), time: HybridTime(bits: UInt64(bitPattern: time)), organisation: try hash(row[4]),
      epoch: try hash(row[5]),
      base: UInt64(base), logHash: try hash(row[7]), role: row[8].text ?? "", device: row[9].text ?? "",
      author: row[10].text ?? "", head: UInt64(head), accepted: UInt64(accepted), installs: UInt64(installs))
    if let newer = try outbox.newest(after: state.key) {
      (state.counter, state.hash, state.time) = (newer.key.counter, newer.hash, max(state.time, newer.time))
    }
    notice(ReplicaPlace(state))
    return state
  }

  func save(_ state: ReplicaState) throws(RelayError) {
    ownPlace = ReplicaPlace(state)
    try db.execute(
      """
      UPDATE relay_state SET replica = ?, dot = ?, hash = ?, time = ?, organisation = ?, epoch = ?, base = ?, log_hash = ?,
        role = ?, device = ?, author = ?, head = ?, accepted = ?, installs = ?
      """,
      [
        .integer(Int64(bitPattern: state.replica.bits)), Value(state.key), .blob(state.hash.bytes),
        .integer(Int64(bitPattern: state.time.bits)),
        .blob(state.organisation.bytes), .blob(state.epoch.bytes), Value(state.base), .blob(state.logHash.bytes),
        .text(state.role), .text(state.device), .text(state.author), Value(state.head), Value(state.accepted),
        Value(state.installs),
      ])
  }

  /// This replica itself has moved the file.
  func sealedHere(_ state: ReplicaState) { ownPlace = ReplicaPlace(state) }

  private func notice(_ place: ReplicaPlace) {
    if let ownPlace, ownPlace != place {
      if place.counter != ownPlace.counter { movedElsewhere.here = true }
      if place.base != ownPlace.base || place.accepted != ownPlace.accepted { movedElsewhere.hub = true }
    }
    ownPlace = place
  }
}

extension Value {
  /// A counter or seq, which stays below 2^53.
  init(_ number: UInt64) { self = .integer(Int64(clamping: number)) }
}
