internal import RelayMerge
internal import RelayProtocol

extension Judgement {
  /// Writes what was accepted: rows, membership, entries, digests. Gives true when somebody is told of a conflict.
  func commit() throws(RelayError) -> Bool {
    var changes: [RowOutcome] = []
    changes.reserveCapacity(transaction.rows.count)
    var told = false
    for work in judged ?? written() {
      guard var new = work.new else { continue }
      if Mutation.isPlanted(.deadBlank), !session.isAlive(new) { new.state.cells.removeAll { $0.id.group > 3 } }
      new.parent = work.table.parentRow(try work.values())
      if work.change == nil {
        // A parent of which a child said that it lives: nobody is told of it unless that changed something.
        guard let was = work.old, concernsPeople(was, new) else {
          try session.save(&new)
          continue
        }
        new.seq = seq
      }
      try settlePlace(&new, work.old, try place(work), isWritten: true)
      guard let id = new.id else { throw RelayError(.invariant, "a row without an id") }
      try session.store.log.addHistory(id, seq: seq)
      changes.append(
        RowOutcome(
          old: work.old, new: new, values: new.isAlive(work.table) ? try work.values() : nil,
          hasUnique: !work.table.unique.isEmpty))
      if try settle(work, new) { told = true }
    }
    try moveChildren(&changes)
    try session.updateUniqueKeys(changes)
    try session.updateDigests(changes)
    return told
  }

  /// What is refused now was in force in a lost history, perhaps: who pulled then what it did to rows, its author first, gets them
  /// as they are (rule 27).
  func sendAgain() throws(RelayError) {
    if Mutation.isPlanted(.refusedUnsent) { return }
    for change in transaction.rows {
      // Who may not write a row has nobody pull it either. Nothing is looked up of tables that are not there.
      guard let table = session.schema.table(change.row.table), table.access(role).writes,
        let old = try work(change.row)?.old, authority.writes(old.homes)
      else { continue }
      var again = old
      again.seq = seq
      again.scopes = old.scopes.map { (name: $0.name, seq: seq) }
      try session.save(&again)
      try session.updateFeed(again, old, seq: seq)
    }
  }

  /// A root takes its children along, theirs too, in the same transaction (rule 21).
  func moveChildren(_ changes: inout [RowOutcome]) throws(RelayError) {
    let parents = session.schema.parents
    guard !parents.isEmpty else { return }
    var moved = changes.filter { $0.old != nil && concernsChildren($0.old, $0.new) }.map(\.new.row)
    // A row that was not there may have children that came before it.
    moved += changes.filter { $0.old == nil && parents.contains($0.new.row.table) }.map(\.new.row)
    while !Mutation.isPlanted(.childrenStay), !moved.isEmpty {
      let parents = moved
      moved = []
      for var child in try session.children(of: parents) where try work(child.row)?.new == nil {
        let was = child
        try settlePlace(&child, was, try place(child.row), isWritten: false)
        guard concernsChildren(was, child) else { continue }
        changes.append(RowOutcome(old: was, new: child, values: nil, hasUnique: true))
        moved.append(child.row)
      }
    }
  }

  /// Did a life sign bring the row back, or open or close the question whether it should be there?
  private func concernsPeople(_ was: StoredRow, _ now: StoredRow) -> Bool {
    guard let table = session.schema.table(now.row.table) else { return false }
    func losers(_ stored: StoredRow) -> [CellWrite] {
      table.losers(Cell(id: .live, writes: stored.state.writes(.live)))
    }
    return table.isAlive(was.state) != table.isAlive(now.state) || losers(was) != losers(now)
  }

  /// Children lie where their parent lies, and are told when it dies or lives again.
  private func concernsChildren(_ was: StoredRow?, _ now: StoredRow) -> Bool {
    guard let was else { return true }
    return was.scopeNames != now.scopeNames || was.homes != now.homes || was.isOrphan != now.isOrphan
      || session.isAlive(was) != session.isAlive(now)
  }

  func settlePlace(
    _ row: inout StoredRow, _ was: StoredRow?, _ place: Place, isWritten: Bool
  ) throws(RelayError) {
    row.homes = place.homes
    row.isOrphan = place.isOrphan
    if let was {
      let since = Dictionary(was.scopes.map { ($0.name, $0.seq) }, uniquingKeysWith: max)
      // A device that still holds a row through another scope must hear that one is gone: its digest counted the row there.
      let lost = was.scopes.contains { !place.scopes.contains($0.name) }
      // Of a dead row no digest counts anything, so there is nothing to hear.
      let comesAgain = isWritten || (!place.isDead && (lost || was.isOrphan != place.isOrphan))
      row.scopes = place.scopes.map { (name: $0, seq: comesAgain ? seq : since[$0] ?? seq) }
      if Mutation.isPlanted(.staysInScope) { row.scopes = was.scopes.map { (name: $0.name, seq: seq) } }
    } else {
      row.scopes = place.scopes.map { (name: $0, seq: seq) }
    }
    if isWritten {
      try session.save(&row, writtenBy: transaction.dot, isOwn: ahead != nil && index(row.row) != nil)
    } else {
      try session.save(&row)
    }
    try session.updateFeed(row, was, seq: seq)
  }
}

/// A row as a transaction found it and as it left it.
struct RowOutcome {
  var old: StoredRow?
  var new: StoredRow
  /// What it shows, by position in its table's columns; nil where it is dead, or was not looked at.
  var values: [Value]?
  /// May its table have unique keys?
  var hasUnique: Bool
}
