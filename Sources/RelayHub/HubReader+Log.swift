internal import RelayMerge
package import RelayProtocol

/// What the hub keeps, for whoever checks it from outside.
extension HubReader {
  /// Verdicts in the hub's order, from behind a seq to the head.
  package func verdicts(after seq: UInt64) throws(RelayError) -> [Verdict] {
    let session = session
    return try session.store.snapshot { () throws(RelayError) in
      var verdicts: [Verdict] = []
      let head = try session.head()
      guard seq < head else { return verdicts }
      for at in (seq + 1)...head {
        guard let record = try session.store.log.record(at: at) else { continue }
        verdicts.append(record.verdict)
      }
      return verdicts
    }
  }

  /// A row's cells with every increment; nil where the hub has no such row.
  package func cells(of row: RowID) throws(RelayError) -> [Cell]? {
    let session = session
    return try session.store.snapshot { () throws(RelayError) in
      guard var stored = try session.load(row) else { return nil }
      try session.expand(&stored)
      return stored.state.cells
    }
  }
}
