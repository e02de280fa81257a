package import RelayProtocol

/// A row as merging sees it: its cells, each the antichain of its live writes. Hub and device run this same code.
package struct RowState: Sendable, Equatable {
  /// Ascending by id; a cell that was never written is not here and shows its default.
  package var cells: [Cell]

  package init(cells: [Cell] = []) { self.cells = cells }

  /// Position of a cell, or where it would stand. O(log cells).
  package func position(_ id: CellID) -> (at: Int, found: Bool) {
    var low = 0
    var high = cells.count
    while low < high {
      let middle = (low + high) / 2
      if cells[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return (low, low < cells.count && cells[low].id == id)
  }

  package func writes(_ id: CellID) -> [CellWrite] {
    let (at, found) = position(id)
    return found ? cells[at].writes : []
  }

  /// The ids of a group's cells: one, or one an element that a set has known.
  package func cells(of group: GroupID) -> ArraySlice<Cell> {
    let start = position(CellID(group)).at
    var end = start
    while end < cells.count, cells[end].id.group == group { end += 1 }
    return cells[start..<end]
  }

  package mutating func replace(_ id: CellID, _ writes: [CellWrite]) {
    let (at, found) = position(id)
    switch (found, writes.isEmpty) {
    case (true, true): cells.remove(at: at)
    case (true, false): cells[at].writes = writes
    case (false, false): cells.insert(Cell(id: id, writes: writes), at: at)
    case (false, true): break
    }
  }
}

extension Cell {
  /// Does it say something to a device? Not an element that every live write takes out of its set: an addition wins over
  /// that whether it is there or not.
  package var isTelling: Bool { id.element == nil || writes.contains { $0.value == .flag(true) } }
}

extension RowState {
  /// The cells of a confirmed image: stamps where the hub sent them, elsewhere the shown value as a write older than
  /// every base that can still matter.
  ///
  /// - Parameters:
  ///   - values: by position in the table's columns; nil for a row that is not there.
  ///   - stamps: cells with a write newer than the pull's floor.
  package init(image values: [Value]?, stamps: [Cell], table: TableSchema) {
    self.init()
    guard let values else { return }
    func unseen(_ value: CellValue) -> [CellWrite] {
      [CellWrite(dot: .unseen, seq: 0, effective: .zero, value: value)]
    }
    cells.append(Cell(id: .live, writes: unseen(.flag(true))))
    for group in table.groups {
      for (id, value) in group.policy.cells(showing: group.values(of: values), group) {
        cells.append(Cell(id: id, writes: unseen(value)))
      }
    }
    for cell in stamps { replace(cell.id, cell.writes) }
  }
}
