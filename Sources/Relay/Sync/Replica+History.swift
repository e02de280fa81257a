package import RelayMerge
public import RelayProtocol

extension Replica {
  /// Why a row is what it is, as far as this device alone can tell: own work that is not confirmed, refusals, and what
  /// is kept of a row under work.
  ///
  /// - Parameters:
  ///   - table: a synced table's name.
  ///   - key: the key's values in its order.
  /// - Throws: `usage` for an unknown table or a key that does not fit.
  public func history(table: String, key: [Value]) throws(RelayError) -> RowHistory {
    let (row, table) = try named(table, key)
    return try history(row, table, told: [])
  }

  /// Why a row is what it is: the hub's account, and on top of it what only this device knows.
  ///
  /// - Parameters:
  ///   - most: how many transactions are asked for, the newest first.
  /// - Throws: what the other `history` throws; `not_enrolled`, `hub_unreachable`, `revoked`, `hub_rolled_back` and the
  ///   other codes of a request. What this device knows can still be asked of it alone.
  public func history(
    table: String, key: [Value], most: Int = 200, with transport: any Transport, options: SyncOptions
  ) async throws(RelayError) -> RowHistory {
    let (row, table) = try named(table, key)
    guard let link = try link() else {
      throw RelayError(.notEnrolled, "\(path): this replica belongs to no hub")
    }
    var request = HistoryRequest(epoch: try epoch(), row: row, schemaVersion: schema.version)
    var told: [HistoryResponse] = []
    var (count, empty) = (0, 0)
    repeat {
      request.most = UInt64(clamping: min(max(1, most - count), Limits.historyPage))
      request.nonce = try nonce()
      let body = request.encoded()
      let answer = try await transport.send(
        TransportRequest(path: "/v1/history", body: body, token: link.token),
        deadline: options.requestDeadline ?? SyncOptions.longestRequest)
      guard answer.status == 200, answer.isFromHub else { throw RelayError(answer) }
      let response = try HistoryResponse(decoding: answer.body)
      try response.answers.check(request.answer(device: link.device, body: body))
      told.append(response)
      count += response.records.count
      // A hub that tells nothing, or comes no closer to the beginning, would be asked for ever.
      empty = response.records.isEmpty ? empty + 1 : 0
      let isCloser = request.before == 0 || response.next < request.before
      guard isCloser, empty < SyncMachine.mostIdle else {
        throw SyncMachine.noProgress("the hub tells no more of the history and says that there is more")
      }
      request.before = response.next
    } while request.before > 0 && count < most
    return try history(row, table, told: told)
  }

  private func named(_ name: String, _ key: [Value]) throws(RelayError) -> (RowID, TableSchema) {
    guard let table = schema.table(named: name) else {
      throw RelayError(.usage, "the sync schema has no table '\(name)'")
    }
    guard key.count == table.key.count else {
      let names = table.key.map { table.columns[$0].name }.joined(separator: ", ")
      throw RelayError(.usage, "a key of \(name) has \(table.key.count) values: \(names)")
    }
    return (RowID(table: table.id, values: key), table)
  }

  package func history(
    _ row: RowID, _ table: TableSchema, told: [HistoryResponse]
  ) throws(RelayError) -> RowHistory {
    try changing { (core) throws(RelayError) in
      // What a foreign tool wrote a moment ago belongs to the story.
      try core.sealer.sealResidue()
      return try core.historian.history(row, table, told)
    }
  }

  private func epoch() throws(RelayError) -> Hash128 {
    try locked { (core) throws(RelayError) in try core.state().epoch }
  }
}
