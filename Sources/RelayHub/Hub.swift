public import RelayMerge
public import RelayProtocol

/// The hub of one organisation: a directory with one SQLite file, here with a writer and a reader of its own.
///
/// For programs that answer one request after the other: tests, the bench, a simulator. The server gives the same steps
/// to many readers and a writer that commits in groups.
public final class Hub {
  public let writer: HubWriter
  public let reader: HubReader

  public convenience init(
    directory: String, vfs: String? = nil, resolvers: Resolvers = Resolvers(),
    newName: (@Sendable () -> UInt64)? = nil
  ) throws(RelayError) {
    self.init(
      writer: try HubWriter(directory: directory, vfs: vfs, resolvers: resolvers, newName: newName),
      reader: try HubReader(directory: directory, vfs: vfs, resolvers: resolvers))
  }

  public init(writer: HubWriter, reader: HubReader) {
    self.writer = writer
    self.reader = reader
  }

  /// One round trip: what is pushed is judged and durable before anything is answered, and the pull knows of it. Nobody
  /// waits here: a pull that would be parked is answered at once.
  ///
  /// - Parameters:
  ///   - device: whose credential the request came with (`HubReader.authenticate`).
  ///   - now: milliseconds since 1970.
  /// - Throws: what the device is told instead of an answer: `out_of_order`, `replica_forked`, `page_void`,
  ///   `hub_rolled_back`, `wrong_hub`, `schema_mismatch`, `revoked` and the other codes of docs/errors.md.
  public func answer(_ request: SyncRequest, device: HubDevice, now: Int64) throws(RelayError) -> SyncResponse {
    var trip = RoundTrip(request, device: device.id, hub: try reader.identity(), now: now)
    var step = trip.begin()
    while true {
      switch step {
      case .push(let job): step = trip.pushed(try writer.commit([job], now: now)[0].get())
      case .pull(let request): step = trip.pulled(try reader.page(request, device: device.id))
      case .wait: step = trip.woken(isNews: false)
      case .answer(let response): return response
      }
    }
  }
}

extension Hub {
  /// Makes the store.
  ///
  /// - Parameters:
  ///   - schema: the sync schema file's bytes.
  ///   - organisation, epoch: random, drawn by the caller.
  ///   - graceDays: how long work still counts that was written before its row left or a right was taken away.
  ///   - retentionDays: how long the hub keeps what is gone (rule 28).
  ///   - resolvers: the functions that this program has for the policy `resolver`.
  /// - Throws: `schema_invalid`, `usage` when a hub is there already, or the file's errors.
  public static func create(
    directory: String, schema: [UInt8], organisation: Hash128, epoch: Hash128, graceDays: Int64 = Grace.days,
    retentionDays: Int64 = Retention.days, resolvers: Resolvers = Resolvers()
  ) throws(RelayError) {
    // A file is made only for what can be in it.
    try SyncSchema(json: schema, resolvers: resolvers).checkResolvers()
    _ = try Grace.bytes(days: graceDays)
    _ = try Retention.bytes(days: retentionDays, grace: graceDays * Grace.dayLength)
    let db = try SQLiteHub(directory: directory, .creates)
    try create(
      in: db, schema: schema, organisation: organisation, epoch: epoch, graceDays: graceDays,
      retentionDays: retentionDays, resolvers: resolvers)
  }

  /// Makes the store in an empty database.
  package static func create(
    in db: any HubSQL, schema: [UInt8], organisation: Hash128, epoch: Hash128, graceDays: Int64 = Grace.days,
    retentionDays: Int64 = Retention.days, resolvers: Resolvers = Resolvers()
  ) throws(RelayError) {
    let parsed = try SyncSchema(json: schema, resolvers: resolvers)
    try parsed.checkResolvers()
    let id = hash128(schema).bytes
    try db.transaction { () throws(RelayError) in
      guard try !db.hasTables() else { throw RelayError(.usage, "\(db.name): a hub is here already") }
      try db.script(db.dialect.tables)
      let settings = SQLSettings(db: db)
      try parsed.putShapes(in: settings)
      for (name, value) in [
        ("schema", schema), ("schema_id", id), ("organisation", organisation.bytes), ("epoch", epoch.bytes),
        ("version", HubSession.version), ("grace", try Grace.bytes(days: graceDays)),
        (
          Retention.setting,
          try Retention.bytes(days: retentionDays, grace: graceDays * Grace.dayLength)
        ),
      ] {
        try settings.set(name, value)
      }
    }
  }
}
