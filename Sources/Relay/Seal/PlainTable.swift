internal import RelayMerge
internal import RelayProtocol

/// A table of which a row travels column by column as it stands: nothing of it is counted, a set or grouped, and the role
/// may write all of it.
struct PlainTable {
  let table: TableSchema
  let groups: [GroupID]
  /// Where the table's columns have the value of each group.
  let columns: [Int]
  private let types: [ColumnType]
  private let isRequired: [Bool]
  private let keys: [Int]
  private let keyTypes: [ColumnType]

  /// - Returns: nil where that does not hold of the table.
  init?(_ table: TableSchema, role: String) {
    let access = table.access(role)
    guard access.writes, access.hidden.isEmpty, table.newest == 1, table.parent == nil else { return nil }
    for group in table.groups {
      guard group.columns.count == 1, ![.set, .counter].contains(group.policy),
        table.mayWrite(group, role, inserting: true), table.columns[group.columns[0]].allowed == nil
      else { return nil }
    }
    self.table = table
    keys = table.key
    keyTypes = table.key.map { table.columns[$0].type }
    groups = table.groups.map(\.id)
    columns = table.groups.map { $0.columns[0] }
    types = table.groups.map { table.columns[$0.columns[0]].type }
    isRequired = table.groups.map { table.columns[$0.columns[0]].isRequired }
  }

  /// Are all values of their columns' types, and small?
  func admits(_ values: [ValueSpan]) -> Bool {
    var size = 0
    for at in columns.indices {
      let value = values[columns[at]]
      size += value.byteCount
      guard value.isNull ? !isRequired[at] : PlainTable.fits(value, types[at]) else { return false }
    }
    for (column, type) in zip(keys, keyTypes) {
      guard !values[column].isNull, PlainTable.fits(values[column], type) else { return false }
    }
    return size < 1 << 16
  }

  private static func fits(_ value: ValueSpan, _ type: ColumnType) -> Bool {
    switch (value, type) {
    case (_, .any), (.integer, .integer), (.real, .real), (.text, .text), (.blob, .blob): true
    default: false
    }
  }

  /// What an update or a delete of a row comes to.
  ///
  /// - Returns: nil where the row needs a closer look.
  func operations(_ before: [ValueSpan], _ after: [ValueSpan]?) -> [Operation]? {
    guard !table.isAppendOnly else { return nil }
    guard let after else { return [Operation(.delete)] }
    guard admits(after) else { return nil }
    var operations: [Operation] = []
    for (group, at) in zip(table.groups, columns) where !before[at].isSame(after[at]) {
      operations += group.policy.change([before[at].value], [after[at].value], group).map { Operation($0) }
    }
    return operations
  }
}
