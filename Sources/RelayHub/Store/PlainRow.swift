internal import RelayMerge
internal import RelayProtocol

/// A row that one transaction has just made: what it shows, and the one stamp that all its cells have. Cells are built
/// only for who asks for them.
struct PlainRow {
  let table: TableSchema
  var fresh: FreshRow
  var origin: Stamp

  /// The same as cells.
  var state: RowState {
    var state = RowState()
    state.cells.reserveCapacity(fresh.groups.count + 1)
    func add(_ id: CellID, _ value: CellValue) {
      let write = CellWrite(dot: origin.dot, seq: origin.seq, effective: origin.effective, value: value)
      state.cells.append(Cell(id: id, writes: [write]))
    }
    add(.live, .flag(true))
    for id in fresh.groups {
      guard let group = table.group(id) else { continue }
      add(CellID(id), .values(group.columns.map { fresh.values[$0] }))
    }
    return state
  }

  /// Its stamps in the store's bytes.
  var stamps: [UInt8] {
    let columns = table.otherIDs
    var plain = [UInt8](repeating: 0, count: columns.count / 8 + 1)
    plain[0] = 1
    for group in fresh.groups {
      guard let at = columns.firstIndex(of: group) else { continue }
      plain[(at + 1) / 8] |= 1 << ((at + 1) % 8)
    }
    return StoredStamps.uniform(origin, plain)
  }
}
