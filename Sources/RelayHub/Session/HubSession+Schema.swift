internal import RelayMerge
internal import RelayProtocol

extension HubSession {
  /// One consistent view of the store, with what has changed since the last look.
  func read<T>(_ body: (HubSession) throws(RelayError) -> T) throws(RelayError) -> T {
    try store.snapshot { () throws(RelayError) in
      try refresh()
      return try body(self)
    }
  }

  /// The same to write in, durable before this returns.
  func write<T>(_ body: (HubSession) throws(RelayError) -> T) throws(RelayError) -> T {
    try store.transaction { () throws(RelayError) in
      try refresh()
      return try body(self)
    }
  }

  /// Takes up a schema that was updated while this connection was open. Call it first in every transaction.
  func refresh() throws(RelayError) {
    let settings = try store.settings.names()
    if let opening = settings.opening, opening != openingID {
      (openings, openingID) = (try store.healing.openings(), opening)
    }
    if let ageing = settings.ageing, ageing != ageingID {
      (self.ageing, ageingID) = (try AgeingRules.decode(ageing), ageing)
    }
    durable = Self.seq(settings.durable)
    forgottenMarks = Self.seq(settings.marks)
    if let epoch = settings.epoch.flatMap({ Hash128(bytes: $0) }), epoch != self.epoch {
      (self.epoch, pastEpochs) = (epoch, try store.healing.epochs())
    }
    guard let id = settings.schema, id != schemaID.bytes else { return }
    try HubSession.refuseMoved(store)
    guard let file = try store.settings.setting("schema") else { return }
    let updated = try SyncSchema(json: file, resolvers: resolvers)
    try updated.checkResolvers()
    schema = updated
    schemaID = hash128(file)
    (views, newestShapes) = ([:], [:])
  }

  private static func seq(_ setting: [UInt8]?) -> UInt64 {
    setting.flatMap { UInt64(String(decoding: $0, as: UTF8.self)) } ?? 0
  }

  /// - Throws: `hub_failed` where the hub has gone elsewhere: devices are not told where.
  static func refuseMoved(_ store: any HubStore) throws(RelayError) {
    guard let place = try store.settings.setting("moved") else { return }
    throw RelayError(
      .hubFailed, "\(store.name): this hub was moved to \(String(decoding: place, as: UTF8.self))",
      advice: "Serve it there; what is here is what it was moved from. "
        + "A move that was cut off is carried on by the same command, or taken back with --withdraw.")
  }

  /// The schema as a version of it saw it.
  func view(_ version: UInt64) throws(RelayError) -> SyncSchema {
    if version >= schema.version { return schema }
    if let known = views[version] { return known }
    let view = try schema.at(version)
    // Whoever asks for ever other versions gets them, and they are forgotten again.
    if views.count >= 64 { views = [:] }
    views[version] = view
    return view
  }

  /// The schema as a device knows it that names its version only; this hub's newest where it names none.
  ///
  /// - Throws: `schema_too_old`.
  func servedView(_ version: UInt64?) throws(RelayError) -> SyncSchema {
    let version = version ?? schema.version
    guard version >= schema.oldest else { throw tooOld(version) }
    return try view(version)
  }

  private func tooOld(_ version: UInt64) -> RelayError {
    RelayError(
      .schemaTooOld, "this hub serves versions \(schema.oldest) to \(schema.version), the device has \(version)")
  }

  /// The schema as a device knows it, by the hash that it names; this hub's newest for a device that has a newer one.
  ///
  /// - Parameter version: nil where the device does not say; then the hash alone has to tell.
  /// - Throws: `schema_too_old`, `schema_mismatch`.
  func view(of hash: Hash128, version: UInt64?) throws(RelayError) -> SyncSchema {
    guard let version else { return try view(of: hash) }
    if version > schema.version { return schema }
    guard version >= schema.oldest else { throw tooOld(version) }
    let view = try view(version)
    guard view.hash == hash else { throw HubSession.otherSchema }
    return view
  }

  private func view(of hash: Hash128) throws(RelayError) -> SyncSchema {
    if hash == schema.hash { return schema }
    // Versions may be counted or be dates: not every number between them can be tried.
    let count = min(schema.version - schema.oldest, 64)
    for version in (schema.version - count..<schema.version).reversed() {
      let view = try view(version)
      if view.hash == hash { return view }
    }
    throw HubSession.otherSchema
  }

  private static let otherSchema = RelayError(
    .schemaMismatch, "the device has another sync schema than the hub")

  /// Puts a newer version of the schema in force; nothing is in the store that only it knows.
  ///
  /// - Returns: what changes, for people.
  /// - Throws: `schema_invalid`; `schema_mismatch` naming what differs where it does not continue the one in force.
  func update(schema file: [UInt8], checkOnly: Bool) throws(RelayError) -> [String] {
    let new = try SyncSchema(json: file, resolvers: resolvers)
    try new.checkResolvers()
    let old = schema
    let changes = try new.changes(from: old)
    guard !checkOnly else { return changes }
    try store.settings.set("schema", file)
    try store.settings.set("schema_id", hash128(file).bytes)
    try new.putShapes(in: store.settings)
    try store.rights.changed()
    for step in new.steps where step > old.newest {
      // New columns are at their defaults and new tables empty: the sums are the same.
      try store.digests.copy(from: old.newest, to: step)
    }
    let oldest = try new.at(new.oldest).newest
    try store.digests.drop(before: oldest)
    try refresh()
    return changes
  }

  /// Remembers since when there is something that a version of the schema brought.
  func noteAdditions(_ transaction: Transaction, seq: UInt64) throws(RelayError) {
    let needs = schema.needs(transaction.rows)
    guard needs > 1 else { return }
    try store.settings.addAddition(version: needs, seq: seq)
  }
}
