internal import RelayMerge
internal import RelayProtocol

/// An item on its way into `relay_inbox`.
private struct InboxEntry {
  var id: String
  var kind: InboxItem.Kind
  var status = InboxItem.Status.open
  var row: RowID
  var cell: CellID?
  var rule: String?
  var message: String?
  var shown: String?
  var others: String?
  var base: CellValue?
  var opened: UInt64 = 0
  var openedAt: String?
  var dependsOn: String?
  var operations = 0
  /// The own transaction that settles it.
  var answer: DotKey?
}

/// What the hub does not tell of a conflict and this device keeps while it is open.
private struct KnownConflict {
  var base: CellValue?
  var openedAt: String?
  /// Why the last choice could not be taken.
  var message: String?
  var answer: DotKey?
}

extension ReplicaCore {
  private func tell(_ entry: InboxEntry, _ table: TableSchema) throws(RelayError) {
    let group = entry.cell.flatMap { table.group($0.group) }
    var (cell, base) = (CBORWriter(), CBORWriter())
    if let id = entry.cell { cell.cellID(id) }
    if let value = entry.base { base.cellValue(value) }
    try takeOut(where: "id = ?", [.text(entry.id)])
    knownEmpty.remove(.inbox)
    func text(_ text: String?) -> Value { text.map { .text($0) } ?? .null }
    try db.execute(
      """
      INSERT INTO relay_inbox (id, kind, status, table_name, row_key, column_name, policy, rule, message, shown, others,
        base, opened, opened_at, depends_on, operations, answer, tbl, key, cell, detail)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(entry.id), .text(entry.kind.rawValue), .text(entry.status.rawValue), .text(table.name),
        .text(Self.label(entry.row)), text(group?.name ?? (entry.cell == nil ? nil : "(existence)")),
        text(group?.policy.name ?? (entry.cell == nil ? nil : table.deletes.rawValue)), text(entry.rule),
        text(entry.message), text(entry.shown), text(entry.others), try entry.base.map(sqlValue) ?? .null,
        Value(entry.opened), text(entry.openedAt), text(entry.dependsOn), .integer(Int64(entry.operations)),
        entry.answer.map { Value($0) } ?? .null, .integer(Int64(entry.row.table)), .blob(entry.row.key),
        entry.cell == nil ? .null : .blob(cell.bytes), entry.base == nil ? .null : .blob(base.bytes),
      ])
    inboxChanged()
  }

  /// What the cell shows, as one SQL value: of a group of columns a JSON array.
  func sqlValue(_ value: CellValue) throws(RelayError) -> Value {
    switch value {
    case .values(let values): values.count == 1 ? values[0] : try json(values)
    case .delta(let delta): .integer(delta)
    case .flag(let flag): .text(flag ? "there" : "deleted")
    }
  }

  /// JSON knows no blobs and no text that is not UTF-8; those are spelled as SQL would spell them.
  private func json(_ values: [Value]) throws(RelayError) -> Value {
    let marks = values.map { _ in "?" }.joined(separator: ", ")
    let spelled = values.map { value in
      switch value {
      case .blob, .malformedText: Value.text(value.description)
      default: value
      }
    }
    return try db.first("SELECT json_array(\(marks))", spelled)?[0] ?? .null
  }

  /// - Parameter places: positions that values have already. They keep them: a person may have read them before a sync
  ///   brought others.
  private func put(
    _ siblings: [(SiblingRecord, isShown: Bool)], under id: String, keeping places: [Dot: Int64] = [:]
  ) throws(RelayError) {
    var next = (places.values.max() ?? -1) + 1
    for (sibling, isShown) in siblings {
      let write = sibling.write
      let at = places[write.dot] ?? next
      if at == next { next += 1 }
      var detail = CBORWriter()
      detail.cellWrite(write)
      try db.execute(
        """
        INSERT INTO relay_sibling (inbox_id, position, is_shown, value, author, device, time, replica, counter, seq,
          detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
          .text(id), .integer(at), .integer(isShown ? 1 : 0), try sqlValue(write.value), .text(sibling.author),
          .text(sibling.device), .text(InstantText.utc(write.effective.milliseconds)),
          .text(write.dot.replica.description), Value(write.dot.counter), Value(write.seq), .blob(detail.bytes),
        ])
    }
  }

  // MARK: Conflicts

  /// Replaces what the inbox says of a row's conflicts with what the hub says now.
  func replaceEntries(_ row: RowID, _ table: TableSchema, _ entries: [EntryRecord]) throws(RelayError) {
    let known = entries.isEmpty ? [:] : try knownConflicts(row)
    let places = entries.isEmpty ? [:] : try places(row)
    try forgetConflicts(row)
    guard !entries.isEmpty else { return }
    let confirmed = try confirmed(row, table)
    for entry in entries {
      let id = "c-\(table.id)-\(Self.name(row, table))-\(entry.cell.group)-\(entry.opened)"
      let before = known[id]
      let opening = entry.siblings.first { $0.write.seq == entry.opened }
      let answer = before?.answer
      try tell(
        InboxEntry(
          id: id, kind: .conflict, status: answer == nil ? .open : .answered, row: row, cell: entry.cell,
          message: before?.message, shown: entry.siblings.first.map { Self.label($0.write.value) },
          others: entry.siblings.map(Self.label).joined(separator: "\n"),
          base: entry.ancestor ?? (before == nil ? Self.value(of: entry.cell, confirmed, table) : before?.base),
          opened: entry.opened,
          openedAt: before?.openedAt ?? opening.map { InstantText.utc($0.write.effective.milliseconds) },
          answer: answer), table)
      try put(entry.siblings.enumerated().map { ($1, isShown: $0 == 0) }, under: id, keeping: places[id] ?? [:])
    }
  }

  private func knownConflicts(
    _ row: RowID
  ) throws(RelayError) -> [String: KnownConflict] {
    var known: [String: KnownConflict] = [:]
    try db.run(
      """
      SELECT id, detail, opened_at, message, (SELECT dot FROM relay_transaction WHERE dot = answer)
      FROM relay_inbox WHERE tbl = ? AND key = ? AND kind = 'conflict'
      """, row.bindings
    ) { (row) throws(RelayError) in
      var base: CellValue?
      if case .blob(let bytes) = row[1] {
        base = try CBORReader.decode(bytes) { (reader) throws(RelayError) in try reader.cellValue() }
      }
      known[row[0].text ?? ""] = KnownConflict(
        base: base, openedAt: row[2].text, message: row[3].text, answer: row[4].integer.map { DotKey($0) })
      return true
    }
    return known
  }

  /// Where the values of a row's conflicts stand, by conflict.
  private func places(_ row: RowID) throws(RelayError) -> [String: [Dot: Int64]] {
    var places: [String: [Dot: Int64]] = [:]
    try db.run(
      """
      SELECT s.inbox_id, s.detail, s.position FROM relay_inbox AS i JOIN relay_sibling AS s ON s.inbox_id = i.id
      WHERE i.tbl = ? AND i.key = ? AND i.kind = 'conflict'
      """, row.bindings
    ) { (record) throws(RelayError) in
      let write = try CBORReader.decode(record.blob(1)) { (reader) throws(RelayError) in try reader.cellWrite() }
      places[record[0].text ?? "", default: [:]][write.dot] = record.int(2)
      return true
    }
    return places
  }

  /// Takes items out of the inbox, with what lies beside them.
  ///
  /// - Parameter condition: on `relay_inbox`.
  func takeOut(where condition: String, _ bindings: [Value]) throws(RelayError) {
    for beside in ["relay_sibling", "relay_refused"] {
      try db.execute(
        "DELETE FROM \(beside) WHERE inbox_id IN (SELECT id FROM relay_inbox WHERE \(condition))", bindings)
    }
    try db.execute("DELETE FROM relay_inbox WHERE \(condition)", bindings)
  }

  func forgetConflicts(_ row: RowID) throws(RelayError) {
    if knownEmpty.contains(.inbox) { return }
    try takeOut(where: "tbl = ? AND key = ? AND kind = 'conflict'", row.bindings)
    if db.changes > 0 { inboxChanged() }
  }

  /// What a row's values say about one cell.
  private static func value(of cell: CellID, _ values: [Value]?, _ table: TableSchema) -> CellValue? {
    guard let values else { return nil }
    guard cell.group != 0 else { return .flag(true) }
    return table.group(cell.group).map { group in .values(group.columns.map { values[$0] }) }
  }

  /// A conflict was settled here by this transaction, or the transaction that did so was refused.
  func answered(_ id: String, by dot: Dot) throws(RelayError) {
    try db.execute(
      "UPDATE relay_inbox SET status = 'answered', answer = ?, choice = NULL, message = NULL WHERE id = ?",
      [try answer(dot), .text(id)])
    inboxChanged()
  }

  func unanswered(by dot: Dot) throws(RelayError) {
    try db.execute("UPDATE relay_inbox SET status = 'open', answer = NULL WHERE answer = ?", [try answer(dot)])
  }

  /// An own transaction as `relay_inbox.answer` names it.
  func answer(_ dot: Dot) throws(RelayError) -> Value { try replicas.key(dot).map { Value($0) } ?? .null }

  // MARK: What the author is told

  func tell(_ notice: NoticeRecord) throws(RelayError) {
    guard let table = schema.table(notice.row.table) else { return }
    let id = "n-\(table.id)-\(Self.name(notice.row, table))-\(notice.cell.group)-\(notice.seq)"
    let isTwice = notice.cell == .live
    let opening = [notice.shown?.write, notice.lost].compactMap { $0 }.first { $0.seq == notice.seq }
    try tell(
      InboxEntry(
        id: id, kind: .notice, status: .told, row: notice.row, cell: notice.cell,
        rule: isTwice ? "inserted_twice" : nil,
        message: isTwice ? "another device inserted this key too; the two rows became one" : nil,
        shown: notice.shown.map(Self.label),
        others: Self.label(notice.lost.value), opened: notice.seq,
        openedAt: opening.map { InstantText.utc($0.effective.milliseconds) }), table)
    let state = try state()
    let isOwn = try replicas.isOwn(notice.lost.dot)
    let lost = SiblingRecord(write: notice.lost, author: "", device: isOwn ? state.device : "")
    try put((notice.shown.map { [($0, isShown: true)] } ?? []) + [(lost, isShown: false)], under: id)
  }

  func tell(outgrown row: RowID, _ table: TableSchema, _ message: String) throws(RelayError) {
    try tell(
      InboxEntry(
        id: Self.outgrownID(row, table), kind: .notice, status: .told, row: row,
        rule: RefusalRule.valueNotAllowed.rawValue, message: message),
      table)
  }

  func tell(_ verdict: Verdict, _ transaction: Transaction) throws(RelayError) {
    guard let refusal = verdict.refusal else { return }
    try unanswered(by: verdict.dot)
    let row = refusal.row ?? transaction.rows[0].row
    guard let table = schema.table(row.table) else { return }
    let id = Self.refusalID(verdict.dot)
    let labels = transaction.rows.map { change in "\(Self.label(change.row)): \(change.operations.map(\.kind))" }
    let operations = refusedOperations(transaction)
    try tell(
      InboxEntry(
        id: id, kind: .refused, row: row, cell: refusal.group == 0 ? nil : CellID(refusal.group),
        rule: refusal.rule.rawValue, message: refusal.message,
        others: labels.prefix(InboxItem.mostOperations).joined(separator: "\n"), opened: verdict.seq,
        openedAt: InstantText.utc(verdict.effective.milliseconds), dependsOn: try dependsOn(verdict, transaction),
        operations: operations.count), table)
    for (at, operation) in operations.prefix(InboxItem.mostOperations).enumerated() {
      try db.execute(
        """
        INSERT INTO relay_refused (inbox_id, position, table_name, row_key, operation, column_name, value)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        [
          .text(id), .integer(Int64(at)), .text(operation.table), .text(operation.key), .text(operation.operation),
          operation.column.map { .text($0) } ?? .null, operation.value,
        ])
    }
  }

  static func outgrownID(_ row: RowID, _ table: TableSchema) -> String {
    "l-\(table.id)-\(hash128(row.key).description)"
  }

  static func refusalID(_ dot: Dot) -> String { "r-\(dot)" }

  private func refusedOperations(_ transaction: Transaction) -> [RefusedOperation] {
    transaction.rows.flatMap { change in
      let key = Self.label(change.row)
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

  func tell(held row: RowID, _ table: TableSchema, _ reason: String) throws(RelayError) {
    try tell(InboxEntry(id: "h-\(table.id)-\(Self.name(row, table))", kind: .held, row: row, message: reason), table)
  }

  func forgetHeld(_ row: RowID) throws(RelayError) {
    if !knownEmpty.contains(.held) {
      try db.execute("DELETE FROM relay_held WHERE tbl = ? AND key = ?", row.bindings)
    }
    if knownEmpty.contains(.inbox) { return }
    try takeOut(where: "tbl = ? AND key = ? AND kind = 'held'", row.bindings)
    if db.changes > 0 { inboxChanged() }
  }
}

// MARK: Words

extension ReplicaCore {
  /// A key for people: its values, joined by a slash.
  static func label(_ row: RowID) -> String {
    guard let values = try? row.values() else { return row.key.hexadecimal }
    return values.map { value in value.text ?? value.description }.joined(separator: "/")
  }

  /// A key as part of an item's id: as for people where no two keys look alike, which one text or number never does.
  static func name(_ row: RowID, _ table: TableSchema) -> String {
    let isPlain = table.key.count == 1 && table.columns[table.key[0]].type != .any
    return isPlain ? label(row) : label(row) + "~" + hash128(row.key).description.prefix(8)
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
}
