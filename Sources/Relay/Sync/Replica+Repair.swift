public import RelayProtocol

/// What becomes of rows that differ from the hub although nothing was captured: a tool rebuilt their table.
public enum Repair: Sendable, Equatable {
  /// What the table shows is what somebody wanted: it goes to the hub as this device's edits.
  case takeAsEdits
  /// The hub's rows come back; what was written unseen is gone.
  case revert
}

extension Replica {
  /// Settles every row in which this file differs from what the hub says it should hold. Edits that wait to be sent stay
  /// as they are.
  ///
  /// - Returns: the rows that differed and are settled now.
  /// - Throws: what `verify` throws.
  /// - Complexity: O(rows of the replica).
  @discardableResult
  public func repair(
    _ repair: Repair, with transport: any Transport, options: SyncOptions
  ) async throws(RelayError) -> Verification {
    for _ in 0..<5 {
      let found = try await verify(with: transport, options: options)
      if found.isEqual { return found }
      guard let rows = try await hubRows(found, transport, options) else { continue }
      if try settle(found, rows, repair) { return found }
    }
    throw Replica.hubMovesOn
  }

  /// - Returns: the hub's values of the rows that differ; nil when the hub has moved on.
  private func hubRows(
    _ found: Verification, _ transport: any Transport, _ options: SyncOptions
  ) async throws(RelayError) -> [RowID: CompletePull.Arrived]? {
    let (epoch, version) = try locked { (core) throws(RelayError) in
      try core.db.snapshot { () throws(RelayError) in (try core.state().epoch, try core.versions.standing().installed) }
    }
    var rest = found.differences.map(\.row)[...]
    var rows: [RowID: CompletePull.Arrived] = [:]
    while !rest.isEmpty {
      let request = RowsRequest(
        epoch: epoch, base: found.base, rows: Array(rest.prefix(Limits.rowsAsked)), schemaVersion: version)
      guard let (body, asked) = try await ask("/v1/rows", request, transport, options) else { return nil }
      let response = try RowsResponse(decoding: body)
      try response.answers.check(asked)
      guard response.answered > 0 else { throw SyncMachine.noProgress("the hub answered for no row") }
      for run in try response.rows.decoded() {
        for record in run.rows { rows[record.row] = CompletePull.Arrived(columns: run.columns, record: record) }
      }
      rest = rest.dropFirst(Int(response.answered))
    }
    return rows
  }

  /// - Returns: false when this replica no longer stands where it was compared.
  private func settle(
    _ found: Verification, _ rows: [RowID: CompletePull.Arrived], _ repair: Repair
  ) throws(RelayError) -> Bool {
    try changing { (core) throws(RelayError) in
      // What was captured since the comparison is an edit like any other.
      try core.sealer.sealResidue()
      guard try core.state().base == found.base else { return false }
      var should: [Should] = []
      for row in found.differences.map(\.row) {
        let table = try core.table(row.table)
        let values = try core.comparison.shouldShow(row, table, hub: try rows[row]?.values(table))
        should.append(.init(row: row, table: table, values: values, seq: rows[row]?.record.seq))
      }
      switch repair {
      case .takeAsEdits: try core.comparison.take(should)
      case .revert: try core.comparison.revert(should)
      }
      try core.sealer.sealResidue()
      try core.comparison.agreesWithHub()
      return true
    }
  }
}
