internal import RelayMerge
internal import RelayProtocol

extension HubSession {
  func verify(_ request: VerifyRequest, _ device: HubDevice) throws(RelayError) -> VerifyResponse {
    let view = try standsAt(request.epoch, request.base, request.schemaVersion)
    let door = Door(device, view)
    return request.table == 0 ? try tableDigests(door) : try rowHashes(request, door)
  }

  /// A digest of each table, from one walk through what the device may hold: what others hold costs nothing.
  private func tableDigests(_ door: Door) throws(RelayError) -> VerifyResponse {
    var digests: [UInt32: ScopeDigest] = [:]
    try walk(door) { (row, hash) throws(RelayError) in digests[row.table, default: ScopeDigest()].add(hash) }
    var response = VerifyResponse()
    for table in door.view.tables {
      if let digest = digests[table.id] {
        response.tables.append(VerifyResponse.TableDigest(table: table.id, digest: digest))
      }
    }
    return response
  }

  private func rowHashes(_ request: VerifyRequest, _ door: Door) throws(RelayError) -> VerifyResponse {
    var held = 0
    for scope in door.readable.sorted() { held += try store.feed.rowCount(scope, upTo: HubSession.hashesInAnswer) }
    return held < HubSession.hashesInAnswer ? try fewHashes(request, door) : try manyHashes(request, door)
  }

  private static let hashesInAnswer = 20_000

  /// Of a device that holds little: what others hold costs nothing, and all of it fits an answer.
  private func fewHashes(_ request: VerifyRequest, _ door: Door) throws(RelayError) -> VerifyResponse {
    var response = VerifyResponse()
    try walk(door, only: request.table) { (row, hash) throws(RelayError) in
      guard request.after.lexicographicallyPrecedes(row.key) else { return }
      response.rows.append(VerifyResponse.RowHash(key: row.key, hash: Hash128(bytes: hash.prefix(16)) ?? .zero))
    }
    response.rows.sort { $0.key.lexicographicallyPrecedes($1.key) }
    response.cut(to: Limits.part)
    return response
  }

  /// In the order of the table's keys, as far as an answer goes.
  private func manyHashes(_ request: VerifyRequest, _ door: Door) throws(RelayError) -> VerifyResponse {
    var response = VerifyResponse()
    var (after, size) = (request.after, 0)
    guard let table = schema.table(request.table) else { return response }
    while true {
      let rows = try store.feed.rows(of: request.table, after: after, most: 500)
      for row in rows where row.isAlive {
        let stored = try StoredRow(row, table, self)
        guard let hash = try door.hash(stored) else { continue }
        if response.rows.count == HubSession.hashesInAnswer || size > Limits.part {
          response.more = true
          return response
        }
        response.rows.append(VerifyResponse.RowHash(key: row.row.key, hash: Hash128(bytes: hash.prefix(16)) ?? .zero))
        size += row.row.key.count + 18
      }
      guard rows.count == 500, let last = rows.last else { return response }
      after = last.row.key
    }
  }

  /// Every row that the device may hold, once, with its hash.
  private func walk(
    _ door: Door, only: UInt32? = nil, _ body: (RowID, [UInt8]) throws(RelayError) -> Void
  ) throws(RelayError) {
    let scopes = door.readsEverything ? [ScopeGrant.everything] : door.readable.sorted()
    var walk = FeedWalk(store.feed, scopes.map { ($0, .start) })
    var seen: Set<Int64> = []
    while let row = try walk.next() {
      guard row.isAlive, only == nil || row.row.table == only, let table = schema.table(row.row.table) else { continue }
      // One in several scopes comes as often, at several places.
      if scopes.count > 1, row.scopes.first != 0x82, !seen.insert(row.place.row).inserted { continue }
      if let hash = try door.hash(try StoredRow(row, table, self)) { try body(row.row, hash) }
    }
  }

  /// Rows as the device should hold them: a prefix of those asked for, as many as fit into an answer.
  func rows(_ request: RowsRequest, _ device: HubDevice) throws(RelayError) -> RowsResponse {
    let view = try standsAt(request.epoch, request.base, request.schemaVersion)
    var response = RowsResponse()
    let door = Door(device, view)
    var rows = PageRows(door, limit: .max, most: Limits.part)
    for row in request.rows {
      // A large row has an answer for itself.
      if let record = try record(row, door), !rows.append(record) { break }
      response.answered += 1
    }
    response.rows = rows.finished
    return response
  }

  /// - Returns: nil for a row that the device should not hold.
  private func record(_ row: RowID, _ door: Door) throws(RelayError) -> RowRecord? {
    guard let stored = try load(row), let table = try door.holds(stored), let values = try door.values(stored, table)
    else { return nil }
    return RowRecord(row: row, seq: door.seq(stored), values: values)
  }

  /// - Returns: the schema as the device knows it.
  /// - Throws: `page_void` when the hub has moved on since the device's base, `hub_rolled_back`, `schema_too_old`.
  private func standsAt(_ epoch: Hash128, _ base: UInt64, _ version: UInt64?) throws(RelayError) -> SyncSchema {
    guard epoch == self.epoch else { throw RelayError(.hubRolledBack, "another history of the hub") }
    guard try head() == base else { throw RelayError(.pageVoid, "the hub has moved on since \(base)") }
    return try servedView(version)
  }
}

extension VerifyResponse {
  /// Leaves out what does not fit an answer.
  fileprivate mutating func cut(to most: Int) {
    var size = 0
    let fitting = rows.prefix { row in
      defer { size += row.key.count + 18 }
      return size <= most
    }
    guard fitting.count < rows.count else { return }
    rows = Array(fitting)
    more = true
  }
}
