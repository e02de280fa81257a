internal import RelayMerge
internal import RelayProtocol

/// Tells people what waits for them: conflicts, notices, refusals and rows that this file cannot take. What goes in is what
/// the hub said or the file refused; what comes out lies in `relay_inbox`. It decides nothing about a row.
struct Inbox {
  let store: InboxStore
  let replicas: ReplicaStore
  let schema: SyncSchema

  private func record(
    _ id: String, _ kind: InboxItem.Kind, _ row: RowID, _ table: TableSchema, _ cell: CellID? = nil
  ) -> InboxRecord {
    let group = cell.flatMap { table.group($0.group) }
    return InboxRecord(
      id: id, kind: kind, table: table.name, key: Inbox.label(row),
      column: group?.name ?? (cell == nil ? nil : "(existence)"),
      policy: group?.policy.name ?? (cell == nil ? nil : table.deletes.rawValue), row: row, cell: cell)
  }

  private func tell(_ record: InboxRecord, _ changes: inout ChangeSet) throws(RelayError) {
    try store.add(record)
    changes.inbox = true
  }

  // MARK: Conflicts

  /// Replaces what is said of a row's conflicts with what the hub says now.
  ///
  /// - Parameter confirmed: the row as this device held it as confirmed until now.
  func replaceEntries(
    _ row: RowID, _ table: TableSchema, _ entries: [EntryRecord], _ changes: inout ChangeSet,
    confirmed: () throws(RelayError) -> [Value]?
  ) throws(RelayError) {
    let known = entries.isEmpty ? [:] : try store.known(row)
    let places = entries.isEmpty ? [:] : try store.places(row)
    try forgetConflicts(row, &changes)
    guard !entries.isEmpty else { return }
    let confirmed = try confirmed()
    for entry in entries {
      let id = "c-\(table.id)-\(Inbox.name(row, table))-\(entry.cell.group)-\(entry.opened)"
      let before = known[id]
      let opening = entry.siblings.first { $0.write.seq == entry.opened }
      var item = record(id, .conflict, row, table, entry.cell)
      item.answer = before?.answer
      item.status = item.answer == nil ? .open : .answered
      item.message = before?.message
      item.shown = entry.siblings.first.map { Inbox.label($0.write.value) }
      item.others = entry.siblings.map(Inbox.label).joined(separator: "\n")
      item.base = entry.ancestor ?? (before == nil ? Inbox.value(of: entry.cell, confirmed, table) : before?.base)
      item.opened = entry.opened
      item.openedAt = before?.openedAt ?? opening.map { InstantText.utc($0.write.effective.milliseconds) }
      try tell(item, &changes)
      try store.add(entry.siblings.enumerated().map { ($1, isShown: $0 == 0) }, under: id, keeping: places[id] ?? [:])
    }
  }

  func forgetConflicts(_ row: RowID, _ changes: inout ChangeSet) throws(RelayError) {
    if try store.remove(.conflict, of: row) { changes.inbox = true }
  }

  /// What a row's values say about one cell.
  private static func value(of cell: CellID, _ values: [Value]?, _ table: TableSchema) -> CellValue? {
    guard let values else { return nil }
    guard cell.group != 0 else { return .flag(true) }
    return table.group(cell.group).map { group in .values(group.columns.map { values[$0] }) }
  }

  /// A conflict was settled here by this transaction.
  func answered(_ id: String, by dot: Dot, _ changes: inout ChangeSet) throws(RelayError) {
    guard let key = try replicas.key(dot) else { return }
    try store.answered(id, by: key)
    changes.inbox = true
  }

  // MARK: What the author is told

  /// - Parameter device: what this device is called.
  func tell(_ notice: NoticeRecord, device: String, _ changes: inout ChangeSet) throws(RelayError) {
    guard let table = schema.table(notice.row.table) else { return }
    let id = "n-\(table.id)-\(Inbox.name(notice.row, table))-\(notice.cell.group)-\(notice.seq)"
    let opening = [notice.shown?.write, notice.lost].compactMap { $0 }.first { $0.seq == notice.seq }
    var item = record(id, .notice, notice.row, table, notice.cell)
    item.status = .told
    if notice.cell == .live {
      item.rule = "inserted_twice"
      item.message = "another device inserted this key too; the two rows became one"
    }
    item.shown = notice.shown.map(Inbox.label)
    item.others = Inbox.label(notice.lost.value)
    item.opened = notice.seq
    item.openedAt = opening.map { InstantText.utc($0.effective.milliseconds) }
    try tell(item, &changes)
    let isOwn = try replicas.isOwn(notice.lost.dot)
    let lost = SiblingRecord(write: notice.lost, author: "", device: isOwn ? device : "")
    try store.add((notice.shown.map { [($0, isShown: true)] } ?? []) + [(lost, isShown: false)], under: id)
  }

  func tell(
    outgrown row: RowID, _ table: TableSchema, _ message: String, _ changes: inout ChangeSet
  ) throws(RelayError) {
    var item = record(Inbox.outgrownID(row, table), .notice, row, table)
    item.status = .told
    item.rule = RefusalRule.valueNotAllowed.rawValue
    item.message = message
    try tell(item, &changes)
  }

  func forget(outgrown row: RowID, _ table: TableSchema, _ changes: inout ChangeSet) throws(RelayError) {
    if try store.remove(Inbox.outgrownID(row, table)) { changes.inbox = true }
  }

  /// - Parameters:
  ///   - base: the item that it builds on, where it was refused for that.
  ///   - before: what rows had shown that nobody else has any more.
  func tell(
    _ verdict: Verdict, _ transaction: Transaction, dependsOn base: String?, before: [RefusedOperation],
    _ changes: inout ChangeSet
  ) throws(RelayError) {
    guard let refusal = verdict.refusal else { return }
    if let key = try replicas.key(verdict.dot) { try store.unanswered(by: key) }
    guard let row = refusal.row ?? transaction.rows.first?.row, let table = schema.table(row.table) else { return }
    let labels = transaction.rows.map { change in "\(Inbox.label(change.row)): \(change.operations.map(\.kind))" }
    let operations = refusedOperations(transaction)
    var item = record(
      Inbox.refusalID(verdict.dot), .refused, row, table, refusal.group == 0 ? nil : CellID(refusal.group))
    item.rule = refusal.rule.rawValue
    item.message = refusal.message
    item.others = labels.prefix(InboxItem.mostOperations).joined(separator: "\n")
    item.opened = verdict.seq
    item.openedAt = InstantText.utc(verdict.effective.milliseconds)
    item.dependsOn = base
    item.operations = operations.count
    try tell(item, &changes)
    try store.add(operations.prefix(InboxItem.mostOperations) + before, under: item.id)
  }

  private func refusedOperations(_ transaction: Transaction) -> [RefusedOperation] {
    transaction.rows.flatMap { change in
      let key = Inbox.label(change.row)
      let table = schema.table(change.row.table)
      return change.operations.flatMap { operation in
        (table?.told(operation) ?? [RowOperation(operation: "unknown")]).map { told in
          RefusedOperation(
            table: table?.name ?? String(change.row.table), key: key, operation: told.operation, column: told.column,
            value: told.value)
        }
      }
    }
  }

  func tell(held row: RowID, _ table: TableSchema, _ reason: String, _ changes: inout ChangeSet) throws(RelayError) {
    var item = record("h-\(table.id)-\(Inbox.name(row, table))", .held, row, table)
    item.message = reason
    try tell(item, &changes)
  }

  func forget(held row: RowID, _ changes: inout ChangeSet) throws(RelayError) {
    if try store.remove(.held, of: row) { changes.inbox = true }
  }
}
