internal import RelayMerge
internal import RelayProtocol

extension ReplicaCore {
  /// Rows that only lost work had brought, and that is refused now: with the refusal in the inbox they are not shown any more, as
  /// with any other refusal, and to resubmit it inserts them again.
  ///
  /// - Returns: those that do not leave with the pull anyway, ascending.
  func letGo(_ pull: CompletePull) throws(RelayError) -> [RowID] {
    guard !Mutation.isPlanted(.refusedLingers) else { return [] }
    var rows: Set<RowID> = []
    for verdict in pull.closing.confirmed where !verdict.isAccepted {
      guard let key = try own(verdict) else { continue }
      for row in try stores.brought.rows(of: key) {
        if let table = schema.table(row.table), try view.confirmed(row, table) != nil { rows.insert(row) }
      }
    }
    return rows.subtracting(pull.closing.exits).sorted()
  }
}
