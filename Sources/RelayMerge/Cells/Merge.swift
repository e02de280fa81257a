package import RelayProtocol

/// What a transaction's author had seen of one row, and where the transaction stands in the hub's order.
package struct WriteContext: Sendable {
  package var dot: Dot
  /// Its place in the hub's order; `pendingSeq` for a transaction that has none yet.
  package var seq: UInt64
  package var effective: HybridTime
  /// Pending dots that the author could see.
  package var seen: DotSet
  /// The seq of the author's confirmed image of this row.
  package var base: UInt64
  /// Groups that both the role in the header and the device's role now may read: nothing else is ever covered.
  package var readable: @Sendable (GroupID) -> Bool
  /// Groups to which the author's role may give a value in a new row. The default that an insert has for another group
  /// is nobody's value.
  package var gives: @Sendable (GroupID) -> Bool

  package init(
    dot: Dot, seq: UInt64, effective: HybridTime, seen: DotSet, base: UInt64,
    readable: @escaping @Sendable (GroupID) -> Bool, gives: @escaping @Sendable (GroupID) -> Bool
  ) {
    self.dot = dot
    self.seq = seq
    self.effective = effective
    self.seen = seen
    self.base = base
    self.readable = readable
    self.gives = gives
  }

  /// Later than every seq: a pending write is covered by being in X or not at all.
  package static let pendingSeq = Limits.sequence

  /// Had the author seen this write? The one question that decides concurrency (rule 11).
  package func covers(_ write: CellWrite) -> Bool { write.seq <= base || seen.contains(write.dot) }

  /// Could the author see the cell at all? A row's existence is no secret of a column.
  func reads(_ cell: CellID) -> Bool { cell.group == 0 || readable(cell.group) }
}

extension RowState {
  /// Merges what one transaction does to this row. Covered writes leave their cell, the new write joins it.
  ///
  /// Applied in any causal order, any number of times, the same transactions give the same state.
  /// - Complexity: O(cells written × live writes).
  package mutating func apply(_ change: RowChange, _ context: WriteContext, table: TableSchema) {
    for operation in change.operations {
      for effect in effects(of: operation, context, table: table) {
        if effect.cell == .live, operation.group != 0, Mutation.isPlanted(.noLive) { continue }
        write(effect, context)
        if Mutation.isPlanted(.collapse) { collapse(effect.cell, context, table) }
      }
    }
  }

  /// Would one of the change's writes find a live write that its author had not seen? Two that only say that the row
  /// lives do not count: every update says so.
  package func isConcurrent(_ change: RowChange, _ context: WriteContext, table: TableSchema) -> Bool {
    change.operations.flatMap { effects(of: $0, context, table: table) }.contains { effect in
      // Whether anybody wrote what the author may not read is not for the author to learn.
      context.reads(effect.cell)
        && writes(effect.cell).contains { write in
          if effect.cell == .live, write.value == .flag(true), effect.value == write.value { return false }
          return write.dot != context.dot && !context.covers(write)
        }
    }
  }

  /// For the mutation that keeps of a cell what it shows.
  private mutating func collapse(_ cell: CellID, _ context: WriteContext, _ table: TableSchema) {
    guard context.seq < WriteContext.pendingSeq, cell.element == nil, let policy = table.group(cell.group)?.policy,
      [.lww, .ask, .max].contains(policy), let shown = table.shownWrite(Cell(id: cell, writes: writes(cell)))
    else { return }
    replace(cell, [shown])
  }

  private struct Effect {
    var cell: CellID
    /// Nil covers what is there and adds nothing.
    var value: CellValue?
    /// Increments join what is there; everything else replaces what its author had seen.
    var covers = true
  }

  private mutating func write(_ effect: Effect, _ context: WriteContext) {
    var live = writes(effect.cell)
    if effect.covers, context.reads(effect.cell) {
      live.removeAll { write in write.dot != context.dot && context.covers(write) }
    }
    if let value = effect.value {
      live.removeAll { $0.dot == context.dot }
      let added = CellWrite(dot: context.dot, seq: context.seq, effective: context.effective, value: value)
      live.insert(added, at: live.firstIndex { context.dot < $0.dot } ?? live.count)
    }
    replace(effect.cell, live)
  }

  private func effects(of operation: Operation, _ context: WriteContext, table: TableSchema) -> [Effect] {
    let alive = Effect(cell: .live, value: .flag(true))
    switch operation.kind {
    case .delete: return [Effect(cell: .live, value: .flag(false))]
    case .touch: return [alive]
    case .set(let group, let values): return [alive, Effect(cell: CellID(group), value: .values(values))]
    case .increment(let group, let delta):
      return [alive, Effect(cell: CellID(group), value: .delta(delta), covers: false)]
    case .add(let group, let element):
      return [alive, Effect(cell: CellID(group, element: element), value: .flag(true))]
    case .remove(let group, let element):
      return [alive, Effect(cell: CellID(group, element: element), value: .flag(false))]
    case .insert(let groups): return [alive] + groups.flatMap { insertion($0, context, table) }
    }
  }

  /// An insert writes every group that its author may read, defaults too, and covers what its author had seen there:
  /// increments, set elements and an immutable value as well (rule 5). Where others decide it only covers: a new row
  /// begins without their value, and what they give it at the same time stands.
  private func insertion(_ given: GroupValues, _ context: WriteContext, _ table: TableSchema) -> [Effect] {
    guard let group = table.group(given.group) else { return [] }
    if !context.gives(group.id), group.policy != .set, table.isDefault(given.values, group) {
      return [Effect(cell: CellID(group.id), value: nil)]
    }
    let covers = !Mutation.isPlanted(.insertAdds)
    switch group.policy {
    case .set:
      let stated = Set(given.values)
      let seen = Mutation.isPlanted(.insertAdds) ? [] : cells(of: group.id)
      let known = seen.compactMap(\.id.element).filter { !stated.contains($0) }
      return known.map { Effect(cell: CellID(group.id, element: $0), value: nil) }
        + given.values.map { Effect(cell: CellID(group.id, element: $0), value: .flag(true)) }
    case .counter:
      let delta = given.values.first?.integer ?? 0
      return [Effect(cell: CellID(group.id), value: delta == 0 ? nil : .delta(delta), covers: covers)]
    case .immutable:
      let isEmpty = given.values.allSatisfy(\.isNull)
      return [Effect(cell: CellID(group.id), value: isEmpty ? nil : .values(given.values), covers: covers)]
    default: return [Effect(cell: CellID(group.id), value: .values(given.values))]
    }
  }
}
