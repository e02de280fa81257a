internal import Relay
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
        table.group(cell.group)?.columns.map { values[$0] } == cell.values
      }
    }
  }

  func replacesImmutable(
    _ group: GroupID, _ values: [Value], _ change: RowChange, _ row: StoredRow, _ table: TableSchema
  ) -> Refusal? {
    // Of what the role may not read nothing counts as seen.
    guard let schema = table.group(group), schema.policy == .immutable, reads(schema, table) else { return nil }
    for write in row.state.writes(CellID(group))
    where write.value != .values(values) && write.value != .values(values.map { _ in .null }) && saw(write, change) {
      return Refusal(
        rule: .immutable, row: change.row, group: group, message: "\(table.name): the value was given once for all")
    }
    return nil
  }

  private func saw(_ write: CellWrite, _ change: RowChange) -> Bool {
    write.seq <= change.base || transaction.seen.contains(write.dot)
  }

  /// Is this an insert over a row that its author had seen alive and knew no deletion of: an update by another name?
  func overwrites(_ change: RowChange, _ row: StoredRow) -> Bool {
    let known = row.state.writes(.live).filter { saw($0, change) }.map(\.value)
    return known.contains(.flag(true)) && !known.contains(.flag(false))
  }

  /// What such an insert may do is what an update may.
  func updates(
    _ groups: [GroupValues], _ change: RowChange, _ row: StoredRow, _ table: TableSchema
  ) throws(RelayError) -> Refusal? {
    let was = try table.allValues(change.row, row.state)
    var alone = RowState()
    alone.apply(
      change,
      WriteContext(
        dot: transaction.dot, seq: seq, effective: effective, seen: DotSet(), base: 0, readable: { _ in true },
        gives: { _ in true }),
      table: table)
    let now = try table.allValues(change.row, alone)
    for given in groups {
      guard let group = table.group(given.group) else { continue }
      if let refusal = replacesImmutable(group.id, given.values, change, row, table) { return refusal }
      guard !table.mayWrite(group, device.role, inserting: false), overrides(given, group, table, change, row) else {
        continue
      }
      // Whether a value that it may not read is the same is not for the device to learn.
      let isSame = table.reads(group, device.role) && group.columns.allSatisfy { was[$0] == now[$0] }
      guard isSame else {
        return Refusal(
          rule: .columnNotWritable, row: change.row, group: group.id,
          message: "\(table.name): the role '\(device.role)' may not write \(group.name) of a row that is there")
      }
    }
    return nil
  }

  /// Would this change what the group shows? The default that an insert has for a group of others says nothing, but it
  /// covers what its author had seen there.
  private func overrides(
    _ given: GroupValues, _ group: GroupSchema, _ table: TableSchema, _ change: RowChange, _ row: StoredRow
  ) -> Bool {
    guard table.isDefault(given.values, group), !table.mayWrite(group, device.role, inserting: true) else {
      return true
    }
    return reads(group, table) && row.state.cells(of: group.id).contains { $0.writes.contains { saw($0, change) } }
  }
}
