internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

extension HubSession {
  func verify(_ request: VerifyRequest, _ device: HubDevice) throws(RelayError) -> VerifyResponse {
    let view = try standsAt(request.epoch, request.base, request.schemaVersion)
    let granted = device.readable
    var response = VerifyResponse()
    for table in view.tables where request.table == 0 || table.id == request.table {
      var digest = ScopeDigest()
      var size = 0
      let ids = try db.query(
        "SELECT id FROM row WHERE tbl = ? AND key > ? AND alive = 1 ORDER BY key",
        [.integer(Int64(table.id)), .blob(request.table == 0 ? [] : request.after)]
      ) { (row) throws(RelayError) in row.int(0) }
      for id in ids {
        guard let stored = try load(id: id), granted.reach(stored.scopeNames),
          let hash = try digestHash(stored, device.role, view)
        else { continue }
        digest.add(hash)
        guard request.table != 0 else { continue }
        if response.rows.count == 20_000 || size > Limits.part {
          response.more = true
          return response
        }
        let short = Hash128(bytes: hash.prefix(16)) ?? .zero
        response.rows.append(VerifyResponse.RowHash(key: stored.row.key, hash: short))
        size += stored.row.key.count + 18
      }
      if request.table == 0, digest.count > 0 {
        response.tables.append(VerifyResponse.TableDigest(table: table.id, digest: digest))
      }
    }
    return response
  }

  /// Rows as the device should hold them: a prefix of those asked for, as many as fit into an answer.
  func rows(_ request: RowsRequest, _ device: HubDevice) throws(RelayError) -> RowsResponse {
    let view = try standsAt(request.epoch, request.base, request.schemaVersion)
    var response = RowsResponse()
    var rows = PageRows(device: device, schema: view)
    var size = 0
    for row in request.rows {
      if let table = view.table(row.table), let record = try record(row, table, device) {
        // A large row has an answer for itself.
        let bytes = rows.size(record)
        guard size == 0 || size + bytes <= Limits.part else { break }
        rows.append(record)
        size += bytes
      }
      response.answered += 1
    }
    response.rows = rows.finished
    return response
  }

  /// - Returns: nil for a row that the device should not hold.
  private func record(_ row: RowID, _ table: TableSchema, _ device: HubDevice) throws(RelayError) -> RowRecord? {
    let granted = device.readable
    guard table.access(device.role).reads, let stored = try load(row), granted.reach(stored.scopeNames),
      let values = try table.shownValues(row, stored.state), !table.isUpOnly(values, device.role)
    else { return nil }
    let seq =
      granted.contains(ScopeGrant.everything)
      ? nil : stored.scopes.filter { granted.contains($0.name) }.map(\.seq).max()
    return RowRecord(
      row: row, seq: seq ?? stored.seq, values: table.readableColumns(device.role).map { values[$0] })
  }

  /// - Returns: the schema as the device knows it.
  /// - Throws: `page_void` when the hub has moved on since the device's base, `hub_rolled_back`, `schema_too_old`.
  private func standsAt(_ epoch: Hash128, _ base: UInt64, _ version: UInt64?) throws(RelayError) -> SyncSchema {
    guard epoch == self.epoch else { throw RelayError(.hubRolledBack, "another history of the hub") }
    guard try head() == base else { throw RelayError(.pageVoid, "the hub has moved on since \(base)") }
    return try servedView(version)
  }
}
