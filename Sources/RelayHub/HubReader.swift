public import RelayMerge
public import RelayProtocol
internal import RelaySQLite

/// Reads a hub's store; the invariant behind `@unchecked Sendable`: used from one thread at a time.
public final class HubReader: @unchecked Sendable {
  let store: HubSession

  public init(
    directory: String, vfs: String? = nil, resolvers: Resolvers = Resolvers()
  ) throws(RelayError) {
    store = try HubSession(directory: directory, mode: .readOnly, vfs: vfs, resolvers: resolvers)
  }

  /// - Throws: `unauthorized` or `revoked`.
  public func authenticate(token: String) throws(RelayError) -> HubDevice {
    let secret = Value.blob(HubSession.secret(token))
    guard let id = try store.db.first("SELECT id FROM device WHERE token = ?", [secret])?[0].integer else {
      throw RelayError(.unauthorized, "the hub does not know this token")
    }
    return try store.device(id)
  }

  /// One page; everything in it comes from one snapshot.
  ///
  /// - Throws: `page_void` when the pull has to start again, `hub_rolled_back`, `wrong_hub`, `schema_mismatch`,
  ///   `schema_too_old`.
  public func pull(_ request: SyncRequest, device: HubDevice) throws(RelayError) -> PullPage {
    let store = store
    return try store.db.snapshot { () throws(RelayError) in
      try store.refresh()
      let view = try store.recognise(request)
      var pull = try Pull(store, request, try store.device(device.id), view)
      return try pull.page()
    }
  }

  /// One page with what else held in its snapshot, for a round trip.
  ///
  /// - Parameter device: its rights are read in the same snapshot.
  /// - Throws: as `pull`, and `revoked`.
  public func page(_ request: SyncRequest, device: Int64) throws(RelayError) -> PulledPage {
    let store = store
    return try store.db.snapshot { () throws(RelayError) in
      try store.refresh()
      // The rights first: a change that is committed after this is news.
      let rights = try store.rights()
      let view = try store.recognise(request)
      let device = try store.device(device)
      var pull = try Pull(store, request, device, view)
      return PulledPage(
        page: try pull.page(), schemaVersion: store.schema.version, rights: rights,
        mustRemember: try store.mustRemember(request, device))
    }
  }

  public func head() throws(RelayError) -> UInt64 { try store.head() }

  /// How often grants, roles, credentials or the schema have changed, by whatever process.
  public func rights() throws(RelayError) -> UInt64 { try store.rights() }

  /// What the hub says of itself in every answer.
  public func identity() throws(RelayError) -> HubIdentity {
    let store = store
    return try store.db.snapshot { () throws(RelayError) in
      try store.refresh()
      return HubIdentity(
        organisation: store.organisation, epoch: store.epoch, schemaVersion: store.schema.version)
    }
  }

  public func epoch() throws(RelayError) -> Hash128 { store.epoch }

  public var organisation: Hash128 { store.organisation }

  /// The newest version of the sync schema that the hub knows.
  public func schemaVersion() throws(RelayError) -> UInt64 { try identity().schemaVersion }

  /// What the device should hold: a digest a table, or the hashes of one table's rows.
  ///
  /// - Throws: `page_void` when the hub has moved on, `hub_rolled_back`.
  public func verify(_ request: VerifyRequest, device: HubDevice) throws(RelayError) -> VerifyResponse {
    let store = store
    return try store.db.snapshot { () throws(RelayError) in
      try store.refresh()
      return try store.verify(request, try store.device(device.id))
    }
  }

  /// Confirmed rows as the device should hold them, for the repair of a table that was written to unseen.
  ///
  /// - Throws: `page_void` when the hub has moved on, `hub_rolled_back`.
  public func rows(_ request: RowsRequest, device: HubDevice) throws(RelayError) -> RowsResponse {
    let store = store
    return try store.db.snapshot { () throws(RelayError) in
      try store.refresh()
      return try store.rows(request, try store.device(device.id))
    }
  }

  /// Why a row is what it is, as far as the device may read it now.
  ///
  /// - Throws: `hub_rolled_back` when the device has seen another history.
  public func history(_ request: HistoryRequest, device: HubDevice) throws(RelayError) -> HistoryResponse {
    let store = store
    return try store.db.snapshot { () throws(RelayError) in
      try store.refresh()
      return try store.history(request, try store.device(device.id))
    }
  }

  public func devices() throws(RelayError) -> [DeviceStatus] {
    let store = store
    return try store.db.query(
      """
      SELECT id, name, role, token IS NOT NULL, revoked, (SELECT count(*) FROM txn WHERE device = d.id), quarantined
      FROM device d ORDER BY name
      """
    ) { (row) throws(RelayError) in
      let device = HubDevice(
        id: row.int(0), name: row[1].text ?? "", role: row[2].text ?? "", grants: try store.grants(row.int(0)),
        isQuarantined: row.int(6) != 0)
      return DeviceStatus(
        device: device, isEnrolled: row.int(3) != 0, isRevoked: row.int(4) != 0, transactions: try row.seq(5))
    }
  }

  public func status() throws(RelayError) -> HubStatus {
    let store = store
    func count(_ sql: String) throws(RelayError) -> UInt64 { try Count.seq(try store.db.first(sql)?[0]) }
    return try store.db.snapshot { () throws(RelayError) in
      try store.refresh()
      return HubStatus(
        organisation: store.organisation, epoch: store.epoch, head: try store.head(),
        rows: try count("SELECT count(*) FROM row WHERE alive = 1"),
        openEntries: try count("SELECT count(*) FROM entry WHERE status = 'open'"),
        devices: try count("SELECT count(*) FROM device WHERE revoked = 0"), schemaVersion: store.schema.version)
    }
  }
}
