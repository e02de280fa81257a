package import RelayProtocol

/// How large rows are in messages. Two devices may each write what is small enough and together make a row that no
/// message can carry; it would stop every device that may read it, so the hub refuses the later of the two.
extension TableSchema {
  /// Why no message could carry a row; nil where one can.
  ///
  /// - Parameter values: by position in `columns`, as the row shows them.
  /// - Complexity: O(live writes).
  package func outgrown(_ values: [Value], _ state: RowState) -> String? {
    // A dead row travels without what it holds, but for the question whether it should be there.
    let isAlive = isAlive(state)
    if isAlive, let reason = outgrown(values, most: Limits.rowRecord) { return reason }
    var size = isAlive ? values.byteCount : 0
    var cells = 0
    var elements: [GroupID: Int] = [:]
    for cell in state.cells where cell.isTelling && (isAlive || cell.id == .live) {
      if cell.id.element != nil { elements[cell.id.group, default: 0] += 1 }
      cells += 1
      let policy = group(cell.id.group)?.policy
      // Of a counter's increments only so many travel one by one.
      let isSum = policy?.travelsAsSum ?? false
      let count = isSum ? min(cell.writes.count, Limits.increments) : cell.writes.count
      guard count <= Limits.siblings else {
        return "a cell would have \(count) writes, at most \(Limits.siblings) can be sent"
      }
      let values = cell.writes.reduce(0) { $0 + $1.value.byteCount }
      let bytes = count * Self.stampBytes + values + (cell.id.element?.byteCount ?? 0)
      size += bytes
      // What waits for a person comes once more, with who wrote it.
      if losersGet(cell.id) == .entry, !losers(cell).isEmpty { size += bytes + count * 2 * Limits.label }
    }
    for group in groups where elements[group.id, default: 0] > Limits.elements {
      return "\(group.name) would have \(elements[group.id] ?? 0) elements, at most \(Limits.elements) can be sent"
    }
    guard cells <= Limits.columns + Limits.elements else {
      return "a row of \(cells) cells, at most \(Limits.columns + Limits.elements) can be sent"
    }
    guard size > Limits.rowRecord else { return nil }
    return "a row of \(size) bytes with the writes that are still live, at most \(Limits.rowRecord) can be sent"
  }

  /// Why a row's values are too large by themselves.
  package func outgrown(_ values: [Value], most: Int) -> String? {
    for (column, value) in zip(columns, values) where value.byteCount > Limits.value {
      return "a value of \(value.byteCount) bytes in \(column.name), at most \(Limits.value) can be sent"
    }
    let size = values.byteCount
    return size <= most ? nil : "a row of \(size) bytes, at most \(most) can be sent"
  }

  /// Why a row's sets have more elements than a message lists.
  package func overfull(_ values: [Value]) -> String? {
    var cells = groups.count + 1
    for group in groups where group.policy.hasElements {
      // An element takes two bytes at least.
      guard values[group.columns[0]].byteCount > Limits.elements else { continue }
      cells += JSONSet.elements(values[group.columns[0]])?.count ?? 0
    }
    let most = Limits.columns + Limits.elements
    return cells > most ? "a row of \(cells) cells, at most \(most) can be sent" : nil
  }

  /// A write without its value, at most: dot, seq and time.
  private static let stampBytes = 48
}

extension Value {
  /// Bytes of a text or blob; the few of a number do not count.
  package var byteCount: Int {
    switch self {
    case .null, .integer, .real: 0
    case .text(let text): text.utf8.count
    case .malformedText(let bytes), .blob(let bytes): bytes.count
    }
  }
}

extension [Value] {
  /// With room for the head of each.
  package var byteCount: Int { reduce(0) { $0 + $1.byteCount + 9 } }
}

extension CellValue {
  package var byteCount: Int { if case .values(let values) = self { values.byteCount } else { 9 } }
}
