internal import RelayMerge
internal import RelayProtocol

extension Judgement {
  /// Merges, and says why the transaction is refused, if it is (rules 16–19).
  func judge() throws(RelayError) -> Refusal? {
    for at in transaction.rows.indices {
      guard let work = try own(at) else {
        let row = transaction.rows[at].row
        return Refusal(rule: .unknownTable, row: row, message: "the hub has no table \(row.table)")
      }
      let change = transaction.rows[at]
      if let refusal = try refuses(change, work) { return refusal }
      if work.isVoid { continue }
      if let refusal = try merge(change, work) { return refusal }
    }
    for at in transaction.rows.indices {
      guard let work = try own(at) else { continue }
      if let refusal = try misplaced(transaction.rows[at], work) { return refusal }
    }
    let written = written()
    if let refusal = try outgrows(written) { return refusal }
    if let refusal = try takesUniqueKey(written) { return refusal }
    judged = written
    return nil
  }

  /// A row that no message could carry, parents of which only a child said that they live among them. What role reads
  /// which column of it is not asked; so nothing is told of what it holds.
  private func outgrows(_ written: [RowWork]) throws(RelayError) -> Refusal? {
    for work in written {
      guard let reason = try work.outgrown() else { continue }
      let isOpen = work.table.groups.allSatisfy { work.table.reads($0, device.role) }
      let named = work.change == nil ? transaction.rows[0].row : work.row
      return Refusal(
        rule: .rowTooLarge, row: named,
        message: "\(work.table.name): \(isOpen ? reason : "the row would not fit a message")")
    }
    return nil
  }
}
