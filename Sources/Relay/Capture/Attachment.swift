internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// Brings file and sync schema together: Relay's tables, the places of columns in the log, the triggers. What goes in are the
/// app's tables as they are; what comes out is how each is captured. It never changes a row of the app.
final class Attachment {
  let db: Database
  let stores: Stores
  let schema: SyncSchema
  /// The synced tables as `ChangeTap` has them: by id, which is the order of a transaction.
  let tappedTables: [TableSchema]
  private let environment: Environment
  let tables: SyncedTables
  private let versions: SchemaVersions
  /// Where capture logs each synced table, by table id; known once the file was looked at.
  private var captures: [UInt32: CaptureSQL] = [:]
  /// SQLite's schema cookie when capture was last found whole.
  private var checkedCookie: Value?
  private let cookie = Command("PRAGMA schema_version")

  init(_ stores: Stores, _ tables: SyncedTables, _ versions: SchemaVersions, _ environment: Environment) {
    (db, schema) = (stores.db, tables.schema)
    tappedTables = tables.schema.tables.sorted { $0.id < $1.id }
    (self.stores, self.tables, self.versions, self.environment) = (stores, tables, versions, environment)
  }

  func capture(_ table: TableSchema) throws(RelayError) -> CaptureSQL {
    guard let sql = captures[table.id] else {
      throw RelayError(.corrupt, "\(db.path): \(table.name) is not attached")
    }
    return sql
  }

  /// Columns, by position, of which every combination may stand once, by table; the keys are not among them.
  var uniques: [UInt32: [[Int]]] { captures.mapValues(\.uniques) }

  /// Brings file and sync schema together: Relay's tables, the logs, the triggers. Safe to repeat; run at every open.
  ///
  /// - Parameter create: makes the app's tables in a file that Relay has not seen, in the same transaction.
  /// - Throws: `schema_mismatch` naming the table or column, also when the file syncs another schema.
  func attach(create: (Database) throws(RelayError) -> Void) throws(RelayError) {
    try db.transaction { () throws(RelayError) in
      if try stores.state.isThere() {
        try stores.state.migrate()
      } else {
        try db.lent { () throws(RelayError) in try create(db) }
      }
      try Bookkeeping.make(in: db)
      if try !stores.state.isMade() { try makeState() }
      try lookAfterCapture()
    }
  }

  private func makeState() throws(RelayError) {
    let replica = ReplicaID(bits: environment.random())
    try stores.state.make(replica, DotKey(number: try stores.replicas.add(replica), counter: 0), schema)
  }

  /// Notices, before anything is written or sealed, a table that a tool rebuilt and a file that a newer app has opened
  /// since the last look. Every such change moves SQLite's schema cookie, so that mostly nothing is to be done.
  ///
  /// - Returns: false where nothing was to be done.
  @discardableResult
  func lookAfterCapture() throws(RelayError) -> Bool {
    let now = try db.first(cookie)?[0]
    guard checkedCookie == nil || now != checkedCookie else { return false }
    try versions.check()
    var isWhole = true
    for table in schema.tables where try attach(table) { isWhole = false }
    try chooseCapture()
    try stores.capture.knowsSchema()
    // What was changed here is only certain once it is committed: the next look finds it whole.
    checkedCookie = isWhole ? now : nil
    return true
  }

  /// - Returns: whether something had to be made or mended.
  private func attach(_ table: TableSchema) throws(RelayError) -> Bool {
    let columns = try columnsInFile(table)
    let log = stores.log
    var slots = try log.slots(of: table)
    let wasAttached = slots.contains { $0 != nil }
    if slots.contains(nil) { slots = try log.addSlots(of: table, slots, isKnown: wasAttached).map { $0 } }
    let places = slots.compactMap { $0 }
    let uniques = try uniques(table)
    let affinities = table.columns.map { column in
      Affinity(declared: columns.first { SQL.isSame($0.name, column.name) }?.type ?? "")
    }
    captures[table.id] = CaptureSQL(
      table, places, uniques: positions(uniques, table), affinities: affinities)
    tables.know(affinities, of: table)
    let key = columns.filter { $0.key > 0 }
    let capture = Capture(
      table: table, uniques: uniques, slots: places,
      keyIsRowID: key.count == 1 && key[0].type.uppercased() == "INTEGER",
      uniqueIndexes: try uniqueIndexes(table))
    if !wasAttached { try db.execute(capture.logStanding) }
    let standing = try db.query(
      """
      SELECT name, sql, tbl_name = ?1 COLLATE NOCASE FROM sqlite_master
      WHERE type = 'trigger' AND (tbl_name = ?1 COLLATE NOCASE AND \(Capture.isOwnTrigger) OR name GLOB ?2)
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
    if wasAttached && isMissing {
      try stores.state.markRebuilt()
      try log.forgetVanished(table, places)
    }
    for item in standing { try db.execute("DROP TRIGGER \(SQL.name(item.name))") }
    for item in wanted { try db.execute(item.sql) }
    return true
  }

  private func uniqueIndexes(_ table: TableSchema) throws(RelayError) -> Int {
    let made = """
      SELECT count(*) FROM sqlite_master
      WHERE type = 'index' AND tbl_name = ? COLLATE NOCASE AND sql LIKE 'CREATE UNIQUE%'
      """
    return Int(try db.first(made, [.text(table.name)])?[0].integer ?? 0)
  }

  /// The sync schema's UNIQUE lists and the file's, of which the key is none.
  private func positions(_ uniques: [Capture.Unique], _ table: TableSchema) -> [[Int]] {
    var lists = table.unique
    for unique in uniques where !unique.isKey {
      let list = unique.columns.compactMap { column in
        table.columns.firstIndex { SQL.isSame($0.name, column.name) }
      }
      if list.count == unique.columns.count, !lists.contains(list) { lists.append(list) }
    }
    return lists
  }

  private struct ColumnInFile {
    var name: String
    var type: String
    /// Its place in the key, from 1; 0 for one that is not in it.
    var key: Int64
  }

  /// The columns of a table, checked against the sync schema. Names are the same that SQLite takes for the same.
  private func columnsInFile(_ table: TableSchema) throws(RelayError) -> [ColumnInFile] {
    let found = try db.query("SELECT name, type, pk FROM pragma_table_info(?)", [.text(table.name)]) {
      (row) throws(RelayError) in ColumnInFile(name: row[0].text ?? "", type: row[1].text ?? "", key: row.int(2))
    }
    guard !found.isEmpty else {
      throw RelayError(.schemaMismatch, "\(db.path): there is no table '\(table.name)', which the sync schema names")
    }
    func isThere(_ name: String) -> Bool { found.contains { SQL.isSame($0.name, name) } }
    for column in table.columns where !isThere(column.name) {
      throw RelayError(.schemaMismatch, "\(db.path): \(table.name) has no column '\(column.name)'")
    }
    let keyInFile = Set(found.filter { $0.key > 0 }.map { SQL.folded($0.name) })
    guard keyInFile == Set(table.key.map { SQL.folded(table.columns[$0].name) }) else {
      throw RelayError(
        .schemaMismatch, "\(db.path): the primary key of \(table.name) is not the key in the sync schema")
    }
    if let name = table.seqColumn, !isThere(name) {
      throw RelayError(.schemaMismatch, "\(db.path): \(table.name) has no column '\(name)' to show the hub's seq in")
    }
    return found
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
