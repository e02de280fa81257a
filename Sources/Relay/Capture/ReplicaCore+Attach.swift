internal import RelayMerge
internal import RelayProtocol

extension ReplicaCore {
  /// Brings file and sync schema together: Relay's tables, the logs, the triggers. Safe to repeat; run at every open.
  ///
  /// - Parameter create: makes the app's tables in a file that Relay has not seen, in the same transaction.
  /// - Throws: `schema_mismatch` naming the table or column, also when the file syncs another schema.
  func attach(create: (Database) throws(RelayError) -> Void) throws(RelayError) {
    try db.transaction { () throws(RelayError) in
      if try db.first("SELECT 1 FROM sqlite_master WHERE name = 'relay_state'") == nil {
        try db.lent { () throws(RelayError) in try create(db) }
      }
      try db.script(Bookkeeping.ddl)
      if try db.first("SELECT 1 FROM relay_state") == nil { try createState() }
      try lookAfterCapture()
    }
  }

  private func createState() throws(RelayError) {
    let zero = Value.blob(Hash128.zero.bytes)
    try db.execute(
      """
      INSERT INTO relay_state (id, version, replica, counter, hash, time, organisation, epoch, base, log_hash, role,
        device, author, hub, token, schema_hash, schema_version, head, accepted, installs)
      VALUES (1, ?, ?, 0, ?, 0, ?, ?, 0, ?, ?, '', '', '', '', ?, ?, 0, 0, 0)
      """,
      [
        .integer(Bookkeeping.version), .integer(Int64(bitPattern: environment.random())), zero, zero, zero, zero,
        .text(SyncSchema.unenrolledRole), .blob(schema.hash.bytes), Value(schema.version),
      ])
  }

  /// Notices, before anything is written or sealed, a table that a tool rebuilt and a file that a newer app has opened
  /// since the last look. Every such change moves SQLite's schema cookie, so that mostly nothing is to be done.
  func lookAfterCapture() throws(RelayError) {
    let cookie = try db.first("PRAGMA schema_version")?[0]
    guard checkedCookie == nil || cookie != checkedCookie else { return }
    try checkSchema()
    var isWhole = true
    for table in schema.tables where try attach(table) { isWhole = false }
    // What was changed here is only certain once it is committed: the next look finds it whole.
    checkedCookie = isWhole ? cookie : nil
  }

  /// - Returns: whether something had to be made or mended.
  private func attach(_ table: TableSchema) throws(RelayError) -> Bool {
    let found = try db.query("SELECT name, pk FROM pragma_table_info(?)", [.text(table.name)]) {
      (row) throws(RelayError) in (name: row[0].text ?? "", key: row.int(1))
    }
    guard !found.isEmpty else {
      throw RelayError(.schemaMismatch, "\(db.path): there is no table '\(table.name)', which the sync schema names")
    }
    for column in table.columns where !found.contains(where: { $0.name == column.name }) {
      throw RelayError(.schemaMismatch, "\(db.path): \(table.name) has no column '\(column.name)'")
    }
    let keyInFile = Set(found.filter { $0.key > 0 }.map(\.name))
    guard keyInFile == Set(table.key.map { table.columns[$0].name }) else {
      throw RelayError(
        .schemaMismatch, "\(db.path): the primary key of \(table.name) is not the key in the sync schema")
    }
    if let name = table.seqColumn, !found.contains(where: { $0.name == name }) {
      throw RelayError(.schemaMismatch, "\(db.path): \(table.name) has no column '\(name)' to show the hub's seq in")
    }
    let capture = Capture(table: table, uniques: try uniques(table))
    let wasAttached =
      try db.first("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", [.text(capture.logTable)]) != nil
    try db.execute(capture.logDDL)
    if wasAttached { try completeLog(table, capture) } else { try db.execute(capture.logStanding) }
    let standing = try db.query(
      """
      SELECT name, sql, tbl_name = ?1 FROM sqlite_master
      WHERE type = 'trigger' AND (tbl_name = ?1 AND name LIKE 'relay\\_%' ESCAPE '\\' OR name GLOB ?2)
      """,
      // They go with a table that is renamed aside; their names are needed here.
      [.text(table.name), .text("relay_\(table.id)_*")]
    ) { (row) throws(RelayError) in (name: row[0].text ?? "", sql: row[1].text ?? "", isHere: row.int(2) != 0) }
    let wanted = capture.triggers
    let same =
      wanted.count == standing.count
      && wanted.allSatisfy { item in standing.contains { $0.name == item.name && $0.sql == item.sql } }
    guard !same else { return false }
    // Triggers that are gone, though the log was made before, mean that a tool rebuilt the table and that writes may
    // have passed unseen.
    let isMissing = wanted.contains { item in !standing.contains { $0.name == item.name && $0.isHere } }
    if wasAttached && isMissing { try db.execute("UPDATE relay_state SET rebuilt = 1") }
    for item in standing { try db.execute("DROP TRIGGER \"\(item.name)\"") }
    for item in wanted { try db.execute(item.sql) }
    return true
  }

  /// Adds the columns that a newer sync schema names to the log of a table. What was logged before it knew of them had
  /// their defaults.
  private func completeLog(_ table: TableSchema, _ capture: Capture) throws(RelayError) {
    let logged = try db.query("SELECT name FROM pragma_table_info(?)", [.text(capture.logTable)]) {
      (row) throws(RelayError) in row[0].text ?? ""
    }
    for column in table.columns where !logged.contains("c\(column.id)") {
      try db.execute("ALTER TABLE \(capture.logTable) ADD COLUMN c\(column.id)")
      try db.execute(
        "UPDATE \(capture.logTable) SET c\(column.id) = ? WHERE kind = ?",
        [column.defaultValue, .integer(Touch.was.rawValue)])
    }
  }

  /// What an `OR REPLACE` compares: the columns of the key and of every other UNIQUE index, each with the collation that
  /// the index gives it.
  private func uniques(_ table: TableSchema) throws(RelayError) -> [Capture.Unique] {
    let indexes = try db.query(
      "SELECT name, origin FROM pragma_index_list(?) WHERE \"unique\" ORDER BY name", [.text(table.name)]
    ) { (row) throws(RelayError) in (name: row[0].text ?? "", isKey: row[1].text == "pk") }
    // A key that is SQLite's own row id has no index.
    let key = table.key.map { Capture.Unique.Column(name: table.columns[$0].name, collation: nil) }
    var lists = indexes.contains(where: \.isKey) ? [] : [Capture.Unique(columns: key, isKey: true)]
    for index in indexes {
      let columns = try db.query(
        "SELECT name, coll FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno", [.text(index.name)]
      ) { (row) throws(RelayError) in row[0].text.map { Capture.Unique.Column(name: $0, collation: row[1].text) } }
      let named = columns.compactMap { $0 }
      guard named.count == columns.count else {
        throw RelayError(
          .schemaMismatch,
          "\(table.name): the UNIQUE index \(index.name) is over an expression, which capture cannot follow",
          advice: "Nothing was changed. Put the index on plain columns.")
      }
      if index.isKey, let own = named.first(where: { $0.collation != "BINARY" }) {
        throw RelayError(
          .schemaMismatch,
          "\(table.name): the key's column '\(own.name)' compares by \(own.collation ?? "?"), and keys of rows that sync are"
            + " equal where their bytes are",
          advice: "Nothing was changed. Give the key no collation of its own.")
      }
      lists.append(Capture.Unique(columns: named, isKey: index.isKey))
    }
    return lists
  }
}
