internal import RelayMerge
internal import RelayProtocol

extension Judgement {
  func merge(_ change: RowChange, _ work: RowWork) throws(RelayError) -> Refusal? {
    if let fresh = try fresh(change, work) {
      work.new = fresh
    } else if let refusal = try mergeCells(change, work) {
      return refusal
    }
    if let parent = work.table.namedParent(change) {
      try signLife(parent, base: change.parentBase ?? transaction.base)
    }
    return nil
  }

  /// A row that was not there, where there is nothing to merge with; nil where cells have to be built.
  private func fresh(_ change: RowChange, _ work: RowWork) throws(RelayError) -> StoredRow? {
    guard work.old == nil, case .insert(let given) = change.operations[0].kind,
      let fresh = try work.table.fresh(change.row, given, view(work.table).now)
    else { return nil }
    let origin = Stamp(dot: transaction.dot, seq: seq, effective: effective)
    return StoredRow(change.row, PlainRow(table: work.table, fresh: fresh, origin: origin))
  }

  private func mergeCells(_ change: RowChange, _ work: RowWork) throws(RelayError) -> Refusal? {
    var row = work.old ?? StoredRow(change.row)
    let isInsert = change.operations[0].isInsert && !Mutation.isPlanted(.sumsCover)
    if transaction.mode == .strict || isInsert { try session.expand(&row) }
    let context = try context(of: change, on: row, work.table)
    if transaction.mode == .strict, row.state.isConcurrent(change, context, table: work.table) {
      return Refusal(
        rule: .strictConcurrent, row: change.row, message: "\(work.table.name): someone else wrote meanwhile")
    }
    row.state.apply(change, context, table: work.table)
    try removeWhatWasCovered(change, &row, work.table)
    row.seq = seq
    work.new = row
    return nil
  }

  /// A row that names a parent says that the parent lives: whoever deletes it without having seen the child is in a
  /// conflict with the child's author about the parent's existence.
  private func signLife(_ parent: RowID, base: UInt64) throws(RelayError) {
    if Mutation.isPlanted(.noSign) { return }
    guard change(parent) == nil, let work = try work(parent), work.table.deletes != .never,
      var row = work.new ?? work.old
    else { return }
    let context = context(view(work.table), base: base)
    // Who knew that the parent was deleted does not bring it back by hanging something on it.
    guard !row.state.writes(.live).contains(where: { $0.value == .flag(false) && context.covers($0) }) else { return }
    let wasAlive = work.table.isAlive(row.state)
    let touch = RowChange(row: parent, base: base, operations: [Operation(.touch)])
    row.state.apply(touch, context, table: work.table)
    work.new = row
    if !wasAlive, work.table.isAlive(row.state), let above = row.parent { try signLife(above, base: base) }
  }
}
