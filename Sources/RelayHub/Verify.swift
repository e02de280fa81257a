internal import Relay
internal import RelayProtocol

extension HubStore {
  func verify(_ request: VerifyRequest, _ device: HubDevice) throws(RelayError) -> VerifyResponse {
    guard request.epoch == epoch else { throw RelayError(.hubRolledBack, "another history of the hub") }
    guard try head() == request.base else { throw RelayError(.pageVoid, "the hub has moved on since \(request.base)") }
    let granted = device.readable
    var response = VerifyResponse()
    for table in schema.tables where request.table == 0 || table.id == request.table {
      var digest = ScopeDigest()
      let ids = try db.query(
        "SELECT id FROM row WHERE tbl = ? AND key > ? AND alive = 1 ORDER BY key",
        [.integer(Int64(table.id)), .blob(request.table == 0 ? [] : request.after)]
      ) { (row) throws(RelayError) in row.int(0) }
      for id in ids {
        guard let stored = try load(id: id), granted.reach(stored.scopeNames),
          let hash = try digestHash(stored, device.role)
        else { continue }
        digest.add(hash)
        guard request.table != 0 else { continue }
        if response.rows.count == 20_000 {
          response.more = true
          return response
        }
        let short = Hash128(bytes: hash.prefix(16)) ?? .zero
        response.rows.append(VerifyResponse.RowHash(key: stored.row.key, hash: short))
      }
      if request.table == 0, digest.count > 0 {
        response.tables.append(VerifyResponse.TableDigest(table: table.id, digest: digest))
      }
    }
    return response
  }
}
