internal import RelayMerge
internal import RelayProtocol

/// Which versions of the sync schema meet here, beside the one that the app brought.
struct SchemaStanding {
  /// The one that the confirmed rows were pulled at; 0 before the first pull.
  var installed: UInt64
  /// The newest that the hub said it knows; 0 before it said any.
  var hub: UInt64
}

/// What a request names of the sync schema, and what must still hold when its answer is installed (rule 8).
struct SpokenSchema: Equatable {
  var version: UInt64
  var hash: Hash128
  /// The version that the confirmed rows were pulled at, where it is another one.
  var installed: UInt64?
}

extension ReplicaCore {
  func schemaStanding() throws(RelayError) -> SchemaStanding {
    let row = try db.first("SELECT installed, hub FROM relay_schema")
    return SchemaStanding(
      installed: UInt64(max(0, row?[0].integer ?? 0)), hub: UInt64(max(0, row?[1].integer ?? 0)))
  }

  /// The version to talk in: the app's, or the hub's if that is older.
  func spokenSchema() throws(RelayError) -> SpokenSchema {
    let standing = try schemaStanding()
    var version = schema.version
    if standing.hub > 0 { version = max(min(version, standing.hub), standing.installed) }
    let isOther = standing.installed > 0 && standing.installed != version
    return SpokenSchema(
      version: version, hash: try view(of: version).hash, installed: isOther ? standing.installed : nil)
  }

  private func view(of version: UInt64) throws(RelayError) -> SyncSchema {
    if version == schema.version { return schema }
    if let known = views[version] { return known }
    let view = try schema.at(version)
    views[version] = view
    return view
  }

  /// What neither hub nor confirmed rows know yet is newer than this: an insert leaves it out while it is at its
  /// default, so that it need not wait for the hub.
  func knownVersion(_ standing: SchemaStanding) -> UInt64 {
    min(
      standing.hub > 0 ? standing.hub : schema.version, standing.installed > 0 ? standing.installed : schema.version)
  }

  /// The confirmed rows are as this version sees them.
  func installed(_ version: UInt64, was: UInt64?) throws(RelayError) {
    try db.execute("UPDATE relay_schema SET installed = ?", [Value(version)])
    guard was != nil else { return }
    // The older image of a held row says nothing of columns that were not known when it was pulled.
    try db.execute("UPDATE relay_image SET base = 0 WHERE state = ?", [.integer(Image.State.held.rawValue)])
  }

  /// Remembers the newest version that the hub knows.
  ///
  /// - Returns: whether there is something to ask or to push at once.
  func learn(hub version: UInt64?) throws(RelayError) -> Bool {
    guard let version else { return false }
    let before = try schemaStanding()
    guard version != before.hub else { return false }
    try db.execute("UPDATE relay_schema SET hub = ?", [Value(version)])
    if try spokenSchema().installed != nil { return true }
    guard before.hub > 0 else { return false }
    return try outbox.waitsForSchema(above: before.hub, upTo: version)
  }

  /// Why the oldest of the transactions that are not pushed yet has to wait; nil where none does.
  func waitsFor() throws(RelayError) -> String? {
    let known = try schemaStanding().hub
    guard known > 0 else { return nil }
    return try outbox.firstSchema(above: known).map { "schema version \($0) at the hub" }
  }

  /// The app may bring a newer version of the sync schema than the last time, or other names.
  ///
  /// - Throws: `schema_mismatch` naming what differs.
  func checkSchema() throws(RelayError) {
    try checkVersion()
    let row = try db.first(
      "SELECT schema_hash, schema_version, base > 0, (SELECT file FROM relay_schema) FROM relay_state")
    guard let row else { throw RelayError(.corrupt, "\(db.path): relay_state holds no state") }
    if case .blob(let file) = row[3] {
      guard file != schema.source else { return }
      try checkContinues(try SyncSchema(json: file))
      try db.execute("UPDATE relay_schema SET file = ?", [.blob(schema.source)])
      try renameInInbox()
    } else {
      guard row[0] == .blob(schema.hash.bytes) else {
        throw RelayError(
          .schemaMismatch, "\(db.path): the file syncs another sync schema than '\(schema.name)' \(schema.version)")
      }
      try db.execute(
        "INSERT INTO relay_schema (id, file, installed, hub) VALUES (1, ?, ?, 0)",
        [.blob(schema.source), row[2] == .integer(1) ? row[1] : .integer(0)])
    }
    try db.execute(
      "UPDATE relay_state SET schema_hash = ?, schema_version = ?",
      [.blob(schema.hash.bytes), Value(schema.version)])
  }

  /// - Throws: `unsupported_version`.
  func checkVersion() throws(RelayError) {
    guard try db.first("SELECT version FROM relay_state")?[0] == .integer(Bookkeeping.version) else {
      throw RelayError(.unsupportedVersion, "\(db.path): written by another version of Relay")
    }
  }

  private func checkContinues(_ old: SyncSchema) throws(RelayError) {
    do throws(RelayError) {
      _ = try schema.changes(from: old)
    } catch {
      guard error.code == .schemaMismatch else { throw error }
      let isOlder = schema.version < old.version
      throw RelayError(
        .schemaMismatch, "\(db.path): \(error.message)",
        advice: isOlder
          ? "Nothing was changed and local work is kept. A newer app has opened this file; update this one."
          : nil)
    }
  }

  /// Tables and columns may be called differently now; the inbox tells of them by name.
  private func renameInInbox() throws(RelayError) {
    let items = try db.query("SELECT id, tbl, cell FROM relay_inbox") { (row) throws(RelayError) in
      (id: row[0], table: UInt32(row.int(1)), cell: row.blob(2))
    }
    for item in items {
      guard let table = schema.table(item.table) else { continue }
      try db.execute("UPDATE relay_inbox SET table_name = ? WHERE id = ?", [.text(table.name), item.id])
      guard !item.cell.isEmpty else { continue }
      let cell = try CBORReader.decode(item.cell) { (reader) throws(RelayError) in try reader.cellID() }
      guard let group = table.group(cell.group) else { continue }
      try db.execute("UPDATE relay_inbox SET column_name = ? WHERE id = ?", [.text(group.name), item.id])
    }
  }
}
