internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// `relay_state`: the replica's one row of state. Read and written inside a transaction; reading changes nothing.
final class StateStore {
  let db: Database
  private let read = Command(
    """
    SELECT replica, dot, hash, time, organisation, epoch, base, log_hash, role, device, author, head, accepted, installs,
      renames
    FROM relay_state
    """)
  private let write = Command(
    """
    UPDATE relay_state SET replica = ?, dot = ?, hash = ?, time = ?, organisation = ?, epoch = ?, base = ?, log_hash = ?,
      role = ?, device = ?, author = ?, head = ?, accepted = ?, installs = ?, renames = ?
    """)

  static let ddl = """
    CREATE TABLE IF NOT EXISTS relay_state (
      id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL,
      replica INTEGER NOT NULL, dot INTEGER NOT NULL, hash BLOB NOT NULL, time INTEGER NOT NULL,
      organisation BLOB NOT NULL, epoch BLOB NOT NULL, base INTEGER NOT NULL, log_hash BLOB NOT NULL,
      role TEXT NOT NULL, device TEXT NOT NULL, author TEXT NOT NULL, hub TEXT NOT NULL, token TEXT NOT NULL,
      schema_hash BLOB NOT NULL, schema_version INTEGER NOT NULL, head INTEGER NOT NULL,
      accepted INTEGER NOT NULL, installs INTEGER NOT NULL, mismatch TEXT, rebuilt INTEGER NOT NULL DEFAULT 0,
      renames INTEGER NOT NULL DEFAULT 0);
    """

  init(_ db: Database) { self.db = db }

  // MARK: The state

  /// As it was saved last; what was sealed since, the outbox tells (`ReplicaCore.state`).
  func saved() throws(RelayError) -> ReplicaState {
    let row = try db.first(read)
    guard let row, row.count == 15, let replica = row[0].integer, let dot = row[1].integer,
      let time = row[3].integer, let base = row[6].integer, let head = row[11].integer,
      let accepted = row[12].integer, let installs = row[13].integer, let renames = row[14].integer, dot >= 0,
      base >= 0, head >= 0,
      accepted >= 0, installs >= 0
    else { throw damaged("no state") }
    return ReplicaState(
      replica: ReplicaID(bits: UInt64(bitPattern: replica)), number: DotKey(dot).number, counter: DotKey(dot).counter,
      hash: try hash(row[2]), time: HybridTime(bits: UInt64(bitPattern: time)), organisation: try hash(row[4]),
      epoch: try hash(row[5]), base: UInt64(base), logHash: try hash(row[7]), role: row[8].text ?? "",
      device: row[9].text ?? "", author: row[10].text ?? "", head: UInt64(head), accepted: UInt64(accepted),
      installs: UInt64(installs), renames: renames)
  }

  private func hash(_ value: Value) throws(RelayError) -> Hash128 {
    guard case .blob(let bytes) = value, let hash = Hash128(bytes: bytes) else { throw damaged("no hash") }
    return hash
  }

  func save(_ state: ReplicaState) throws(RelayError) {
    try db.execute(
      write,
      [
        .integer(Int64(bitPattern: state.replica.bits)), Value(state.key), .blob(state.hash.bytes), Value(state.time),
        .blob(state.organisation.bytes), .blob(state.epoch.bytes), Value(state.base), .blob(state.logHash.bytes),
        .text(state.role), .text(state.device), .text(state.author), Value(state.head), Value(state.accepted),
        Value(state.installs), .integer(state.renames),
      ])
  }

  func setBack(to time: HybridTime) throws(RelayError) {
    try db.execute("UPDATE relay_state SET time = ?1 WHERE time > ?1", [Value(time)])
  }

  func advance(to time: HybridTime) throws(RelayError) {
    try db.execute("UPDATE relay_state SET time = ?1 WHERE time < ?1", [Value(time)])
  }

  // MARK: The file

