package import RelayProtocol

/// Stamps leave to the row what it shows anyway: values travel once.
extension TableSchema {
  /// What the row shows in a cell and its stamps need not repeat; nil for existence, elements and counters, whose writes
  /// say something else than the row.
  private func shown(_ cell: CellID, _ values: [Value]) -> [Value]? {
    guard cell.element == nil, let group = group(cell.group), group.policy != .set, group.policy != .counter
    else { return nil }
    return group.columns.map { values[$0] }
  }

  /// - Parameter values: the row as it is shown, by position in `columns`.
  package func stamped(_ cells: [Cell], _ values: [Value]) -> [StampedCell] {
    cells.map { StampedCell($0, shown: shown($0.id, values)) }
  }

  /// The cells with all their values.
  ///
  /// - Throws: `malformed_message` where a stamp leaves a value to a row that shows none.
  package func cells(_ stamps: [StampedCell], _ values: [Value]) throws(RelayError) -> [Cell] {
    var cells: [Cell] = []
    cells.reserveCapacity(stamps.count)
    for stamp in stamps {
      guard let cell = stamp.cell(shown: shown(stamp.id, values)) else {
        throw RelayError(.malformedMessage, "a stamp of \(name), group \(stamp.id.group), without a value")
      }
      cells.append(cell)
    }
    return cells
  }
}
