internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// The feed's questions in SQL.
extension HubSession: FeedStore {
  private static let row =
    "r.id, r.tbl, r.key, r.seq, r.alive, r.orphan, r.flags, r.shape, r.scopes, r.vals, r.stamps"

  func feed(_ scope: String, after place: FeedPlace, most: Int) throws(RelayError) -> [FeedRow] {
    guard scope != ScopeGrant.everything else { return try everything(after: place, most) }
    guard let id = try scopeID(scope) else { return [] }
    // CROSS JOIN: the range of the feed first, each row by its number.
    return try db.query(
      """
      SELECT f.seq, \(HubSession.row) FROM feed f CROSS JOIN row r ON r.id = f.row
      WHERE f.scope = ? AND (f.seq, f.row) > (?, ?) ORDER BY f.seq, f.row LIMIT ?
      """, [.integer(id), .seq(place.seq), .integer(place.row), .integer(Int64(most))]
    ) { (row) throws(RelayError) in try HubSession.feedRow(row) }
  }

  /// In two ranges of the index by seq: what is left at the place's own seq, and what comes later. SQLite would read one
  /// transaction of many rows from its beginning for every batch of it otherwise.
  private func everything(after place: FeedPlace, _ most: Int) throws(RelayError) -> [FeedRow] {
    var rows = try db.query(
      "SELECT r.seq, \(HubSession.row) FROM row r WHERE r.seq = ? AND r.id > ? ORDER BY r.id LIMIT ?",
      [.seq(place.seq), .integer(place.row), .integer(Int64(most))]
    ) { (row) throws(RelayError) in try HubSession.feedRow(row) }
    guard rows.count < most else { return rows }
    rows += try db.query(
      "SELECT r.seq, \(HubSession.row) FROM row r WHERE r.seq > ? ORDER BY r.seq, r.id LIMIT ?",
      [.seq(place.seq), .integer(Int64(most - rows.count))]
    ) { (row) throws(RelayError) in try HubSession.feedRow(row) }
    return rows
  }

  func rows(of table: UInt32, after key: [UInt8], most: Int) throws(RelayError) -> [FeedRow] {
    try db.query(
      """
      SELECT r.seq, \(HubSession.row) FROM row r WHERE r.tbl = ? AND r.key > ? ORDER BY r.key LIMIT ?
      """, [.integer(Int64(table)), .blob(key), .integer(Int64(most))]
    ) { (row) throws(RelayError) in try HubSession.feedRow(row) }
  }

  private static func feedRow(_ row: borrowing Row) throws(RelayError) -> FeedRow {
    FeedRow(
      place: FeedPlace(seq: try row.seq(0), row: row.int(1)),
      row: RowID(table: UInt32(truncatingIfNeeded: row.int(2)), key: row.blob(3)), changed: try row.seq(4),
      isAlive: row.int(5) != 0, isOrphan: row.int(6) != 0, flags: StoredForm.Flags(rawValue: row.int(7)),
      shape: row.int(8), scopes: row.blob(9), values: row.blob(10), stamps: row.blob(11))
  }

  private func scopeID(_ scope: String) throws(RelayError) -> Int64? {
    try db.first("SELECT id FROM scope WHERE name = ?", [.text(scope)])?[0].integer
  }

  func rowCount(_ scope: String, upTo most: Int) throws(RelayError) -> Int {
    let rows =
      scope == ScopeGrant.everything
      ? "SELECT 1 FROM row LIMIT ?1" : "SELECT 1 FROM feed WHERE scope = ?2 LIMIT ?1"
    var bindings: [Value] = [.integer(Int64(most))]
    if scope != ScopeGrant.everything {
      guard let id = try scopeID(scope) else { return 0 }
      bindings.append(.integer(id))
    }
    return Int(try db.first("SELECT count(*) FROM (\(rows))", bindings)?[0].integer ?? 0)
  }

  func exitCount(_ scope: String, after seq: UInt64, upTo most: Int) throws(RelayError) -> Int {
    let count = try db.first(
      "SELECT count(*) FROM (SELECT 1 FROM exits WHERE scope = ? AND seq > ? LIMIT ?)",
      [.text(scope), .seq(seq), .integer(Int64(most))])?[0].integer
    return Int(count ?? 0)
  }

  func exits(_ scope: String, after seq: UInt64) throws(RelayError) -> [RowID] {
    try db.query("SELECT tbl, key FROM exits WHERE scope = ? AND seq > ?", [.text(scope), .seq(seq)]) {
      (row) throws(RelayError) in RowID(table: UInt32(truncatingIfNeeded: row.int(0)), key: row.blob(1))
    }
  }

  func openEntries(_ row: RowID) throws(RelayError) -> [(cell: [UInt8], opened: UInt64)] {
    try db.query(
      "SELECT cell, opened FROM entry WHERE tbl = ? AND key = ? AND status = 'open' ORDER BY cell",
      [.integer(Int64(row.table)), .blob(row.key)]
    ) { (row) throws(RelayError) in (cell: row.blob(0), opened: try row.seq(1)) }
  }

  func notices(_ device: Int64, after seq: UInt64) throws(RelayError) -> [NoticeRecord] {
    try db.query(
      """
      SELECT tbl, key, cell, seq, lost FROM notice WHERE device = ? AND seq > ?
      ORDER BY seq, tbl, key, cell, replica, n
      """,
      [.integer(device), .seq(seq)]
    ) { (row) throws(RelayError) in
      NoticeRecord(
        row: RowID(table: UInt32(truncatingIfNeeded: row.int(0)), key: row.blob(1)),
        cell: try CBORReader.decode(row.blob(2)) { (reader) throws(RelayError) in try reader.cellID() },
        seq: try row.seq(3),
        lost: try CBORReader.decode(row.blob(4)) { (reader) throws(RelayError) in try reader.cellWrite() }, shown: nil)
    }
  }

  func columns(ofShape shape: Int64) throws(RelayError) -> [UInt32] {
    if let known = shapes[shape] { return known }
    guard let bytes = try db.first("SELECT columns FROM shape WHERE id = ?", [.integer(shape)])?[0].bytes else {
      throw RelayError(.corrupt, "the hub's store has rows of a shape \(shape) that it does not know")
    }
    let columns = try CBORReader.decode(bytes) { (reader) throws(RelayError) in
      var list: [UInt32] = []
      for _ in 0..<(try reader.array(most: Limits.columns)) {
        list.append(UInt32(try reader.unsigned(most: UInt64(UInt32.max))))
      }
      return list
    }
    shapes[shape] = columns
    return columns
  }

  /// The shape of rows that are written now.
  func shape(of table: TableSchema) throws(RelayError) -> Int64 {
    if let known = newestShapes[table.id] { return known }
    let id = try db.first("SELECT id FROM shape WHERE columns = ?", [.blob(table.shape)])?[0].integer
    guard let id else { throw RelayError(.corrupt, "the hub's store does not know the shape of \(table.name)") }
    newestShapes[table.id] = id
    return id
  }

  /// Call it in the transaction that puts a schema in force.
  static func putShapes(of schema: SyncSchema, in db: Database) throws(RelayError) {
    for table in schema.tables {
      try db.execute("INSERT OR IGNORE INTO shape(columns) VALUES (?)", [.blob(table.shape)])
    }
  }
}

extension TableSchema {
  fileprivate var shape: [UInt8] {
    var out = CBORWriter()
    out.array(others.count)
    for column in otherIDs { out.unsigned(UInt64(column)) }
    return out.bytes
  }
}
