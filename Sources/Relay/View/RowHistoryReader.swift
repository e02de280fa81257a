internal import RelayMerge
internal import RelayProtocol

/// Tells why a row is what it is: what the hub told, and on top of it what only this device knows.
struct RowHistoryReader {
  let core: ReplicaCore

  /// What is known of a row: what the hub told, and on top of it what only this device knows.
  ///
  /// - Parameters:
  ///   - told: the hub's answers, newest first; empty where it was not asked.
  func history(_ row: RowID, _ table: TableSchema, _ told: [HistoryResponse]) throws(RelayError) -> RowHistory {
    let state = try core.state()
    var own = OwnTransactions()
    var history = RowHistory(
      row: row, table: table.name, key: Inbox.label(row), head: told.first?.head, base: state.base,
      isHere: try core.tableRow(row, table) != nil,
      heldBecause: try core.stores.images.reason(row),
      cells: [], events: [])
    let records = told.flatMap(\.records)
    history.events = try ownEvents(row, table, state, &own, besides: Set(records.map(\.verdict.dot)))
    history.events += records.map { record in
      let verdict = record.verdict
      return table.event(
        record.change, verdict.refusal.map { .refused(rule: $0.rule.rawValue, message: $0.message) } ?? .accepted,
        dot: verdict.dot, seq: verdict.seq, author: record.author, device: record.device, time: verdict.effective,
        received: record.received)
    }
    history.events.sort { a, b in
      a.seq == b.seq ? a.dot.counter > b.dot.counter : (a.seq ?? .max) > (b.seq ?? .max)
    }
    history.cells = try cells(row, table, told.first?.cells ?? [], state, &own)
    return history
  }

  /// Own transactions on the row that the hub did not tell of: pending ones, and refused ones that wait in the core.inbox.
  private func ownEvents(
    _ row: RowID, _ table: TableSchema, _ state: ReplicaState, _ own: inout OwnTransactions, besides told: Set<Dot>
  ) throws(RelayError) -> [HistoryEvent] {
    var events: [HistoryEvent] = []
    for touch in try core.outbox.touches(row).reversed() where !told.contains(try core.replicas.dot(touch.key)) {
      guard let one = try own.own(touch.key, core.stores), let change = one.changes[row] else { continue }
      let refusal = try core.inbox.store.refusal(Inbox.refusalID(one.transaction.dot))
      var verdict: HistoryEvent.State = one.seq == nil ? .pending : .accepted
      if let refusal { verdict = .refused(rule: refusal.rule, message: refusal.message) }
      events.append(
        table.event(
          change, verdict, dot: one.transaction.dot, seq: one.seq, author: one.transaction.author,
          device: state.device, time: one.effective ?? one.transaction.time))
    }
    return events
  }

  private func cells(
    _ row: RowID, _ table: TableSchema, _ told: [EntryRecord], _ state: ReplicaState, _ own: inout OwnTransactions
  ) throws(RelayError) -> [CellHistory] {
    var names: [Dot: (author: String, device: String)] = [:]
    for sibling in told.flatMap(\.siblings) { names[sibling.write.dot] = (sibling.author, sibling.device) }
    var image = try core.view.image(row, table)
    if image == nil, let values = try core.view.confirmed(row, table) {
      image = Image(values: values, base: state.base)
    }
    var shown: RowState
    let overlay = try core.view.overlay(row, image: image, state, &own)
    for (one, _) in overlay { names[one.transaction.dot] = (one.transaction.author, state.device) }
    if told.isEmpty {
      shown = RowState(image: image?.values, stamps: image?.stamps ?? [], table: table)
      for (one, change) in overlay { core.view.apply(one, change, table, to: &shown) }
    } else {
      shown = RowState(
        cells: told.map { Cell(id: $0.cell, writes: $0.siblings.map(\.write).sorted { $0.dot < $1.dot }) })
      // The hub's cells hold what it has judged; what it has not is merged in, as the table here shows it.
      for (one, change) in overlay where one.seq == nil { core.view.apply(one, change, table, to: &shown) }
    }
    return shown.cells.compactMap { cell in
      let opened = told.first { $0.cell == cell.id }?.opened ?? 0
      return table.history(cell, opened: opened) { names[$0.dot] ?? ("", "") }
    }
  }
}
