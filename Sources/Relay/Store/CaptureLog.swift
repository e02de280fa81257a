internal import RelayMerge
internal import RelayProtocol

/// What a log record says of the row that its columns name.
enum Touch: Int64 {
  /// The row was not there: only the key's columns are filled.
  case inserted = 1
  /// The row was there, and these were its values.
  case was = 2
  /// The same, and it was deleted in plain sight.
  case deleted = 3
  /// The row stood in its table when Relay came: as if inserted.
  case stood = 4
  /// An app says that a transaction of its own begins or ends here.
  case opens = 5
  case closes = 6

  /// As `was`, of rows that one statement of a trigger logs together: its records share their `total`.
  case snapshot = 7

  var hasValues: Bool { [.was, .deleted, .snapshot].contains(self) }
}

/// `relay_log` and `relay_slot`: what capture logged since the last seal, one record a touch, of all tables in the order
/// in which they were written.
///
/// Columns of synced tables have places of their own (`v1`, `v2`, …), which neither a rename nor a newer sync schema
/// moves. `total` is the writer's `total_changes()`: within one connection it grows with every record. `at` is when the trigger
/// ran, in milliseconds since 1970 by the clock of SQLite; NULL in records that Relay itself adds.
struct CaptureLog {
  let db: Database

  static let ddl = """
    CREATE TABLE IF NOT EXISTS relay_log (
      id INTEGER PRIMARY KEY, tbl INTEGER NOT NULL, kind INTEGER NOT NULL, total INTEGER NOT NULL, at INTEGER, seq);
    -- Where the columns of synced tables stand in the log.
    CREATE TABLE IF NOT EXISTS relay_slot (
      tbl INTEGER NOT NULL, col INTEGER NOT NULL, slot INTEGER NOT NULL, PRIMARY KEY (tbl, col)) WITHOUT ROWID;
    -- Tables of which every row was logged, because an index had appeared that the triggers do not know.
    CREATE TABLE IF NOT EXISTS relay_whole (tbl INTEGER PRIMARY KEY);
    -- For apps: a transaction that sets open to 1 first and to 0 last is known to be one.
    CREATE TABLE IF NOT EXISTS relay_boundary (id INTEGER PRIMARY KEY CHECK (id = 1), open INTEGER NOT NULL);
    CREATE TRIGGER IF NOT EXISTS relay_boundary_set AFTER UPDATE OF open ON relay_boundary BEGIN
      INSERT INTO relay_log (tbl, kind, total)
        VALUES (0, CASE WHEN NEW.open THEN \(Touch.opens.rawValue) ELSE \(Touch.closes.rawValue) END, total_changes());
    END;
    """

  // MARK: Places

  /// The places of a table's columns, in their order; nil for a column that has none yet.
  func slots(of table: TableSchema) throws(RelayError) -> [Int?] {
    var known: [Int64: Int] = [:]
    try db.run("SELECT col, slot FROM relay_slot WHERE tbl = ?", [.integer(Int64(table.id))]) {
      (row) throws(RelayError) in
      known[row.int(0)] = Int(row.int(1))
      return true
    }
    return table.columns.map { known[Int64($0.id)] }
  }

  /// Gives columns their places. What was logged of the table before it knew of them had their defaults.
  func addSlots(of table: TableSchema, _ slots: [Int?], isKnown: Bool) throws(RelayError) -> [Int] {
    var width = try width()
    var next = (slots.compactMap { $0 }.max() ?? 0) + 1
    var all: [Int] = []
    for (column, slot) in zip(table.columns, slots) {
      if let slot {
        all.append(slot)
        continue
      }
      while width < next {
        width += 1
        try db.execute("ALTER TABLE relay_log ADD COLUMN v\(width)")
      }
      try db.execute(
        "INSERT INTO relay_slot (tbl, col, slot) VALUES (?, ?, ?)",
        [.integer(Int64(table.id)), .integer(Int64(column.id)), .integer(Int64(next))])
      if isKnown {
        try db.execute(
          "UPDATE relay_log SET v\(next) = ? WHERE tbl = ? AND kind IN (2, 3, 7)",
          [column.defaultValue, .integer(Int64(table.id))])
      }
      all.append(next)
      next += 1
    }
    return all
  }

  private func width() throws(RelayError) -> Int {
    let count = "SELECT count(*) FROM pragma_table_info('relay_log') WHERE name LIKE 'v%'"
    return Int(try db.first(count)?[0].integer ?? 0)
  }

  // MARK: Records

