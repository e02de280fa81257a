internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// `relay_inbox` with what lies beside it (`relay_sibling`, `relay_refused`): what waits for a person. Apps read it and may
/// write `choice`.
final class InboxStore {
  let db: Database
  private let choices = Command(
    "SELECT id, choice, chosen_at FROM relay_inbox WHERE choice IS NOT NULL ORDER BY opened, id")

  static let ddl = """
    -- For people: conflicts, notices, refusals, held rows. An app may SELECT and join it, and UPDATE choice.
    -- status: open (waits for a person), answered (settled here, not confirmed yet), told (nothing to do).
    -- base: what this device held as confirmed before a conflict came. answer: dot of the transaction that settles.
    CREATE TABLE IF NOT EXISTS relay_inbox (
      id TEXT PRIMARY KEY, kind TEXT NOT NULL, status TEXT NOT NULL, table_name TEXT NOT NULL, row_key TEXT NOT NULL,
      column_name TEXT, policy TEXT, rule TEXT, message TEXT, shown TEXT, others TEXT, base, choice,
      opened INTEGER NOT NULL, opened_at TEXT, depends_on TEXT, operations INTEGER NOT NULL, answer INTEGER,
      tbl INTEGER NOT NULL, key BLOB NOT NULL, cell BLOB, detail BLOB, chosen_at INTEGER);
    CREATE INDEX IF NOT EXISTS relay_inbox_row ON relay_inbox (tbl, key);
    CREATE INDEX IF NOT EXISTS relay_inbox_choice ON relay_inbox (choice) WHERE choice IS NOT NULL;
    -- The values that a conflict or a notice is about. value: of a group of columns a JSON array, of existence 'there'
    -- or 'deleted'.
    CREATE TABLE IF NOT EXISTS relay_sibling (
      inbox_id TEXT NOT NULL, position INTEGER NOT NULL, is_shown INTEGER NOT NULL, value, author TEXT NOT NULL,
      device TEXT NOT NULL, time TEXT, replica TEXT NOT NULL, counter INTEGER NOT NULL, seq INTEGER NOT NULL,
      detail BLOB NOT NULL, PRIMARY KEY (inbox_id, position)) WITHOUT ROWID;
    -- What a refused transaction had done, a row a value.
    CREATE TABLE IF NOT EXISTS relay_refused (
      inbox_id TEXT NOT NULL, position INTEGER NOT NULL, table_name TEXT NOT NULL, row_key TEXT NOT NULL,
      operation TEXT NOT NULL, column_name TEXT, value, PRIMARY KEY (inbox_id, position)) WITHOUT ROWID;
    CREATE TRIGGER IF NOT EXISTS relay_inbox_choice_only BEFORE UPDATE OF choice ON relay_inbox
    WHEN NEW.choice IS NOT NULL AND OLD.kind <> 'conflict' BEGIN
      SELECT RAISE(ABORT, 'only a conflict is settled by a choice; dismiss a notice, resubmit or discard a refusal');
    END;
    -- A choice is of when it was made (decision 0029), whenever it is looked at.
    CREATE TRIGGER IF NOT EXISTS relay_inbox_chosen AFTER UPDATE OF choice ON relay_inbox
    WHEN NEW.choice IS NOT NULL BEGIN
      UPDATE relay_inbox SET chosen_at = \(SQL.now) WHERE id = NEW.id;
    END;
    """

  init(_ db: Database) { self.db = db }

  // MARK: Items