  /// Has Relay attached to this file?
  func isThere() throws(RelayError) -> Bool {
    try db.first("SELECT 1 FROM sqlite_master WHERE name = 'relay_state'") != nil
  }

  func isMade() throws(RelayError) -> Bool { try db.first("SELECT 1 FROM relay_state") != nil }

  func make(_ replica: ReplicaID, _ key: DotKey, _ schema: SyncSchema) throws(RelayError) {
    let zero = Value.blob(Hash128.zero.bytes)
    try db.execute(
      """
      INSERT INTO relay_state (id, version, replica, dot, hash, time, organisation, epoch, base, log_hash, role,
        device, author, hub, token, schema_hash, schema_version, head, accepted, installs)
      VALUES (1, ?, ?, ?, ?, 0, ?, ?, 0, ?, ?, '', '', '', '', ?, ?, 0, 0, 0)
      """,
      [
        .integer(Bookkeeping.version), .integer(Int64(bitPattern: replica.bits)), Value(key), zero, zero, zero, zero,
        .text(SyncSchema.unenrolledRole), .blob(schema.hash.bytes), Value(schema.version),
      ])
  }

  /// Brings the tables of an older version to this one.
  ///
  /// - Throws: `unsupported_version`.
  func migrate() throws(RelayError) {
    while let version = try db.first("SELECT version FROM relay_state")?[0].integer,
      let migration = Bookkeeping.migrations[version]
    {
      try db.script(migration)
    }
    try checkVersion()
  }

  /// - Throws: `unsupported_version`.
  func checkVersion() throws(RelayError) {
    guard try db.first("SELECT version FROM relay_state")?[0] == .integer(Bookkeeping.version) else {
      throw RelayError(.unsupportedVersion, "\(db.path): written by another version of Relay")
    }
  }

  /// The hash of the sync schema that the file was made with.
  func schemaHash() throws(RelayError) -> Hash128 {
    guard let row = try db.first("SELECT schema_hash FROM relay_state") else { throw damaged("no state") }
    return try hash(row[0])
  }

  func save(_ schema: SyncSchema) throws(RelayError) {
    try db.execute(
      "UPDATE relay_state SET schema_hash = ?, schema_version = ?", [.blob(schema.hash.bytes), Value(schema.version)])
  }

  // MARK: The hub

  /// Where and as whom this replica syncs; nil before enrolment.
  func link() throws(RelayError) -> (hub: String, token: String, device: String)? {
    let row = try db.first("SELECT hub, token, device FROM relay_state")
    guard let hub = row?[0].text, let token = row?[1].text, !token.isEmpty else { return nil }
    return (hub, token, row?[2].text ?? "")
  }

  func link(to hub: String, _ token: String) throws(RelayError) {
    try db.execute("UPDATE relay_state SET hub = ?, token = ?", [.text(hub), .text(token)])
  }

  // MARK: Warnings

  /// Names of scopes whose sums are not the hub's, and whether a tool rebuilt a table unseen.
  func warnings() throws(RelayError) -> (mismatch: [String], isRebuilt: Bool) {
    let row = try db.first("SELECT mismatch, rebuilt FROM relay_state")
    return (row?[0].text?.split(separator: " ").map(String.init) ?? [], row?[1] == .integer(1))
  }

  func setMismatch(_ scopes: [String]) throws(RelayError) {
    try db.execute(
      "UPDATE relay_state SET mismatch = ?", [scopes.isEmpty ? .null : .text(scopes.joined(separator: " "))])
  }

  func markRebuilt() throws(RelayError) { try db.execute("UPDATE relay_state SET rebuilt = 1") }

  func clearWarnings() throws(RelayError) { try db.execute("UPDATE relay_state SET mismatch = NULL, rebuilt = 0") }

  private func damaged(_ what: String) -> RelayError {
    RelayError(.corrupt, "\(db.path): relay_state holds \(what)")
  }
}
