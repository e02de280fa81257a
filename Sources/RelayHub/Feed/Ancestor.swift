internal import RelayMerge
internal import RelayProtocol

/// What the authors of a conflict had all seen in its cell before they wrote: the nearest common ancestor (rule 14), so
/// that a person sees what each of them changed.
extension HubSession {
  /// How far back the history is read, and how large a transaction may be that is read for it: an entry that would cost
  /// more is shown without.
  private static let ancestorDepth = 200
  private static let ancestorBytes = Limits.part

  /// - Returns: nil where the authors had seen nothing in common, or the bodies that say so are kept no longer.
  /// - Complexity: O(siblings + transactions of the row that are looked at), each decoded once.
  func ancestor(of cell: Cell, in stored: StoredRow, _ table: TableSchema) throws(RelayError) -> CellValue? {
    guard let id = stored.id, cell.writes.count <= Self.ancestorDepth else { return nil }
    var authors: [WriteContext] = []
    for write in cell.writes {
      guard let author = try seenBy(write.dot, write.seq, stored.row, table)?.context else { return nil }
      authors.append(author)
    }
    let before = cell.writes.map(\.seq).max() ?? 0
    var seen: [(change: RowChange, context: WriteContext)] = []
    for (seq, dot) in try store.log.writers(of: id, before: before, by: nil, most: Self.ancestorDepth) {
      let write = CellWrite(dot: dot, seq: seq, effective: .zero, value: .flag(true))
      guard authors.allSatisfy({ $0.dot != dot && $0.covers(write) }) else { continue }
      guard let found = try seenBy(dot, seq, stored.row, table) else { return nil }
      seen.append(found)
      // Whatever came before is covered by a write that brought all of the row.
      if found.change.operations.first?.isInsert == true { break }
    }
    var state = RowState()
    for one in seen.reversed() { state.apply(one.change, one.context, table: table) }
    return table.shownWrite(Cell(id: cell.id, writes: state.writes(cell.id)))?.value
  }

  /// What a transaction did to the row, and what its author had seen of it.
  private func seenBy(
    _ dot: Dot, _ seq: UInt64, _ row: RowID, _ table: TableSchema
  ) throws(RelayError) -> (change: RowChange, context: WriteContext)? {
    guard let bytes = try store.log.body(seq, most: Self.ancestorBytes), let record = try store.log.record(dot) else {
      return nil
    }
    let transaction = try Transaction(sealed: bytes, cutTo: row)
    let change = transaction.act(on: row)
    // What its author could not read is cut away with the rest, where the entry is shown.
    let everything = table.access(SyncSchema.unenrolledRole)
    let context = WriteContext(
      dot: dot, seq: seq, effective: record.verdict.effective, seen: transaction.seen, base: change.base,
      author: everything, now: everything)
    return (change, context)
  }
}
