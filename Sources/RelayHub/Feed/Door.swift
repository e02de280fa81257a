internal import RelayMerge
internal import RelayProtocol

/// The one place that decides, and renders, what a device may see: rows of pages, rows by key, closings, entries, notices,
/// histories and digests all go through it.
struct Door {
  let device: HubDevice
  /// The schema as the device knows it: nothing else is told.
  let view: SyncSchema
  let readable: Set<String>

  init(_ device: HubDevice, _ view: SyncSchema) {
    self.device = device
    self.view = view
    readable = device.readable
  }

  var readsEverything: Bool { readable.contains(ScopeGrant.everything) }

  /// The table, where the device may see rows of it at all.
  func table(_ id: UInt32) -> TableSchema? {
    guard let table = view.table(id), table.access(device.role).reads else { return nil }
    return table
  }

  /// May the device be told of a row of this name that it is gone? Of tables that its role does not read nothing came.
  func mayName(_ row: RowID) -> Bool { table(row.table) != nil }

  /// Does the row lie in a scope that the device reads?
  func reaches(_ stored: StoredRow) -> Bool { readable.reach(stored.scopeNames) }

  /// May the device hold this row now: does it lie in a scope that it reads, in a table that its role reads, and not only
  /// on its way up?
  ///
  /// - Returns: the row's table, nil where it may not.
  func holds(_ stored: StoredRow) throws(RelayError) -> TableSchema? {
    guard let table = table(stored.row.table), reaches(stored),
      try !table.isUpOnly(stored.row, stored.state, device.role)
    else { return nil }
    return table
  }

  /// A row's values as the device sees them, by the columns that its role reads; nil where the row is dead.
  func values(_ stored: StoredRow, _ table: TableSchema) throws(RelayError) -> [Value]? {
    guard let values = try table.shownValues(stored.row, stored.state) else { return nil }
    return table.readableColumns(device.role).map { values[$0] }
  }

  /// The row's hash as `verify` compares it; nil where the device should not hold it, and for one that is dead.
  func hash(_ stored: StoredRow) throws(RelayError) -> [UInt8]? {
    guard let table = try holds(stored), let values = try table.shownValues(stored.row, stored.state) else {
      return nil
    }
    return table.rowHash(stored.row, values, readable: table.readableColumns(device.role))
  }

  func reads(_ cell: CellID, _ table: TableSchema) -> Bool {
    cell.group == 0
      ? table.access(device.role).reads : table.group(cell.group).map { table.reads($0, device.role) } ?? false
  }

  /// Does the device's schema know the cell?
  func knows(_ cell: CellID, of row: RowID) -> Bool {
    guard let table = view.table(row.table) else { return false }
    return cell.group == 0 || table.group(cell.group) != nil
  }

  /// The seq at which the device has a row that it holds: its last change, or its entry into a scope of the device.
  func seq(_ stored: StoredRow) -> UInt64 {
    if readsEverything { return stored.seq }
    return stored.scopes.filter { readable.contains($0.name) }.map(\.seq).max() ?? stored.seq
  }
}
