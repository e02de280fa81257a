package import RelayProtocol

extension TableSchema {
  /// The write that a cell shows; nil for a cell without writes. Counters show a sum, so no one write.
  package func shownWrite(_ cell: Cell) -> CellWrite? {
    guard let first = cell.writes.first else { return nil }
    guard let group = group(cell.id.group), cell.id.element == nil else {
      // Existence and set elements: what says "there" wins, unless deletes win; among equals the latest is shown.
      let winner = CellValue.flag(!(cell.id == .live && deletes == .deleteWins))
      return cell.writes.max { a, b in
        let (x, y) = (a.value == winner, b.value == winner)
        return x == y ? TableSchema.isEarlier(a, b) : !x && y
      }
    }
    switch group.policy {
    case .max: return cell.writes.max { group.yields($0, to: $1, greater: true) }
    case .min: return cell.writes.max { group.yields($0, to: $1, greater: false) }
    case .immutable: return cell.writes.min(by: TableSchema.isEarlier)
    case .counter: return first
    case .lww, .ask, .authority, .set, .resolver: return cell.writes.max(by: TableSchema.isEarlier)
    }
  }

  /// What a cell shows; nil for a cell without writes. Counters show a sum, so no one value.
  package func shownValue(_ cell: Cell) -> CellValue? {
    guard cell.writes.count > 1, let group = group(cell.id.group), let resolve = group.resolve else {
      return shownWrite(cell)?.value
    }
    let candidates = cell.writes.sorted(by: TableSchema.isEarlier).compactMap { write -> Resolvers.Candidate? in
      guard case .values(let values) = write.value else { return nil }
      return Resolvers.Candidate(values: values, time: write.effective)
    }
    let resolved = resolve(candidates)
    return problem(resolved, group) == nil ? .values(resolved) : shownWrite(cell)?.value
  }

  /// Is the row there, as the table's delete rule reads the writes of its existence?
  package func isAlive(_ state: RowState) -> Bool {
    shownWrite(Cell(id: .live, writes: state.writes(.live)))?.value == .flag(true)
  }

  /// The order of concurrent writes for display: (effective time, dot).
  package static func isEarlier(_ a: CellWrite, _ b: CellWrite) -> Bool {
    a.effective == b.effective ? a.dot < b.dot : a.effective < b.effective
  }

  /// The row's values by position in `columns`; the key's come from `row`.
  ///
  /// - Returns: nil for a row that is not alive.
  /// - Throws: `malformed_message` when `row` holds no key.
  package func shownValues(_ row: RowID, _ state: RowState) throws(RelayError) -> [Value]? {
    isAlive(state) ? try allValues(row, state) : nil
  }

  /// The values that a row shows, or would show if it were alive.
  package func allValues(_ row: RowID, _ state: RowState) throws(RelayError) -> [Value] {
    var values = columns.map(\.defaultValue)
    let keyValues = try row.values()
    guard keyValues.count == key.count else {
      throw RelayError(.malformedMessage, "\(name): a key of \(keyValues.count) values instead of \(key.count)")
    }
    for (at, value) in zip(key, keyValues) { values[at] = value }
    var elements: [(group: GroupSchema, list: [Value])] = []
    for cell in state.cells where cell.id.group != 0 {
      guard let group = group(cell.id.group) else { continue }
      switch group.policy {
      case .counter:
        values[group.columns[0]] = .integer(TableSchema.sum(cell.writes, group.defaults[0].integer ?? 0))
      case .set:
        guard let element = cell.id.element, cell.writes.contains(where: { $0.value == .flag(true) }) else { continue }
        if elements.last?.group.id == group.id {
          elements[elements.count - 1].list.append(element)
        } else {
          elements.append((group, [element]))
        }
      default:
        guard case .values(let shown)? = shownValue(cell), shown.count == group.columns.count else { continue }
        for (at, value) in zip(group.columns, shown) { values[at] = value }
      }
    }
    for item in elements { values[item.group.columns[0]] = JSONSet.text(item.list) }
    return values
  }

  /// Saturates: an increment that would leave the range of 64 bits stops at its end instead of wrapping round.
  private static func sum(_ writes: [CellWrite], _ start: Int64) -> Int64 {
    // Summed wider than any order could overflow, so that the order of writes cannot be seen.
    var high: Int128 = Int128(start)
    for write in writes { if case .delta(let delta) = write.value { high += Int128(delta) } }
    return Int64(clamping: high)
  }

  /// Live writes of a cell whose value is not the one shown (rule 14), ascending by dot.
  package func losers(_ cell: Cell) -> [CellWrite] {
    if let policy = group(cell.id.group)?.policy, policy == .counter || policy == .resolver { return [] }
    guard let shown = shownWrite(cell) else { return [] }
    return cell.writes.filter { $0.value != shown.value }
  }
}

extension GroupSchema {
  /// Does `a` yield to `b` under max (or min)? NULL yields to any value, equals by (effective time, dot).
  fileprivate func yields(_ a: CellWrite, to b: CellWrite, greater: Bool) -> Bool {
    guard case .values(let x) = a.value, case .values(let y) = b.value, let p = x.first, let q = y.first else {
      return TableSchema.isEarlier(a, b)
    }
    if p == q { return TableSchema.isEarlier(a, b) }
    if p.isNull || q.isNull { return p.isNull }
    return greater ? precedes(p, q) : precedes(q, p)
  }

  /// The declared scale, or SQLite's order where there is none; what the scale does not name comes before all of it.
  package func precedes(_ a: Value, _ b: Value) -> Bool {
    guard let scale else { return Value.precedes(a, b) }
    switch (scale.firstIndex(of: a), scale.firstIndex(of: b)) {
    case (let x?, let y?): return x < y
    case (nil, _?): return true
    case (_?, nil): return false
    case (nil, nil): return Value.precedes(a, b)
    }
  }
}
