internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// The app's tables that sync, as they are in this file: their statements, what SQLite makes of their values, and the app's
/// triggers on them.
final class SyncedTables {
  let db: Database
  let schema: SyncSchema
  private var statements: [UInt32: TableSQL] = [:]
  /// What the app's triggers mean for Relay's writes, and how columns are declared, while the file's schema stays as it is.
  private var survey: (cookies: [Value], found: AppTriggers)?
  private var knownAffinities: [UInt32: [Affinity]] = [:]
  private var affinityCookie: Value?

  init(_ db: Database, _ schema: SyncSchema) {
    (self.db, self.schema) = (db, schema)
    for table in schema.tables { statements[table.id] = TableSQL(table) }
  }

  func sql(_ table: TableSchema) -> TableSQL { statements[table.id] ?? TableSQL(table) }

  /// What SQLite makes of a table's values is known.
  func know(_ affinities: [Affinity], of table: TableSchema) {
    statements[table.id] = TableSQL(table, affinities: affinities)
  }

  /// The same for a connection that only reads.
  func readAffinities() throws(RelayError) {
    for table in schema.tables { know(try affinities(table), of: table) }
  }

  func table(_ id: UInt32) throws(RelayError) -> TableSchema {
    guard let table = schema.table(id) else {
      throw RelayError(.schemaMismatch, "table id \(id) is not in the sync schema")
    }
    return table
  }

  func table(named name: String) throws(RelayError) -> TableSchema {
    guard let table = schema.table(named: name) else {
      throw RelayError(.schemaMismatch, "the table '\(name)' is not in the sync schema")
    }
    return table
  }

  // MARK: Rows

  /// The row as its table shows it.
  func row(_ row: RowID, _ table: TableSchema) throws(RelayError) -> [Value]? {
    try db.first(sql(table).selectRow, try row.values())
  }

  /// The hub's seq that the row shows; nil where nothing shows one.
  func shownSeq(_ row: RowID, _ table: TableSchema) throws(RelayError) -> UInt64? {
    guard let select = sql(table).selectSeq else { return nil }
    return try db.first(select, try row.values())?[0].integer.map { UInt64(max(0, $0)) }
  }

  /// Writes a row that is to be another one, or takes it out where there are no values.
  ///
  /// - Returns: false where a trigger of the app ignored that.
  @discardableResult
  func write(_ row: RowID, _ values: [Value]?, _ table: TableSchema) throws(RelayError) -> Bool {
    if let values {
      try db.execute(sql(table).upsert, values)
    } else {
      try db.execute(sql(table).delete, try row.values())
    }
    return db.changes > 0
  }

  // MARK: Affinities

  /// The affinities of a table's columns, by their position in the sync schema.
  ///
  /// - Complexity: one pragma while the file's schema stays as it is.
  func affinities(_ table: TableSchema) throws(RelayError) -> [Affinity] {
    let cookie = try db.first("PRAGMA main.schema_version")?[0] ?? .null
    if affinityCookie != cookie { (affinityCookie, knownAffinities) = (cookie, [:]) }
    if let known = knownAffinities[table.id] { return known }
    var declared: [String: String] = [:]
    try db.run("SELECT lower(name), type FROM pragma_table_info(?)", [.text(table.name)]) { (row) throws(RelayError) in
      declared[row[0].text ?? ""] = row[1].text ?? ""
      return true
    }
    let found = table.columns.map { column in
      Affinity(declared: declared[String(decoding: SQL.folded(column.name), as: UTF8.self)] ?? "")
    }
    knownAffinities[table.id] = found
    return found
  }

  /// The first column in which the file shows something else than was written; nil where it shows all of it.
  func changedByAffinity(_ row: RowID, _ values: [Value], _ table: TableSchema) throws(RelayError) -> String? {
    let affinities = try affinities(table)
    guard zip(affinities, values).contains(where: { $0.mayChange($1) }) else { return nil }
    guard let stored = try self.row(row, table) else { return table.columns[table.key[0]].name }
    return zip(table.columns, zip(values, stored)).first { $1.0 != $1.1 }?.0.name
  }

  // MARK: Triggers

  /// - Complexity: two pragmas while the file's schema stays as it is.
  func appTriggers() throws(RelayError) -> AppTriggers {
    let cookies = [
      try db.first("PRAGMA main.schema_version")?[0] ?? .null, try db.first("PRAGMA temp.schema_version")?[0] ?? .null,
    ]
    if let known = survey, known.cookies == cookies { return known.found }
    let found = try surveyTriggers()
    survey = (cookies, found)
    return found
  }

  private func surveyTriggers() throws(RelayError) -> AppTriggers {
    let all = try db.query(
      """
      SELECT lower(tbl_name) FROM sqlite_master WHERE type = 'trigger' AND NOT \(Capture.isOwnTrigger)
      UNION SELECT lower(tbl_name) FROM sqlite_temp_master WHERE type = 'trigger'
      """
    ) { (row) throws(RelayError) in row[0].text ?? "" }
    var found = AppTriggers()
    guard !all.isEmpty else { return found }
    let names = Dictionary(schema.tables.map { ($0.name.lowercased(), $0.name) }) { first, _ in first }
    var into: [String: Set<String>] = [:]
    for table in schema.tables where all.contains(table.name.lowercased()) {
      found.tables.insert(table.id)
      for statement in [sql(table).upsert, sql(table).delete] + [sql(table).updateSeq].compactMap({ $0 }) {
        for action in try actions(of: statement)
        where [.insert, .update, .delete].contains(action.kind) && !action.source.isEmpty {
          if let name = names[action.table.lowercased()] { into[action.source, default: []].insert(name) }
        }
      }
    }
    found.writers = into.sorted { $0.key < $1.key }.map { AppTriggers.Writer(trigger: $0.key, into: $0.value.sorted()) }
    return found
  }

  /// What cannot be prepared, for a function that this connection lacks, cannot be written either, and says so then. A
  /// disk that fails says nothing of the triggers.
  private func actions(of statement: String) throws(RelayError) -> [PreparedAction] {
    do throws(RelayError) { return try db.actions(of: statement) } catch {
      guard error.isOfTheRow else { throw error }
      return []
    }
  }
}
