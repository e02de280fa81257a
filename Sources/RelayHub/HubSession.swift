internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// A connection to the hub's file with what hardly ever changes while it is open.
final class HubSession {
  let db: Database
  /// As it was when `refresh` last looked.
  var schema: SyncSchema
  /// The hash of its file's bytes.
  var schemaID: Hash128
  /// The functions that this program has for the policy `resolver`.
  let resolvers: Resolvers
  /// What the group of pushes that is being judged is news of.
  var news = GroupNews(head: 0)
  /// How long after a row left a scope, or a right was taken away, work of before still counts; milliseconds.
  var grace: Int64
  /// Bytes of refused transactions that the hub keeps for one device. Beyond it the oldest go first; their records, with
  /// the reason, stay for ever.
  var refusedQuota: UInt64 = 64 << 20
  /// Bytes of parts that the hub keeps for one device: those of one transaction. Where another one would bring more, what
  /// came of the others is dropped, and the device begins them again.
  var partsQuota = UInt64(Limits.transaction)
  /// What the group of pushes that is being judged has in memory; nil outside a group.
  var group: GroupState?
  /// How many rows a closing lists as gone.
  var mostExits = Limits.exits
  /// What older versions saw of it, by version.
  var views: [UInt64: SyncSchema] = [:]
  /// Columns of rows by shape, and the shape of a table's rows now.
  var shapes: [Int64: [UInt32]] = [:]
  var newestShapes: [UInt32: Int64] = [:]
  let organisation: Hash128
  let epoch: Hash128

  /// Of the store's tables.
  static let version: [UInt8] = [4]

  static func path(_ directory: String) -> String { directory + "/hub.db" }

  init(directory: String, mode: Database.Mode, vfs: String?, resolvers: Resolvers) throws(RelayError) {
    let db = try Database(path: HubSession.path(directory), mode: mode, vfs: vfs)
    let isThere = try db.first("SELECT 1 FROM sqlite_master WHERE name = 'meta'") != nil
    func meta(_ name: String) throws(RelayError) -> [UInt8] {
      guard isThere, case .blob(let bytes)? = try db.first("SELECT value FROM meta WHERE name = ?", [.text(name)])?[0]
      else {
        throw RelayError(.notADatabase, "\(db.path): not a hub's store")
      }
      return bytes
    }
    let file = try meta("schema")
    guard try db.first("SELECT value FROM meta WHERE name = 'version'")?[0] == .blob(HubSession.version) else {
      throw RelayError(
        .unsupportedVersion, "\(db.path): written by another version of relay-server",
        advice: "Nothing was changed. Serve it with the version that wrote it.")
    }
    schema = try SyncSchema(json: file, resolvers: resolvers)
    try schema.checkResolvers()
    schemaID = hash128(file)
    self.resolvers = resolvers
    grace = try Grace.milliseconds(try meta("grace"))
    organisation = Hash128(bytes: try meta("organisation")) ?? .zero
    epoch = Hash128(bytes: try meta("epoch")) ?? .zero
    self.db = db
  }

