internal import RelayMerge
internal import RelayProtocol

/// Who is told of what a transaction left beside what is shown (rule 14).
extension Judgement {
  /// Entries and notices of the cells that changed.
  ///
  /// - Returns: whether somebody is told.
  func settle(_ work: RowWork, _ new: StoredRow) throws(RelayError) -> Bool {
    // A row that was not there is nobody's question as long as each cell has one author.
    if work.old == nil, new.plain != nil || new.state.cells.allSatisfy({ $0.writes.count == 1 }) { return false }
    let operations = work.change?.operations ?? []
    var told = false
    for cell in new.state.cells {
      let was = work.old?.state.writes(cell.id) ?? []
      guard cell.writes != was else { continue }
      let losers = work.table.losers(cell)
      let before = work.table.losers(Cell(id: cell.id, writes: was))
      switch work.table.losersGet(cell.id) {
      case .notice:
        // Who lost before was told before.
        let known = Set(before.map(\.dot))
        for loser in losers where !known.contains(loser.dot) && !Mutation.isPlanted(.noNotice) {
          if try notify(loser, work.row, cell.id) { told = true }
        }
      case .entry:
        if try tellOfTwins(cell, work, operations) { told = true }
        // Without a loser, before or now, no entry is or was open.
        guard !losers.isEmpty || !before.isEmpty else { continue }
        if try settleEntry(cell, losers, work.row, operations) { told = true }
      case .history: break
      }
    }
    return told
  }

  /// The same key inserted by two who had not seen each other became one row: both are told.
  private func tellOfTwins(_ cell: Cell, _ work: RowWork, _ operations: [Operation]) throws(RelayError) -> Bool {
    guard cell.id == .live, operations.first?.isInsert == true else { return false }
    let lives = cell.writes.filter { $0.value == .flag(true) }
    // One that comes late is not among them where a later author had seen it, and who had seen the row in a lost history does
    // not insert it a second time.
    guard lives.count > 1, lives.contains(where: { $0.dot == transaction.dot }), try !insertsAgain(work) else {
      return false
    }
    var told = false
    for write in lives where try notify(write, work.row, cell.id) { told = true }
    return told
  }

  private func settleEntry(
    _ cell: Cell, _ losers: [CellWrite], _ row: RowID, _ operations: [Operation]
  ) throws(RelayError) -> Bool {
    let resolves = operations.first { $0.group == cell.id.group && $0.resolves > 0 }?.resolves ?? 0
    let conflicts = session.store.conflicts
    let isNamed = try conflicts.hasEntry(row, cell.id, opened: resolves)
    let name = CellsBlob.encode(cell.id)
    let isOpen = try conflicts.openEntries(row).contains { $0.cell == name }
    if !losers.isEmpty {
      if !isOpen {
        try conflicts.open(row, cell.id, at: isNamed && !Mutation.isPlanted(.newEntry) ? resolves : seq)
      }
      return true
    }
    if isOpen, !(Mutation.isPlanted(.endsCovered) && cell.writes.count > 1) {
      try conflicts.end(row, cell.id, as: isNamed ? "resolved" : "superseded", at: seq)
    }
    return false
  }

  /// Tells the author of a write, once.
  private func notify(_ write: CellWrite, _ row: RowID, _ cell: CellID) throws(RelayError) -> Bool {
    let device = write.dot == transaction.dot ? self.device.id : try session.store.log.record(write.dot)?.device ?? 0
    session.news.devices.insert(device)
    return try session.store.conflicts.addNotice(device, of: write, row, cell, at: seq)
  }
}
