internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

extension Judgement {
  /// Writes what was accepted: rows, membership, entries, digests. Gives true when somebody is told of a conflict.
  func commit() throws(RelayError) -> Bool {
    var changes: [(old: StoredRow?, new: StoredRow)] = []
    var told = false
    for row in after.keys.sorted() {
      guard var new = after[row] else { continue }
      if Mutation.isPlanted(.deadBlank), !store.isAlive(new) { new.state.cells.removeAll { $0.id.group > 3 } }
      let was = try old(row)
      if operations[row] == nil {
        // A parent of which a child said that it lives: nobody is told of it unless that changed something.
        guard let was, concernsPeople(was, new) else {
          try store.save(&new)
          continue
        }
        new.seq = seq
      }
      try settlePlace(&new, was, isWritten: true)
      try store.remember(new, seq: seq)
      changes.append((was, new))
      if try settle(row, was, new) { told = true }
    }
    // A root takes its children along, theirs too, in the same transaction (rule 21).
    var moved = changes.filter { concernsChildren($0.old, $0.new) }.map(\.new.row)
    while !Mutation.isPlanted(.childrenStay), let parent = moved.popLast() {
      for var child in try store.children(of: parent) where after[child.row] == nil {
        let was = child
        try settlePlace(&child, was, isWritten: false)
        guard concernsChildren(was, child) else { continue }
        changes.append((was, child))
        moved.append(child.row)
      }
    }
    try store.updateDigests(changes)
    try store.updateUniqueKeys(changes)
    return told
  }

  /// Did a life sign bring the row back, or open or close the question whether it should be there?
  private func concernsPeople(_ was: StoredRow, _ now: StoredRow) -> Bool {
    guard let table = store.schema.table(now.row.table) else { return false }
    func losers(_ stored: StoredRow) -> [CellWrite] {
      table.losers(Cell(id: .live, writes: stored.state.writes(.live)))
    }
    return table.isAlive(was.state) != table.isAlive(now.state) || losers(was) != losers(now)
  }

  /// Children lie where their parent lies, and are told when it dies or lives again.
  private func concernsChildren(_ was: StoredRow?, _ now: StoredRow) -> Bool {
    guard let was else { return true }
    return was.scopeNames != now.scopeNames || was.homes != now.homes || was.isOrphan != now.isOrphan
      || store.isAlive(was) != store.isAlive(now)
  }

  private func settlePlace(_ row: inout StoredRow, _ was: StoredRow?, isWritten: Bool) throws(RelayError) {
    let place = try place(row.row)
    let since = Dictionary((was?.scopes ?? []).map { ($0.name, $0.seq) }, uniquingKeysWith: max)
    row.homes = place.homes
    row.isOrphan = place.isOrphan
    // A device that still holds a row through another scope must hear that one is gone: its digest counted the row there.
    let lost = was?.scopes.contains { !place.scopes.contains($0.name) } ?? false
    let comesAgain = isWritten || lost || was?.isOrphan != place.isOrphan
    row.scopes = place.scopes.map { (name: $0, seq: comesAgain ? seq : since[$0] ?? seq) }
    if isWritten { try store.save(&row, writtenBy: transaction.dot) } else { try store.save(&row) }
    guard let id = row.id else { throw RelayError(.invariant, "a row without an id") }
    store.news.scopes.formUnion((was?.scopeNames ?? []) + place.scopes)
    for scope in was?.scopes ?? [] {
      try store.db.execute(
        "DELETE FROM feed WHERE scope = (SELECT id FROM scope WHERE name = ?) AND seq = ? AND row = ?",
        [.text(scope.name), .seq(scope.seq), .integer(id)])
      guard !place.scopes.contains(scope.name) else { continue }
      try store.db.execute(
        "INSERT OR REPLACE INTO exits VALUES (?, ?, ?, ?)",
        [.text(scope.name), .integer(Int64(row.row.table)), .blob(row.row.key), .seq(seq)])
    }
    for scope in row.scopes {
      try store.db.execute("INSERT OR IGNORE INTO scope(name) VALUES (?)", [.text(scope.name)])
      try store.db.execute(
        "INSERT INTO feed SELECT id, ?, ? FROM scope WHERE name = ?",
        [.seq(scope.seq), .integer(id), .text(scope.name)])
    }
  }

  /// Entries and notices of the cells that changed (rule 14).
  private func settle(_ row: RowID, _ was: StoredRow?, _ new: StoredRow) throws(RelayError) -> Bool {
    guard let table = store.schema.table(row.table) else { return false }
    let operations = operations[row] ?? []
    var told = false
    for cell in new.state.cells where cell.writes != was?.state.writes(cell.id) {
      let policy = cell.id.group == 0 ? MergePolicy.ask : table.group(cell.id.group)?.policy
      let losers = table.losers(cell)
      let name = CellsBlob.encode(cell.id)
      let place: [Value] = [.integer(Int64(row.table)), .blob(row.key), .blob(name)]
      switch policy {
      case .lww, .immutable, .authority:
        for loser in Mutation.isPlanted(.noNotice) ? [] : losers where try notify(loser, place) { told = true }
      case .ask:
        // The same key inserted by two who had not seen each other became one row: both are told.
        if cell.id == .live, operations.first?.isInsert == true {
          let lives = cell.writes.filter { $0.value == .flag(true) }
          if lives.count > 1 { for write in lives where try notify(write, place) { told = true } }
        }
        let resolves = operations.first { $0.group == cell.id.group && $0.resolves > 0 }?.resolves ?? 0
        let named =
          try store.db.first(
            "SELECT 1 FROM entry WHERE tbl = ? AND key = ? AND cell = ? AND opened = ?", place + [.seq(resolves)])
          != nil
        let open =
          try store.db.first(
            "SELECT opened FROM entry WHERE tbl = ? AND key = ? AND cell = ? AND status = 'open'", place) != nil
        if !losers.isEmpty {
          told = true
          if !open {
            try store.db.execute(
              """
              INSERT INTO entry(tbl, key, cell, opened, status) VALUES (?, ?, ?, ?, 'open')
              ON CONFLICT DO UPDATE SET status = 'open', ended = NULL
              """, place + [.seq(named && !Mutation.isPlanted(.newEntry) ? resolves : seq)])
          }
        } else if open, !(Mutation.isPlanted(.endsCovered) && cell.writes.count > 1) {
          try store.db.execute(
            "UPDATE entry SET status = ?, ended = ? WHERE tbl = ? AND key = ? AND cell = ? AND status = 'open'",
            [.text(named ? "resolved" : "superseded"), .seq(seq)] + place)
        }
      default: break
      }
    }
    return told
  }

  /// Tells the author of a write, once.
  private func notify(_ write: CellWrite, _ place: [Value]) throws(RelayError) -> Bool {
    let device = write.dot == transaction.dot ? self.device.id : try store.record(write.dot)?.device ?? 0
    store.news.devices.insert(device)
    var lost = CBORWriter()
    lost.cellWrite(write)
    try store.db.execute(
      "INSERT OR IGNORE INTO notice(tbl, key, cell, device, seq, replica, n, lost) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      place + [.integer(device), .seq(seq), .bits(write.dot.replica.bits), .seq(write.dot.counter), .blob(lost.bytes)])
    return store.db.changes > 0
  }
}