  func add(_ item: InboxRecord) throws(RelayError) {
    var (cell, base) = (CBORWriter(), CBORWriter())
    if let id = item.cell { cell.cellID(id) }
    if let value = item.base { base.cellValue(value) }
    _ = try remove(item.id)
    func text(_ text: String?) -> Value { text.map { .text($0) } ?? .null }
    try db.execute(
      """
      INSERT INTO relay_inbox (id, kind, status, table_name, row_key, column_name, policy, rule, message, shown, others,
        base, opened, opened_at, depends_on, operations, answer, tbl, key, cell, detail)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(item.id), .text(item.kind.rawValue), .text(item.status.rawValue), .text(item.table), .text(item.key),
        text(item.column), text(item.policy), text(item.rule), text(item.message), text(item.shown), text(item.others),
        try item.base.map(sqlValue) ?? .null, Value(item.opened), text(item.openedAt), text(item.dependsOn),
        .integer(Int64(item.operations)), item.answer.map { Value($0) } ?? .null, .integer(Int64(item.row.table)),
        .blob(item.row.key), item.cell == nil ? .null : .blob(cell.bytes), item.base == nil ? .null : .blob(base.bytes),
      ])
  }

  /// - Returns: whether it was there.
  func remove(_ id: String) throws(RelayError) -> Bool { try remove(where: "id = ?", [.text(id)]) }

  /// - Returns: whether there was such an item.
  func remove(_ id: String, _ kind: InboxItem.Kind) throws(RelayError) -> Bool {
    try remove(where: "id = ? AND kind = ?", [.text(id), .text(kind.rawValue)])
  }

  /// - Returns: whether there were such items of the row.
  func remove(_ kind: InboxItem.Kind, of row: RowID) throws(RelayError) -> Bool {
    try remove(where: "tbl = ? AND key = ? AND kind = ?", row.bindings + [.text(kind.rawValue)])
  }

  /// Items go with what lies beside them.
  private func remove(where condition: String, _ bindings: [Value]) throws(RelayError) -> Bool {
    guard try db.first("SELECT 1 FROM relay_inbox WHERE \(condition)", bindings) != nil else { return false }
    for beside in ["relay_sibling", "relay_refused"] {
      try db.execute(
        "DELETE FROM \(beside) WHERE inbox_id IN (SELECT id FROM relay_inbox WHERE \(condition))", bindings)
    }
    try db.execute("DELETE FROM relay_inbox WHERE \(condition)", bindings)
    return true
  }

  func holds(_ id: String) throws(RelayError) -> Bool {
    try db.first("SELECT 1 FROM relay_inbox WHERE id = ?", [.text(id)]) != nil
  }

  func holds(_ id: String, _ kind: InboxItem.Kind) throws(RelayError) -> Bool {
    try db.first("SELECT 1 FROM relay_inbox WHERE id = ? AND kind = ?", [.text(id), .text(kind.rawValue)]) != nil
  }

  func holds(_ kind: InboxItem.Kind, of row: RowID) throws(RelayError) -> Bool {
    let found = "SELECT 1 FROM relay_inbox WHERE tbl = ? AND key = ? AND kind = ?"
    return try db.first(found, row.bindings + [.text(kind.rawValue)]) != nil
  }

  func count(_ kind: InboxItem.Kind) throws(RelayError) -> Int {
    Int(try db.first("SELECT count(*) FROM relay_inbox WHERE kind = ?", [.text(kind.rawValue)])?[0].integer ?? 0)
  }

  /// Why a transaction was refused; nil where the inbox does not hold it.
  func refusal(_ id: String) throws(RelayError) -> (rule: String, message: String)? {
    try db.first("SELECT rule, message FROM relay_inbox WHERE id = ?", [.text(id)]).map {
      ($0[0].text ?? "", $0[1].text ?? "")
    }
  }

  // MARK: Conflicts

  /// What is kept of an open conflict.
  struct Conflict {
    var row: RowID
    var cell: CellID
    /// The seq at which it opened.
    var opened: UInt64
  }

  func conflict(_ id: String) throws(RelayError) -> Conflict? {
    try db.query("SELECT tbl, key, cell, opened FROM relay_inbox WHERE id = ? AND kind = 'conflict'", [.text(id)]) {
      (row) throws(RelayError) in
      Conflict(
        row: RowID(table: UInt32(truncatingIfNeeded: row.int(0)), key: row.blob(1)),
        cell: try InboxStore.cell(row.blob(2)),
        opened: UInt64(max(0, row.int(3))))
    }.first
  }

  /// The groups of a row with a conflict that opened then.
  func openGroups(_ row: RowID, opened: UInt64) throws(RelayError) -> [GroupID] {
    try db.query(
      "SELECT cell FROM relay_inbox WHERE kind = 'conflict' AND tbl = ? AND key = ? AND opened = ?",
      row.bindings + [Value(opened)]
    ) { (row) throws(RelayError) in try InboxStore.cell(row.blob(0)).group }
  }

  /// What the hub does not tell of a conflict and this device keeps while it is open.
  struct Known {
    var base: CellValue?
    var openedAt: String?
    /// Why the last choice could not be taken.
    var message: String?
    /// The pending transaction that settles it.
    var answer: DotKey?
  }

  /// Of a row's conflicts, by their ids.
  func known(_ row: RowID) throws(RelayError) -> [String: Known] {
    var known: [String: Known] = [:]
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
      known[row[0].text ?? ""] = Known(
        base: base, openedAt: row[2].text, message: row[3].text, answer: row[4].integer.map { DotKey($0) })
      return true
    }
    return known
  }

  /// Where the values of a row's conflicts stand, by conflict.
  func places(_ row: RowID) throws(RelayError) -> [String: [Dot: Int64]] {
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

  /// One of the values of a conflict; nil where it has none there.
  func value(_ id: String, at position: Int) throws(RelayError) -> CellValue? {
    let found = try db.first(
      "SELECT detail FROM relay_sibling WHERE inbox_id = ? AND position = ?", [.text(id), .integer(Int64(position))])
    guard case .blob(let detail)? = found?[0] else { return nil }
    return try CBORReader.decode(detail) { (reader) throws(RelayError) in try reader.cellWrite().value }
  }

  /// - Parameter places: positions that values have already. They keep them: a person may have read them before a sync
  ///   brought others.
  func add(
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

  func add(_ operations: some Sequence<RefusedOperation>, under id: String) throws(RelayError) {
    for (at, operation) in operations.enumerated() {
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

  // MARK: Answers

  /// What people wrote into `choice`, oldest conflict first.
  func chosen() throws(RelayError) -> [(id: String, choice: Value, at: Int64?)] {
    var chosen: [(id: String, choice: Value, at: Int64?)] = []
    try db.run(choices, []) { (row) throws(RelayError) in
      chosen.append((row[0].text ?? "", row[1], row[2].integer))
      return true
    }
    return chosen
  }

  /// A choice cannot be.
  func putBack(_ id: String, because message: String) throws(RelayError) {
    try db.execute("UPDATE relay_inbox SET choice = NULL, message = ? WHERE id = ?", [.text(message), .text(id)])
  }

  /// A conflict was settled here by this transaction.
  func answered(_ id: String, by key: DotKey) throws(RelayError) {
    try db.execute(
      "UPDATE relay_inbox SET status = 'answered', answer = ?, choice = NULL, message = NULL WHERE id = ?",
      [Value(key), .text(id)])
  }

  /// The transaction that settled something was refused.
  func unanswered(by key: DotKey) throws(RelayError) {
    try db.execute("UPDATE relay_inbox SET status = 'open', answer = NULL WHERE answer = ?", [Value(key)])
  }

  /// What one transaction settled another one does now.
  func moveAnswers(from old: DotKey, to new: DotKey) throws(RelayError) {
    try db.execute("UPDATE relay_inbox SET answer = ? WHERE answer = ?", [Value(new), Value(old)])
  }

  // MARK: Values

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

  static func cell(_ bytes: [UInt8]) throws(RelayError) -> CellID {
    try CBORReader.decode(bytes) { (reader) throws(RelayError) in try reader.cellID() }
  }
}

/// An item as `relay_inbox` holds it.
struct InboxRecord {
  var id: String
  var kind: InboxItem.Kind
  var status = InboxItem.Status.open
  /// Names for people.
  var table: String
  var key: String
  var column: String?
  var policy: String?
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
