internal import RelayProtocol

extension ReplicaCore {
  private func tell(
    _ id: String, kind: String, _ row: RowID, _ table: TableSchema, cell: CellID? = nil, rule: String? = nil,
    message: String? = nil, shown: String? = nil, others: String? = nil, opened: UInt64 = 0, detail: [UInt8]? = nil
  ) throws(RelayError) {
    let group = cell.flatMap { table.group($0.group) }
    var cellBytes = CBORWriter()
    if let cell { cellBytes.cellID(cell) }
    try db.execute(
      """
      INSERT OR REPLACE INTO relay_inbox (id, kind, table_name, row_key, column_name, policy, rule, message, shown,
        others, opened, tbl, key, cell, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(id), .text(kind), .text(table.name), .text(Self.label(row)),
        (group?.name ?? (cell == nil ? nil : "(existence)")).map { .text($0) } ?? .null,
        (group?.policy.rawValue ?? (cell == nil ? nil : table.deletes.rawValue)).map { .text($0) } ?? .null,
        rule.map { .text($0) } ?? .null, message.map { .text($0) } ?? .null, shown.map { .text($0) } ?? .null,
        others.map { .text($0) } ?? .null, Value(opened), .integer(Int64(row.table)), .blob(row.key),
        cell == nil ? .null : .blob(cellBytes.bytes), detail.map { .blob($0) } ?? .null,
      ])
  }

  /// A key for people: its values, joined by a slash.
  static func label(_ row: RowID) -> String {
    guard let values = try? row.values() else { return row.key.hexadecimal }
    return values.map { value in value.text ?? value.description }.joined(separator: "/")
  }

  static func label(_ value: CellValue) -> String {
    switch value {
    case .values(let values): values.map(\.description).joined(separator: ", ")
    case .delta(let delta): String(delta)
    case .flag(let flag): flag ? "there" : "deleted"
    }
  }

  private static func label(_ sibling: SiblingRecord) -> String {
    let who = [sibling.author, sibling.device].filter { !$0.isEmpty }.joined(separator: ", ")
    return "\(label(sibling.write.value)) (\(who), \(InstantText.utc(sibling.write.effective.milliseconds)))"
  }

  /// Replaces what the inbox says of a row's conflicts with what the hub says now.
  func replaceEntries(_ row: RowID, _ table: TableSchema, _ entries: [EntryRecord]) throws(RelayError) {
    try db.execute("DELETE FROM relay_inbox WHERE tbl = ? AND key = ? AND kind = 'conflict'", row.bindings)
    for entry in entries {
      var detail = CBORWriter()
      detail.array(entry.siblings.count)
      for sibling in entry.siblings { detail.cellWrite(sibling.write) }
      try tell(
        "c-\(table.id)-\(Self.label(row))-\(entry.cell.group)-\(entry.opened)", kind: "conflict", row, table,
        cell: entry.cell, shown: entry.siblings.first.map { Self.label($0.write.value) },
        others: entry.siblings.map(Self.label).joined(separator: "\n"), opened: entry.opened, detail: detail.bytes)
    }
  }

  func tell(_ notice: NoticeRecord) throws(RelayError) {
    guard let table = schema.table(notice.row.table) else { return }
    let isTwice = notice.cell == .live
    try tell(
      "n-\(table.id)-\(Self.label(notice.row))-\(notice.cell.group)-\(notice.seq)", kind: "notice", notice.row, table,
      cell: notice.cell, rule: isTwice ? "inserted_twice" : nil,
      message: isTwice ? "another device inserted this key too; the two rows became one" : nil,
      shown: notice.shown.map(Self.label), others: Self.label(notice.lost.value), opened: notice.seq)
  }

  func tell(_ verdict: Verdict, _ transaction: Transaction) throws(RelayError) {
    guard let refusal = verdict.refusal else { return }
    let row = refusal.row ?? transaction.rows[0].row
    guard let table = schema.table(row.table) else { return }
    let values = transaction.rows.map { change in "\(Self.label(change.row)): \(change.operations.map(\.kind))" }
    try tell(
      "r-\(verdict.dot)", kind: "refused", row, table,
      cell: refusal.group == 0 ? nil : CellID(refusal.group), rule: refusal.rule.rawValue, message: refusal.message,
      others: values.joined(separator: "\n"), opened: verdict.seq)
  }

  func tell(held row: RowID, _ table: TableSchema, _ reason: String) throws(RelayError) {
    try tell("h-\(table.id)-\(Self.label(row))", kind: "held", row, table, message: reason)
  }

  func forgetHeld(_ row: RowID) throws(RelayError) {
    try db.execute("DELETE FROM relay_held WHERE tbl = ? AND key = ?", row.bindings)
    try db.execute("DELETE FROM relay_inbox WHERE tbl = ? AND key = ? AND kind = 'held'", row.bindings)
  }
}