  static let tables = """
    CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
    CREATE TABLE device(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, code BLOB,
      expires INT NOT NULL, replica INT, token BLOB UNIQUE, revoked INT NOT NULL DEFAULT 0,
      quarantined INT NOT NULL DEFAULT 0, refused INT NOT NULL DEFAULT 0) STRICT;
    CREATE TABLE grants(device INT, scope TEXT, readable INT NOT NULL, writable INT NOT NULL,
      PRIMARY KEY(device, scope)) STRICT, WITHOUT ROWID;
    -- Counts what may concern a device that waits: grants, roles, revocations, a newer schema.
    CREATE TABLE rights(changes INT NOT NULL) STRICT;
    INSERT INTO rights VALUES (0);
    -- Every state of a device's rights, and from which to which of them it had a scope; kind 0 is reading, 1 writing.
    CREATE TABLE rights_change(device INT, n INT, seq INT NOT NULL, at INT NOT NULL, role TEXT NOT NULL,
      PRIMARY KEY(device, n)) STRICT, WITHOUT ROWID;
    CREATE TABLE grant_span(device INT, kind INT, scope TEXT, first INT, last INT,
      PRIMARY KEY(device, kind, scope, first)) STRICT, WITHOUT ROWID;
    -- named, known: the greatest base and the newest change of rights that a replica showed to know.
    CREATE TABLE replica(id INTEGER PRIMARY KEY, device INT NOT NULL, n INT NOT NULL, hash BLOB NOT NULL,
      named INT NOT NULL, known INT NOT NULL) STRICT;
    CREATE INDEX replica_device ON replica(device);
    CREATE TABLE txn(seq INTEGER PRIMARY KEY, replica INT NOT NULL, n INT NOT NULL, hash BLOB NOT NULL,
      device INT NOT NULL, author TEXT NOT NULL, eff INT NOT NULL, accepted INT NOT NULL, entries INT NOT NULL,
      refusal BLOB, base INT NOT NULL, log BLOB NOT NULL, received INT NOT NULL, UNIQUE(replica, n)) STRICT;
    CREATE TABLE body(seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
    CREATE TABLE part(replica INT, n INT, offset INT, hash BLOB NOT NULL, total INT NOT NULL, bytes BLOB NOT NULL,
      device INT NOT NULL, at INT NOT NULL, PRIMARY KEY(replica, n, offset)) STRICT;
    CREATE INDEX part_device ON part(device);
    CREATE TABLE standing(device INT, tbl INT, key BLOB, seq INT, replica INT NOT NULL, n INT NOT NULL,
      kind INT NOT NULL, refused INT NOT NULL, PRIMARY KEY(device, tbl, key, seq)) STRICT, WITHOUT ROWID;
    -- Refused transactions whose bodies are kept.
    CREATE TABLE refused(device INT, seq INT, bytes INT NOT NULL, PRIMARY KEY(device, seq)) STRICT, WITHOUT ROWID;
    CREATE TABLE row(id INTEGER PRIMARY KEY, tbl INT NOT NULL, key BLOB NOT NULL, seq INT NOT NULL,
      alive INT NOT NULL, parent_tbl INT, parent BLOB, scopes BLOB NOT NULL, homes BLOB NOT NULL, orphan INT NOT NULL,
      flags INT NOT NULL, shape INT NOT NULL, vals BLOB NOT NULL, stamps BLOB NOT NULL, UNIQUE(tbl, key)) STRICT;
    -- Which columns the rows' values are of.
    CREATE TABLE shape(id INTEGER PRIMARY KEY, columns BLOB NOT NULL UNIQUE) STRICT;
    CREATE INDEX row_seq ON row(seq);
    CREATE INDEX row_parent ON row(parent_tbl, parent) WHERE parent IS NOT NULL;
    CREATE TABLE increment(row INT, grp INT, seq INT, replica INT NOT NULL, n INT NOT NULL, eff INT NOT NULL,
      delta INT NOT NULL, PRIMARY KEY(row, grp, seq)) STRICT, WITHOUT ROWID;
    CREATE TABLE taken(tbl INT, list INT, value BLOB, row INT NOT NULL,
      PRIMARY KEY(tbl, list, value)) STRICT, WITHOUT ROWID;
    CREATE TABLE scope(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE feed(scope INT, seq INT, row INT, PRIMARY KEY(scope, seq, row)) STRICT, WITHOUT ROWID;
    CREATE TABLE exits(scope TEXT, tbl INT, key BLOB, seq INT NOT NULL,
      PRIMARY KEY(scope, tbl, key)) STRICT, WITHOUT ROWID;
    CREATE INDEX exits_seq ON exits(scope, seq);
    CREATE INDEX exits_row ON exits(tbl, key);
    CREATE TABLE entry(tbl INT, key BLOB, cell BLOB, opened INT, status TEXT NOT NULL, ended INT,
      PRIMARY KEY(tbl, key, cell, opened)) STRICT, WITHOUT ROWID;
    CREATE INDEX entry_open ON entry(status) WHERE status = 'open';
    CREATE TABLE notice(device INT, seq INT, tbl INT, key BLOB, cell BLOB, replica INT, n INT, lost BLOB NOT NULL,
      PRIMARY KEY(replica, n, tbl, key, cell)) STRICT, WITHOUT ROWID;
    CREATE INDEX notice_device ON notice(device, seq);
    CREATE TABLE history(row INT, seq INT, PRIMARY KEY(row, seq)) STRICT, WITHOUT ROWID;
    CREATE TABLE attempt(tbl INT, key BLOB, seq INT, PRIMARY KEY(tbl, key, seq)) STRICT, WITHOUT ROWID;
    CREATE TABLE digest(scope TEXT, role TEXT, version INT, sum BLOB NOT NULL, count INT NOT NULL,
      PRIMARY KEY(scope, role, version)) STRICT, WITHOUT ROWID;
    -- The first transaction that wrote something which this version of the schema had brought.
    CREATE TABLE addition(version INTEGER PRIMARY KEY, seq INT NOT NULL) STRICT;
    """

  func head() throws(RelayError) -> UInt64 {
    if let group { return group.head }
    return try Count.seq(try db.first("SELECT max(seq) FROM txn")?[0])
  }

  /// The log's hash after `seq`; zero before the first transaction, nil for a seq that this hub never gave.
  func logHash(_ seq: UInt64) throws(RelayError) -> Hash128? {
    if seq == 0 { return .zero }
    if let group, group.head == seq { return group.log }
    guard case .blob(let bytes)? = try db.first("SELECT log FROM txn WHERE seq = ?", [.seq(seq)])?[0] else {
      return nil
    }
    return Hash128(bytes: bytes)
  }

  /// Is this the hub, and the history, that the device has talked to (rule 4)?
  ///
  /// - Returns: the schema as the device knows it.
  /// - Throws: `wrong_hub`, `schema_mismatch`, `schema_too_old` or `hub_rolled_back`.
  @discardableResult
  func recognise(_ request: SyncRequest) throws(RelayError) -> SyncSchema {
    guard request.organisation == organisation else {
      throw RelayError(.wrongHub, "this hub serves another organisation")
    }
    let view = try view(of: request.schemaHash, version: request.schemaVersion)
    if request.epoch == .zero, request.base == 0 { return view }
    guard request.epoch == epoch, let log = try logHash(request.base), request.base == 0 || log == request.logHash
    else {
      throw RelayError(.hubRolledBack, "the hub does not know the history that the device saw up to \(request.base)")
    }
    return view
  }
}

extension Value {
  static func seq(_ value: UInt64) -> Value { .integer(Int64(clamping: value)) }
  static func bits(_ value: UInt64) -> Value { .integer(Int64(bitPattern: value)) }
  var bytes: [UInt8] { if case .blob(let bytes) = self { bytes } else { [] } }
}
