internal import RelayMerge
internal import RelayProtocol

/// Inserts of rows that are here already.
extension Judgement {
  /// Does an insert say what the row says already? Two devices that write down the same fact under a key that follows
  /// from it agree.
  func repeats(_ change: RowChange, _ row: StoredRow, _ table: TableSchema) throws(RelayError) -> Bool {
    guard table.isAlive(row.state) else { return false }
    let values = try table.allValues(change.row, row.state)
    return change.operations.allSatisfy { operation in
      guard case .insert(let given) = operation.kind else { return false }
      return given.allSatisfy { cell in
        guard let group = table.group(cell.group) else { return false }
        return saysNothing(cell, group, table) || group.columns.map { values[$0] } == cell.values
      }
    }
  }

  func replacesImmutable(
    _ group: GroupID, _ values: [Value], _ row: StoredRow, _ table: TableSchema,
    _ context: @autoclosure () throws(RelayError) -> WriteContext
  ) throws(RelayError) -> Refusal? {
    // Of what the role may not read nothing counts as seen.
    guard let schema = table.group(group), schema.policy.isGivenOnce, view(table).reads(group),
      !Mutation.isPlanted(.seenImmutable)
    else { return nil }
    let known = try context()
    for write in row.state.writes(CellID(group))
    where write.value != .values(values) && write.value != .values(values.map { _ in .null }) && known.covers(write) {
      return Refusal(
        rule: .immutable, row: row.row, group: group, message: "\(table.name): the value was given once for all")
    }
    return nil
  }

  /// Is this an insert over a row that its author had seen alive and knew no deletion of: an update by another name?
  private func overwrites(_ row: StoredRow, _ context: WriteContext) -> Bool {
    let known = row.state.writes(.live).filter(context.covers).map(\.value)
    return !Mutation.isPlanted(.overAlive) && known.contains(.flag(true)) && !known.contains(.flag(false))
  }

  /// Is this what somebody gives to the hub again who had seen it alive in a history that this hub has lost?
  func insertsAgain(_ work: RowWork) throws(RelayError) -> Bool {
    guard originalBases?.bases[work.row] != nil, let change = work.change, let old = work.old else { return false }
    return overwrites(old, try context(of: change, on: old, work.table))
  }

  /// What such an insert may do is what an update may: of groups that the role may not update nothing may show otherwise
  /// than before.
  func updates(
    _ groups: [GroupValues], _ change: RowChange, _ stored: StoredRow, _ table: TableSchema
  ) throws(RelayError) -> Refusal? {
    let context = try context(of: change, on: stored, table)
    guard overwrites(stored, context) else { return nil }
    var row = stored
    try session.expand(&row)
    let was = try table.allValues(change.row, row.state)
    row.state.apply(change, context, table: table)
    let now = try table.allValues(change.row, row.state)
    for given in groups {
      guard let group = table.group(given.group) else { continue }
      if let refusal = try replacesImmutable(group.id, given.values, stored, table, context) { return refusal }
      guard !table.mayWrite(group, role, inserting: false),
        !saysNothing(given, group, table) || view(table).reads(group.id)
      else { continue }
      // Whether a value that it may not read is the same is not for the device to learn.
      let isSame = view(table).reads(group.id) && group.columns.allSatisfy { was[$0] == now[$0] }
      guard isSame else {
        return Refusal(
          rule: .columnNotWritable, row: change.row, group: group.id,
          message: "\(table.name): the role '\(role)' may not write \(group.name) of a row that is there")
      }
    }
    return nil
  }

  /// The default that an insert has for a group of others is nobody's value.
  private func saysNothing(_ given: GroupValues, _ group: GroupSchema, _ table: TableSchema) -> Bool {
    table.isDefault(given.values, group) && !table.mayWrite(group, role, inserting: true)
  }
}
