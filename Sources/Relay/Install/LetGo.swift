internal import RelayMerge
internal import RelayProtocol

/// What a hub that was put back refuses of work that had been confirmed here (rule 27).
struct LetGo {
  private let core: ReplicaCore
  private let exits: Set<RowID>
  /// What the pull brings of rows that are not in their place yet.
  private let arriving: [RowID: CompletePull.Arrived]
  /// Such work as it was sealed, in its author's order.
  private var refused: [(key: DotKey, transaction: Transaction, changes: [RowID: RowChange])] = []
  /// Of each the rows that stand here because of it alone, and do not leave anyway.
  private var brought: [Set<RowID>] = []

  init(
    _ core: ReplicaCore, _ pull: CompletePull, arriving: [RowID: CompletePull.Arrived]
  ) throws(RelayError) {
    (self.core, self.arriving) = (core, arriving)
    exits = Set(pull.closing.exits)
    guard !Mutation.isPlanted(.refusedLingers) else { return }
    for verdict in pull.closing.confirmed where !verdict.isAccepted {
      guard let key = try core.own(verdict), let bytes = try core.stores.lost.bytes(key) else { continue }
      let transaction = try Transaction(decoding: bytes)
      let changes = Dictionary(transaction.rows.map { ($0.row, $0) }) { first, _ in first }
      refused.append((key, transaction, changes))
    }
    refused.sort { $0.key < $1.key }
    for (key, _, _) in refused {
      var standing: Set<RowID> = []
      for row in try core.stores.brought.rows(of: key) where !exits.contains(row) {
        guard let table = core.schema.table(row.table), try core.view.confirmed(row, table) != nil else { continue }
        standing.insert(row)
      }
      brought.append(standing)
    }
  }

  /// Rows that only such work had brought: with the refusal in the inbox they are not shown any more, as with any other
  /// refusal, and to resubmit it inserts them again. A row stays that shows what somebody else did to it, or on which
  /// something hangs that stays: of that nothing else is left, perhaps. With it stays what came in the same transaction.
  ///
  /// - Returns: ascending.
  /// - Complexity: O(rows of tables that follow one of which a row goes), and nothing where no such work is refused.
  func rows() throws(RelayError) -> [RowID] {
    var rows: Set<RowID> = []
    for row in brought.reduce(Set(), { $0.union($1) }) where try showsNothingElse(row) { rows.insert(row) }
    while true {
      var staying = try parents(among: rows)
      for own in brought where !own.isSubset(of: rows) { staying.formUnion(own) }
      guard !staying.isDisjoint(with: rows) else { return rows.sorted() }
      rows.subtract(staying)
    }
  }

  /// Does a confirmed row show just what these transactions did to it, in the order that the hub has lost?
  private func showsNothingElse(_ row: RowID) throws(RelayError) -> Bool {
    guard let table = core.schema.table(row.table), let shown = try core.view.confirmed(row, table) else {
      return false
    }
    var cells = RowState()
    for (key, transaction, changes) in refused {
      guard let change = changes[row] else { continue }
      let (place, told) = try core.stores.lost.place(key)
      let role = table.access(transaction.role)
      cells.apply(
        change,
        WriteContext(
          dot: transaction.dot, seq: place?.seq ?? 0, effective: told ?? transaction.time, seen: transaction.seen,
          base: change.base, author: role, now: role),
        table: table)
    }
    guard let done = try table.shownValues(row, cells) else { return false }
    return try table.readableColumns(core.state().role).allSatisfy { done[$0] == shown[$0] }
  }

  /// Those on which a confirmed row hangs that is neither among them nor leaves.
  private func parents(among rows: Set<RowID>) throws(RelayError) -> Set<RowID> {
    let tables = Set(rows.map(\.table))
    var found: Set<RowID> = []
    for table in core.schema.tables where table.parent.map({ tables.contains($0.table) }) ?? false {
      for child in try core.known(table) where !rows.contains(child) && !exits.contains(child) {
        // Where it hangs now, which may be elsewhere.
        let values =
          if let row = arriving[child] { try row.values(table) } else { try core.view.confirmed(child, table) }
        guard let values, let parent = table.parentRow(values) else { continue }
        if rows.contains(parent) { found.insert(parent) }
      }
    }
    return found
  }
}
