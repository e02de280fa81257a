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

/// Which versions of the sync schema the app, the file and the hub speak, and what follows for a request and an install.
final class SchemaVersions {
  private let stores: Stores
  private let schema: SyncSchema
  /// What older versions of the sync schema saw of it, by version.
  private var views: [UInt64: SyncSchema] = [:]

  init(_ stores: Stores, _ schema: SyncSchema) { (self.stores, self.schema) = (stores, schema) }

  func standing() throws(RelayError) -> SchemaStanding { try stores.schema.standing() }

  /// The version to talk in: the app's, or the hub's if that is older.
  func spoken() throws(RelayError) -> SpokenSchema {
    let standing = try standing()
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
  func known(_ standing: SchemaStanding) -> UInt64 {
    min(
      standing.hub > 0 ? standing.hub : schema.version, standing.installed > 0 ? standing.installed : schema.version)
  }

  /// The confirmed rows are as this version sees them.
  func installed(_ version: UInt64, was: UInt64?) throws(RelayError) {
    try stores.schema.save(installed: version)
    guard was != nil else { return }
    try stores.images.forgetBasesOfHeld()
  }

  /// Remembers the newest version that the hub knows.
  ///
  /// - Returns: whether there is something to ask or to push at once.
  func learn(hub version: UInt64?) throws(RelayError) -> Bool {
    guard let version else { return false }
    let before = try standing()
    guard version != before.hub else { return false }
    try stores.schema.save(hub: version)
    if try spoken().installed != nil { return true }
    guard before.hub > 0 else { return false }
    return try stores.outbox.waitsForSchema(above: before.hub, upTo: version)
  }

  /// Why the oldest of the transactions that are not pushed yet has to wait; nil where none does.
  func waitsFor() throws(RelayError) -> String? {
    let known = try standing().hub
    guard known > 0 else { return nil }
    return try stores.outbox.firstSchema(above: known).map { "schema version \($0) at the hub" }
  }

  /// The app may bring a newer version of the sync schema than the last time, or other names.
  ///
  /// - Throws: `schema_mismatch` naming what differs.
  func check() throws(RelayError) {
    try stores.state.checkVersion()
    if let file = try stores.schema.file() {
      guard file != schema.source else { return }
      try checkContinues(try SyncSchema(json: file))
      try stores.inbox.rename(by: schema)
    } else {
      guard try stores.state.schemaHash() == schema.hash else {
        throw RelayError(
          .schemaMismatch,
          "\(stores.db.path): the file syncs another sync schema than '\(schema.name)' \(schema.version)")
      }
    }
    try stores.schema.save(file: schema.source)
    try stores.state.save(schema)
  }

  private func checkContinues(_ old: SyncSchema) throws(RelayError) {
    do throws(RelayError) {
      _ = try schema.changes(from: old)
    } catch {
      guard error.code == .schemaMismatch else { throw error }
      let isOlder = schema.version < old.version
      throw RelayError(
        .schemaMismatch, "\(stores.db.path): \(error.message)",
        advice: isOlder
          ? "Nothing was changed and local work is kept. A newer app has opened this file; update this one."
          : nil)
    }
  }
}
