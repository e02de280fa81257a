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
  /// The view of the row's table that the role in the header has, and the one that the device's role has now: what
  /// either may not read is never covered, and the default that an insert has where the role now may give nothing is
  /// nobody's value.
  package var author: TableAccess
  package var now: TableAccess

  package init(
    dot: Dot, seq: UInt64, effective: HybridTime, seen: DotSet, base: UInt64, author: TableAccess, now: TableAccess
  ) {
    self.dot = dot
    self.seq = seq
    self.effective = effective
    self.seen = seen
    self.base = base
    self.author = author
    self.now = now
  }

  /// Later than every seq: a pending write is covered by being in X or not at all.
  package static let pendingSeq = Limits.sequence

  /// Had the author seen this write? The one question that decides concurrency (rule 11).
  package func covers(_ write: CellWrite) -> Bool { write.seq <= base || seen.contains(write.dot) }

  /// Could the author see the cells of a group at all? A row's existence is no secret of a column.
  func reads(_ group: GroupID, _ table: TableSchema) -> Bool {
    if group == 0 || Mutation.isPlanted(.hiddenCovered) { return true }
    return (table.reads(group, author) || Mutation.isPlanted(.roleNow)) && (author === now || table.reads(group, now))
  }

  func gives(_ group: GroupID, _ table: TableSchema) -> Bool { table.gives(group, now) }
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
        write(effect, context, table)
        if Mutation.isPlanted(.collapse) { collapse(effect.cell, context, table) }
      }
    }
  }

  /// Would one of the change's writes find a live write that its author had not seen? Two that only say that the row
  /// lives do not count: every update says so.
  package func isConcurrent(_ change: RowChange, _ context: WriteContext, table: TableSchema) -> Bool {
    change.operations.flatMap { effects(of: $0, context, table: table) }.contains { effect in
      // Whether anybody wrote what the author may not read is not for the author to learn.
      context.reads(effect.cell.group, table)
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

  private mutating func write(_ effect: CellEffect, _ context: WriteContext, _ table: TableSchema) {
    var live = writes(effect.cell)
    if effect.covers, !live.isEmpty, context.reads(effect.cell.group, table) {
      live.removeAll { write in write.dot != context.dot && context.covers(write) }
    }
    if let value = effect.value {
      live.removeAll { $0.dot == context.dot }
      let added = CellWrite(dot: context.dot, seq: context.seq, effective: context.effective, value: value)
      live.insert(added, at: live.firstIndex { context.dot < $0.dot } ?? live.count)
    }
    replace(effect.cell, live)
  }

  private func effects(of operation: Operation, _ context: WriteContext, table: TableSchema) -> [CellEffect] {
    let alive = CellEffect(.live, .flag(true))
    switch operation.kind {
    case .delete: return [CellEffect(.live, .flag(false))]
    case .touch: return [alive]
    case .set(let group, let values): return [alive, CellEffect(CellID(group), .values(values))]
    case .increment(let group, let delta): return [alive, CellEffect(CellID(group), .delta(delta), covers: false)]
    case .add(let group, let element): return [alive, CellEffect(CellID(group, element: element), .flag(true))]
    case .remove(let group, let element): return [alive, CellEffect(CellID(group, element: element), .flag(false))]
    case .insert(let groups):
      var list = [alive]
      list.reserveCapacity(groups.count + 1)
      for given in groups { list += insertion(given, context, table) }
      return list
    }
  }

  /// An insert writes every group that its author may read, defaults too, and covers what its author had seen there:
  /// increments, set elements and an immutable value as well (rule 5). Where others decide it only covers: a new row
  /// begins without their value, and what they give it at the same time stands.
  private func insertion(_ given: GroupValues, _ context: WriteContext, _ table: TableSchema) -> [CellEffect] {
    guard let group = table.group(given.group) else { return [] }
    if !context.gives(group.id, table), !group.policy.hasElements, table.isDefault(given.values, group) {
      return [CellEffect(CellID(group.id), nil)]
    }
    return group.policy.effects(inserting: given.values, group, self)
  }
}
