public import RelayMerge
public import RelayProtocol

/// Reads a hub's store; the invariant behind `@unchecked Sendable`: used from one thread at a time.
public final class HubReader: @unchecked Sendable {
  let session: HubSession

  public convenience init(
    directory: String, vfs: String? = nil, resolvers: Resolvers = Resolvers()
  ) throws(RelayError) {
    try self.init(try SQLiteHub(directory: directory, .reads, vfs: vfs), resolvers: resolvers)
  }

  /// Over a database of its own.
  package init(_ db: any HubSQL, resolvers: Resolvers = Resolvers()) throws(RelayError) {
    session = try HubSession(SQLHubStore(db), resolvers: resolvers)
  }

  /// - Throws: `unauthorized` or `revoked`.
  public func authenticate(token: String) throws(RelayError) -> HubDevice {
    guard let id = try session.store.devices.device(withToken: HubSession.secret(token)) else {
      throw RelayError(.unauthorized, "the hub does not know this token")
    }
    return try session.device(id)
  }

  /// One page; everything in it comes from one snapshot.
  ///
  /// - Throws: `page_void` when the pull has to start again, `hub_rolled_back`, `wrong_hub`, `schema_mismatch`,
  ///   `schema_too_old`.
  public func pull(_ request: SyncRequest, device: HubDevice) throws(RelayError) -> PullPage {
    try session.read { (session) throws(RelayError) in
      let view = try session.recognise(request)
      var pull = try Pull(session, request, try session.device(device.id), view)
      return try pull.page()
    }
  }

  /// One page with what else held in its snapshot, for a round trip.
  ///
  /// - Parameter device: its rights are read in the same snapshot.
  /// - Throws: as `pull`, and `revoked`.
  public func page(_ request: SyncRequest, device: Int64) throws(RelayError) -> PulledPage {
    try session.read { (session) throws(RelayError) in
      // The rights first: a change that is committed after this is news.
      let rights = try session.store.rights.changes()
      let view = try session.recognise(request)
      let device = try session.device(device)
      var pull = try Pull(session, request, device, view)
      let page = try pull.page()
      return PulledPage(
        page: page, hub: session.identity, rights: rights, mustRemember: try session.mustRemember(request, device),
        unasked: page.closing?.head ?? 0 > request.base ? try session.unasked(request) : nil)
    }
  }

  public func head() throws(RelayError) -> UInt64 { try session.head() }

  /// The hash of the log after `seq`; zero for one that this hub never gave.
  package func logHash(_ seq: UInt64) throws(RelayError) -> Hash128 { try session.logHash(seq) ?? .zero }

  /// How often grants, roles, credentials or the schema have changed, by whatever process.
  public func rights() throws(RelayError) -> UInt64 { try session.store.rights.changes() }

  /// What other nodes of the same store committed after a number; empty where there is only this one.
  package func news(after number: Int64) throws(RelayError) -> [(number: Int64, news: GroupNews)] {
    try session.store.news.news(after: number, most: 1000)
  }

  /// The number of the newest news.
  package func newestNews() throws(RelayError) -> Int64 { try session.store.news.newest() }

  /// What the hub says of itself in every answer.
  public func identity() throws(RelayError) -> HubIdentity {
    try session.read { (session) throws(RelayError) in session.identity }
  }

  /// How many days the hub keeps what is gone.
  public func retentionDays() throws(RelayError) -> Int64 {
    try Retention.milliseconds(try session.store.settings.setting(Retention.setting)) / Grace.dayLength
  }

  /// The tables whose rows leave their scopes by age, with the column that tells it and after how many months.
  package func ageingRules() throws(RelayError) -> [(table: String, column: String, months: Int64)] {
    try session.read { (session) throws(RelayError) in
      session.ageing.filter { $0.months > 0 }.compactMap { rule in
        guard let table = session.schema.table(rule.table), let column = table.column(rule.column) else { return nil }
        return (table.name, table.columns[column].name, rule.months)
      }
    }
  }

  public func epoch() throws(RelayError) -> Hash128 { session.epoch }

  public var organisation: Hash128 { session.organisation }

  /// The newest version of the sync schema that the hub knows.
  public func schemaVersion() throws(RelayError) -> UInt64 { try identity().schemaVersion }

  /// What the device should hold: a digest a table, or the hashes of one table's rows.
  ///
  /// - Throws: `page_void` when the hub has moved on, `hub_rolled_back`.
  public func verify(_ request: VerifyRequest, device: HubDevice) throws(RelayError) -> VerifyResponse {
    try session.read { (session) throws(RelayError) in
      try session.verify(request, try session.device(device.id))
    }
  }

  /// Confirmed rows as the device should hold them, for the repair of a table that was written to unseen.
  ///
  /// - Throws: `page_void` when the hub has moved on, `hub_rolled_back`.
  public func rows(_ request: RowsRequest, device: HubDevice) throws(RelayError) -> RowsResponse {
    try session.read { (session) throws(RelayError) in
      try session.rows(request, try session.device(device.id))
    }
  }

  /// Why a row is what it is, as far as the device may read it now.
  ///
  /// - Throws: `hub_rolled_back` when the device has seen another history.
  public func history(_ request: HistoryRequest, device: HubDevice) throws(RelayError) -> HistoryResponse {
    try session.read { (session) throws(RelayError) in
      try session.history(request, try session.device(device.id))
    }
  }

  public func devices() throws(RelayError) -> [DeviceStatus] {
    let store = session.store
    return try store.snapshot { () throws(RelayError) in
      var list: [DeviceStatus] = []
      for (record, transactions, lastSync) in try store.devices.devices() {
        let device = HubDevice(
          id: record.id, name: record.name, role: record.role, grants: try store.devices.grants(record.id),
          isQuarantined: record.isQuarantined)
        list.append(
          DeviceStatus(
            device: device, isEnrolled: record.isEnrolled, isRevoked: record.isRevoked, transactions: transactions,
            lastSync: lastSync))
      }
      return list
    }
  }

  public func status() throws(RelayError) -> HubStatus {
    try session.read { (session) throws(RelayError) in
      let totals = try session.store.feed.totals()
      return HubStatus(
        organisation: session.organisation, epoch: session.epoch, head: try session.head(), rows: totals.rows,
        openEntries: totals.openEntries, devices: totals.devices,
        schemaVersion: session.schema.version, restored: try session.restored())
    }
  }
}