  func isEmpty() throws(RelayError) -> Bool { try db.first("SELECT 1 FROM relay_log LIMIT 1") == nil }

  /// Where another writer's work begins in the log, ascending.
  ///
  /// - Complexity: O(records).
  func runs() throws(RelayError) -> [CaptureRun] {
    var plan = CaptureRuns()
    try db.run("SELECT id, kind, total, at FROM relay_log ORDER BY id", []) { (row) throws(RelayError) in
      plan.add(id: row.int(0), kind: Touch(rawValue: row.int(1)), total: row.int(2), at: row[3].integer)
      return true
    }
    return plan.runs
  }

  func newest() throws(RelayError) -> Int64 { try db.first("SELECT max(id) FROM relay_log")?[0].integer ?? 0 }

  /// Gives the records of a table after one: the row, its values then (nil: it was not there), the seq that it showed.
  func eachRecord(
    of table: TableSchema, _ sql: CaptureSQL, after start: Int64,
    _ body: (RowID, [Value]?, Value) throws(RelayError) -> Void
  ) throws(RelayError) {
    let logged = sql.logged.joined(separator: ", ")
    try db.run(
      "SELECT l.kind, l.seq, \(logged) FROM relay_log AS l WHERE l.tbl = ? AND l.id > ? ORDER BY l.id",
      [.integer(Int64(table.id)), .integer(start)]
    ) { (record) throws(RelayError) in
      let values = (0..<table.columns.count).map { record[$0 + 2] }
      let row = RowID(table: table.id, values: table.key.map { values[$0] })
      let hasValues = Touch(rawValue: record.int(0))?.hasValues ?? false
      try body(row, hasValues ? values : nil, record[1])
      return true
    }
  }

  /// Rows of a table that were not there when they were first touched, and the id of that record.
  func firstInserts(_ table: TableSchema, _ sql: CaptureSQL) throws(RelayError) -> [RowID: Int64] {
    let keys = table.key.map { sql.logged[$0] }.joined(separator: ", ")
    let raw = table.key.map { "l.v\(sql.slots[$0])" }.joined(separator: ", ")
    var rows: [RowID: Int64] = [:]
    // SQLite takes the other columns from the record that has the minimum.
    try db.run(
      "SELECT min(l.id), l.kind, \(keys) FROM relay_log AS l WHERE l.tbl = ? GROUP BY \(raw)",
      [.integer(Int64(table.id))]
    ) { (record) throws(RelayError) in
      if Touch(rawValue: record.int(1))?.hasValues == false {
        rows[RowID(table: table.id, values: table.key.indices.map { record[2 + $0] })] = record.int(0)
      }
      return true
    }
    return rows
  }

  func forget(_ table: TableSchema, after start: Int64) throws(RelayError) {
    try db.execute("DELETE FROM relay_log WHERE tbl = ? AND id > ?", [.integer(Int64(table.id)), .integer(start)])
  }

  /// Writes the record that capture would have written.
  func add(
    _ touch: Touch, _ values: [Value], seq: Value = .null, _ table: TableSchema, _ slots: [Int]
  ) throws(RelayError) {
    let names = slots.map { "v\($0)" }.joined(separator: ", ")
    let marks = slots.map { _ in "?" }.joined(separator: ", ")
    try db.execute(
      "INSERT INTO relay_log (tbl, kind, total, seq, \(names)) VALUES (?, ?, total_changes(), ?, \(marks))",
      [.integer(Int64(table.id)), .integer(touch.rawValue), seq] + values)
  }

  /// A table was made anew while nothing was captured: rows that are gone from it were not deleted by anybody. What was
  /// deleted in plain sight before stays.
  func forgetVanished(_ table: TableSchema, _ slots: [Int]) throws(RelayError) {
    let keys = table.key.map { "v\(slots[$0])" }.joined(separator: ", ")
    let same = table.key.map { "t.\(SQL.name(table.columns[$0].name)) = l.v\(slots[$0])" }.joined(separator: " AND ")
    try db.execute(
      """
      WITH latest AS (SELECT max(id), kind, \(keys) FROM relay_log WHERE tbl = ?1 GROUP BY \(keys))
      DELETE FROM relay_log WHERE tbl = ?1 AND (\(keys)) IN (
        SELECT \(keys) FROM latest AS l WHERE kind <> \(Touch.deleted.rawValue)
          AND NOT EXISTS (SELECT 1 FROM \(SQL.name(table.name)) AS t WHERE \(same)))
      """, [.integer(Int64(table.id))])
  }
}
