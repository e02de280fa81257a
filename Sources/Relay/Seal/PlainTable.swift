internal import RelayMerge
internal import RelayProtocol

/// The plain tables of a schema, found out once for each role that the replica has.
final class PlainTables {
  private var role = ""
  private var tables: [UInt32: PlainTable?] = [:]

  /// - Returns: nil for one that is not plain.
  func plain(_ table: TableSchema, _ role: String) -> PlainTable? {
    if role != self.role { (self.role, tables) = (role, [:]) }
    if let known = tables[table.id] { return known }
    let plain = PlainTable(table, role: role)
    tables[table.id] = .some(plain)
    return plain
  }
}

/// A table of which a row travels column by column as it stands: nothing of it is counted, a set or grouped, and the role
/// may write all of it.
struct PlainTable {
  let table: TableSchema
  let groups: [GroupID]
  /// Where the table's columns have the value of each group.
  let columns: [Int]
  private let checks: [Check]
  private let keys: [(column: Int, type: ColumnType)]
  private let mayDelete: Bool

  private struct Check {
    var type: ColumnType
    var isRequired: Bool
    var mayUpdate: Bool
  }

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
    keys = table.key.map { ($0, table.columns[$0].type) }
    groups = table.groups.map(\.id)
    columns = table.groups.map { $0.columns[0] }
    checks = table.groups.map { group in
      let column = table.columns[group.columns[0]]
      let mayUpdate = !table.isAppendOnly && table.mayWrite(group, role, inserting: false)
      return Check(type: column.type, isRequired: column.isRequired, mayUpdate: mayUpdate)
    }
    mayDelete = !table.isAppendOnly && table.deletes != .never
  }

  /// May the row be inserted as it stands, and is it small?
  func admits(_ values: borrowing EncodedValues) -> Bool {
    var size = 0
    for at in columns.indices {
      size += values[columns[at]].count
      guard fits(values, at) else { return false }
    }
    return hasKey(values) && size < 1 << 16
  }

  /// The groups that differ, by their places.
  ///
  /// - Returns: false where the row needs a closer look.
  func difference(
    _ before: borrowing EncodedValues, _ after: borrowing EncodedValues, into places: inout [Int]
  ) -> Bool {
    places.removeAll(keepingCapacity: true)
    guard admits(after) else { return false }
    for at in columns.indices where !before.isSame(columns[at], as: after) {
      guard checks[at].mayUpdate else { return false }
      places.append(at)
    }
    return true
  }

  func mayDelete(_ before: borrowing EncodedValues) -> Bool { mayDelete && hasKey(before) }

  private func fits(_ values: borrowing EncodedValues, _ at: Int) -> Bool {
    let kind = values.kind(columns[at])
    return kind == .null ? !checks[at].isRequired : PlainTable.fits(kind, checks[at].type)
  }

  private func hasKey(_ values: borrowing EncodedValues) -> Bool {
    for (column, type) in keys {
      let kind = values.kind(column)
      guard kind != .null, PlainTable.fits(kind, type) else { return false }
    }
    return true
  }

  private static func fits(_ kind: EncodedValues.Kind, _ type: ColumnType) -> Bool {
    switch (kind, type) {
    case (_, .any), (.integer, .integer), (.real, .real), (.text, .text), (.blob, .blob): true
    default: false
    }
  }
}
