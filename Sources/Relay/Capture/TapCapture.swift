internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// Capture on Relay's own connection: SQLite tells of each row before it changes (`ChangeTap`), and nothing has to be
/// logged in the file. Foreign connections, and files with triggers of the app's, are captured by Relay's triggers.
extension Attachment {
  /// Decides how this connection's writes are captured from now on. What was heard before is logged where the means change
  /// in the middle of a transaction.
  func chooseCapture() throws(RelayError) {
    let tables = try db.hasTap ? tapTables() : nil
    if tables == nil { try logTapped() }
    db.tap.tables = tables ?? []
    db.firesTriggers = tables == nil
  }

  /// How rows of the synced tables are heard, by table id; nil where triggers are surer or needed.
  private func tapTables() throws(RelayError) -> [ChangeTap.Table]? {
    let isApps = """
      SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND NOT \(Capture.isOwnTrigger)
      UNION ALL SELECT 1 FROM sqlite_temp_master WHERE type = 'trigger'
      """
    guard try db.first(isApps) == nil else { return nil }
    var tables: [ChangeTap.Table] = []
    for table in tappedTables {
      guard let tapped = try tapTable(table) else { return nil }
      tables.append(tapped)
    }
    return tables
  }

  private func tapTable(_ table: TableSchema) throws(RelayError) -> ChangeTap.Table? {
    let spelled = try db.first(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE", [.text(table.name)])
    guard let name = spelled?[0].text else { return nil }
    let found = try db.query(
      "SELECT cid, name, type, \"notnull\" OR pk, dflt_value, hidden FROM pragma_table_xinfo(?)", [.text(table.name)]
    ) { (row) throws(RelayError) in row.values }
    // Computed columns do not stand where their number says.
    guard found.allSatisfy({ $0[5] == .integer(0) }) else { return nil }
    let names = table.columns.map(\.name) + [table.seqColumn].compactMap { $0 }
    var columns: [ChangeTap.Table.Column] = []
    for (at, name) in names.enumerated() {
      guard let column = found.first(where: { SQL.isSame($0[1].text ?? "", name) }) else { return nil }
      let affinity = Affinity(declared: column[2].text ?? "")
      if at < table.columns.count, affinity.exact("x", table.columns[at].type) != "x" { return nil }
      var value: Value?
      if let expression = column[4].text {
        value = try? db.first("SELECT " + expression)?[0]
        // SQLite says NULL for a column that is younger than its row; that is only told apart where NULL cannot be.
        guard let value, value.isNull || column[3] != .integer(0) else { return nil }
      }
      columns.append(
        ChangeTap.Table.Column(
          place: Int32(clamping: column[0].integer ?? 0), byDefault: value, isReal: affinity == .real))
    }
    return ChangeTap.Table(name: name, columns: columns, key: table.key)
  }

  /// Puts what was heard into the log, as the triggers would have written it.
  func logTapped() throws(RelayError) {
    guard !db.tap.isEmpty else { return }
    let log = stores.log
    var spans: [ValueSpan] = []
    try db.tap.eachRecord { (record) throws(RelayError) in
      let table = tappedTables[record.table]
      let slots = try capture(table).slots
      var values = table.columns.map { _ in Value.null }
      var seq = Value.null
      if let before = record.before {
        try valueSpans(before, most: Limits.columns + 1, budget: .max, into: &spans)
        values = spans.prefix(table.columns.count).map(\.value)
        if table.seqColumn != nil { seq = spans.last?.value ?? .null }
      } else {
        try valueSpans(record.key, most: Limits.keyColumns, budget: .max, into: &spans)
        for (at, span) in zip(table.key, spans) { values[at] = span.value }
      }
      let touch: Touch = record.before == nil ? .inserted : record.isDelete ? .deleted : .was
      try log.add(touch, values, seq: seq, table, slots)
    }
    db.tap.clear()
  }

  /// Gives the rows that were heard of, each once, by table and key.
  ///
  /// - Parameter plain: takes a row that needs no closer look, and says so.
  func eachTapped(
    plain: (TableSchema, ChangeTap.Touched) throws(RelayError) -> Bool,
    _ body: (TableSchema, TouchedRow) throws(RelayError) -> Void
  ) throws(RelayError) {
    let isExact = db.tap.isExact
    var spans: [ValueSpan] = []
    try db.tap.eachRow { (heard) throws(RelayError) in
      let table = tappedTables[heard.table]
      if isExact {
        if heard.isUnchanged { return }
        if try plain(table, heard) { return }
      }
      let row = RowID(table: table.id, key: Array(heard.key))
      let width = table.columns.count
      func values(_ bytes: UnsafeRawBufferPointer?) throws(RelayError) -> [Value]? {
        guard let bytes else { return nil }
        try valueSpans(bytes, most: Limits.columns + 1, budget: .max, into: &spans)
        return spans.map(\.value)
      }
      let before = try values(heard.before)
      var after = try values(heard.after)
      try valueSpans(heard.key, most: Limits.keyColumns, budget: .max, into: &spans)
      let lacksKey = spans.contains { $0.isNull }
      if !isExact, !lacksKey { after = try tables.row(row, table) }
      let seq = table.seqColumn == nil ? nil : before?.last?.integer.map { UInt64(max(0, $0)) }
      try body(
        table,
        TouchedRow(
          row: row, before: [(0, before.map { Array($0.prefix(width)) })], after: after.map { Array($0.prefix(width)) },
          seq: seq, lacksKey: lacksKey))
    }
  }
}
