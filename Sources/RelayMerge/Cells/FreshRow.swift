package import RelayProtocol

/// What one insert makes of a row that was not there, where each group that it writes has one cell with just the values
/// that it gave: nothing is merged, and the row's cells need not be built to know what it shows.
package struct FreshRow: Sendable {
  /// What it shows, by position in the table's columns.
  package var values: [Value]
  /// Those that have a cell, ascending.
  package var groups: [GroupID]

  package init(values: [Value], groups: [GroupID]) { (self.values, self.groups) = (values, groups) }
}

extension TableSchema {
  /// - Parameters:
  ///   - given: what the insert gives, ascending by group, each as many values as the group has columns.
  ///   - now: the view of the table that the device's role has.
  /// - Returns: nil where that takes a merge: for counters and sets.
  /// - Throws: `malformed_message` when `row` holds no key.
  package func fresh(
    _ row: RowID, _ given: [GroupValues], _ now: TableAccess
  ) throws(RelayError) -> FreshRow? {
    var fresh = FreshRow(values: try allValues(row, RowState()), groups: [])
    fresh.groups.reserveCapacity(given.count)
    for one in given {
      guard let group = group(one.group) else { continue }
      guard one.values.count == group.columns.count, let makesCell = group.policy.makesCell(inserting: one.values)
      else { return nil }
      // The default of a group that others decide is nobody's value.
      let isGiven = gives(group.id, now) || !isDefault(one.values, group)
      guard makesCell, isGiven else { continue }
      for (at, value) in zip(group.columns, one.values) { fresh.values[at] = value }
      fresh.groups.append(group.id)
    }
    return fresh
  }

  /// Does an insert by this role say something of the group even where it gives the default?
  func gives(_ group: GroupID, _ now: TableAccess) -> Bool {
    mayWrite(group, now, inserting: true) || Mutation.isPlanted(.foreignDefaults)
  }

  /// Why no message could carry a fresh row; nil where one can.
  package func outgrown(_ fresh: FreshRow, _ state: @autoclosure () -> RowState) -> String? {
    if let reason = outgrown(fresh.values, most: Limits.rowRecord) { return reason }
    // Values and cells hold the same, and a cell has one stamp.
    let most = 2 * fresh.values.byteCount + (fresh.groups.count + 1) * 64
    return most <= Limits.rowRecord ? nil : outgrown(fresh.values, state())
  }
}
