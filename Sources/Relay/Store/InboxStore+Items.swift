internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

extension InboxStore {
  /// All of them, oldest first; without what depends on them.
  func items() throws(RelayError) -> [InboxItem] {
    let siblings = try siblings()
    let operations = try refusedOperations()
    return try db.query(
      """
      SELECT id, kind, table_name, row_key, column_name, policy, rule, message, shown, others, opened, status, tbl, key,
        detail, operations, depends_on, opened_at FROM relay_inbox ORDER BY opened, id
      """
    ) { (row) throws(RelayError) -> InboxItem? in
      guard let kind = InboxItem.Kind(rawValue: row[1].text ?? "") else { return nil }
      let id = row[0].text ?? ""
      var base: CellValue?
      if case .blob(let bytes) = row[14] {
        base = try CBORReader.decode(bytes) { (reader) throws(RelayError) in try reader.cellValue() }
      }
      return InboxItem(
        id: id, kind: kind, status: InboxItem.Status(rawValue: row[11].text ?? "") ?? .open, table: row[2].text ?? "",
        key: row[3].text ?? "", row: RowID(table: UInt32(row.int(12)), key: row.blob(13)), column: row[4].text,
        policy: row[5].text, rule: row[6].text, message: row[7].text, shown: row[8].text, others: row[9].text,
        base: base, siblings: siblings[row[0]] ?? [], operations: operations[row[0]] ?? [],
        operationCount: Int(row.int(15)), dependsOn: row[16].text, dependents: [], opened: UInt64(max(0, row.int(10))),
        openedAt: row[17].text)
    }.compactMap { $0 }
  }

  /// By the item's id as SQL compares it: keys of rows are in it, and two of them may differ in their spelling alone.
  private func siblings() throws(RelayError) -> [Value: [InboxValue]] {
    var found: [Value: [InboxValue]] = [:]
    try db.run(
      "SELECT inbox_id, position, is_shown, author, device, time, detail FROM relay_sibling ORDER BY inbox_id, position",
      []
    ) { (row) throws(RelayError) in
      let write = try CBORReader.decode(row.blob(6)) { (reader) throws(RelayError) in try reader.cellWrite() }
      found[row[0], default: []].append(
        InboxValue(
          position: Int(row.int(1)), isShown: row.int(2) != 0, content: write.value, author: row[3].text ?? "",
          device: row[4].text ?? "", time: row[5].isNull ? nil : write.effective.milliseconds, dot: write.dot,
          seq: write.seq))
      return true
    }
    return found
  }

  /// Of a refused transaction: what rows had shown that the hub has forgotten.
  func before(_ id: String) throws(RelayError) -> [RefusedOperation] {
    try refusedOperations(of: id)[.text(id), default: []].filter { $0.operation == RefusedOperation.before }
  }

  private func refusedOperations(of id: String? = nil) throws(RelayError) -> [Value: [RefusedOperation]] {
    var found: [Value: [RefusedOperation]] = [:]
    try db.run(
      """
      SELECT inbox_id, table_name, row_key, operation, column_name, value FROM relay_refused
      \(id == nil ? "" : "WHERE inbox_id = ?") ORDER BY inbox_id, position
      """, id.map { [.text($0)] } ?? []
    ) { (row) throws(RelayError) in
      found[row[0], default: []].append(
        RefusedOperation(
          table: row[1].text ?? "", key: row[2].text ?? "", operation: row[3].text ?? "", column: row[4].text,
          value: row[5]))
      return true
    }
    return found
  }

  /// Tables and columns may be called differently now; items tell of them by name.
  func rename(by schema: SyncSchema) throws(RelayError) {
    let items = try db.query("SELECT id, tbl, cell FROM relay_inbox") { (row) throws(RelayError) in
      (id: row[0], table: UInt32(truncatingIfNeeded: row.int(1)), cell: row.blob(2))
    }
    for item in items {
      guard let table = schema.table(item.table) else { continue }
      try db.execute("UPDATE relay_inbox SET table_name = ? WHERE id = ?", [.text(table.name), item.id])
      guard !item.cell.isEmpty, let group = table.group(try InboxStore.cell(item.cell).group) else { continue }
      try db.execute("UPDATE relay_inbox SET column_name = ? WHERE id = ?", [.text(group.name), item.id])
    }
  }
}
