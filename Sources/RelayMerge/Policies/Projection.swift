package import RelayProtocol

extension TableSchema {
  /// The write that a cell shows; nil for a cell without writes. Counters show a sum, so no one write.
  package func shownWrite(_ cell: Cell) -> CellWrite? {
    if cell.writes.count <= 1 { return cell.writes.first }
    guard cell.id.element == nil, let group = group(cell.id.group) else { return shownFlag(cell) }
    return group.policy.shownWrite(cell.writes, group)
  }

  /// Of existence and set elements: what says "there" wins, unless deletes win; among equals the latest is shown.
  private func shownFlag(_ cell: Cell) -> CellWrite? {
    let isRemoval = (cell.id == .live && deletes == .deleteWins) || Mutation.isPlanted(.removeWins)
    let winner = CellValue.flag(!isRemoval)
    return cell.writes.max { a, b in
      let (x, y) = (a.value == winner, b.value == winner)
      return x == y ? CellWrite.isEarlier(a, b) : !x && y
    }
  }

  /// What a cell shows; nil for a cell without writes. Counters show a sum, so no one value.
  package func shownValue(_ cell: Cell) -> CellValue? {
    guard let group = group(cell.id.group), cell.id.element == nil else { return shownWrite(cell)?.value }
    return shownValue(cell, group)
  }

  func shownValue(_ cell: Cell, _ group: GroupSchema) -> CellValue? {
    cell.writes.count == 1 ? cell.writes[0].value : group.policy.shownValue(cell.writes, group, self)
  }

  /// Is the row there, as the table's delete rule reads the writes of its existence?
  package func isAlive(_ state: RowState) -> Bool {
    // Existence is the first cell of a row, if anybody wrote it.
    guard let live = state.cells.first, live.id == .live else { return false }
    return shownWrite(live)?.value == .flag(true)
  }

  /// The row's values by position in `columns`; the key's come from `row`.
  ///
  /// - Returns: nil for a row that is not alive.
  /// - Throws: `malformed_message` when `row` holds no key.
  package func shownValues(_ row: RowID, _ state: RowState) throws(RelayError) -> [Value]? {
    isAlive(state) ? try allValues(row, state) : nil
  }

  /// The values that a row shows, or would show if it were alive.
  ///
  /// - Complexity: O(columns + live writes).
  package func allValues(_ row: RowID, _ state: RowState) throws(RelayError) -> [Value] {
    var values = defaults
    let keyValues = try row.values()
    guard keyValues.count == key.count else {
      throw RelayError(.malformedMessage, "\(name): a key of \(keyValues.count) values instead of \(key.count)")
    }
    for (at, value) in zip(key, keyValues) { values[at] = value }
    var start = 0
    while start < state.cells.count {
      let id = state.cells[start].id.group
      var end = start + 1
      while end < state.cells.count, state.cells[end].id.group == id { end += 1 }
      if let group = group(id) { group.policy.show(state.cells[start..<end], group, self, in: &values) }
      start = end
    }
    return values
  }

  /// Live writes of a cell whose value is not the one shown (rule 14), ascending by dot.
  package func losers(_ cell: Cell) -> [CellWrite] {
    guard cell.writes.count > 1, group(cell.id.group)?.policy.hasLosers ?? true, let shown = shownWrite(cell) else {
      return []
    }
    return cell.writes.filter { $0.value != shown.value }
  }

  /// What the losers of a cell get. About a row's existence people are asked.
  package func losersGet(_ cell: CellID) -> MergePolicy.Loss {
    cell.group == 0 ? .entry : group(cell.group)?.policy.losersGet ?? .history
  }

  /// Why a cell shows what it shows.
  package func reason(_ cell: Cell) -> ShownReason {
    guard cell.writes.count > 1, let shown = shownWrite(cell) else { return .only }
    let policy = group(cell.id.group)?.policy
    // Where every write counts it does not matter whether they agree.
    if policy?.travelsAsSum == true { return .sum }
    guard cell.writes.contains(where: { $0.value != shown.value }) else { return .same }
    guard let policy else { return shown.value == .flag(true) ? .changeWins : .deletionWins }
    return policy.reason
  }
}
