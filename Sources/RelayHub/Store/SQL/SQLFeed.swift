internal import RelayProtocol

struct SQLFeed: FeedStore {
  let db: any HubSQL

  private static let row =
    "r.id, r.tbl, r.key, r.seq, r.alive, r.orphan, r.flags, r.shape, r.scopes, r.vals, r.stamps"

  func feed(_ scope: String, after place: FeedPlace, most: Int) throws(RelayError) -> [FeedRow] {
    guard scope != ScopeGrant.everything else { return try everything(after: place, most) }
    guard let id = try scopeID(scope) else { return [] }
    // The range of the feed first, each row by its number.
    return try db.query(
      """
      SELECT f.seq, \(Self.row) FROM feed f \(db.dialect.orderedJoin) row r ON r.id = f.row
      WHERE f.scope = $1 AND (f.seq, f.row) > ($2, $3) ORDER BY f.seq, f.row LIMIT $4
      """, [.integer(id), .seq(place.seq), .integer(place.row), .integer(Int64(most))], Self.feedRow)
  }

  /// In two ranges of the index by seq: what is left at the place's own seq, and what comes later. SQLite would read one
  /// transaction of many rows from its beginning for every batch of it otherwise.
  private func everything(after place: FeedPlace, _ most: Int) throws(RelayError) -> [FeedRow] {
    var rows = try db.query(
      "SELECT r.seq, \(Self.row) FROM row r WHERE r.seq = $1 AND r.id > $2 ORDER BY r.id LIMIT $3",
      [.seq(place.seq), .integer(place.row), .integer(Int64(most))], Self.feedRow)
    guard rows.count < most else { return rows }
    rows += try db.query(
      "SELECT r.seq, \(Self.row) FROM row r WHERE r.seq > $1 ORDER BY r.seq, r.id LIMIT $2",
      [.seq(place.seq), .integer(Int64(most - rows.count))], Self.feedRow)
    return rows
  }

  func rows(of table: UInt32, after key: [UInt8], most: Int) throws(RelayError) -> [FeedRow] {
    try db.query(
      "SELECT r.seq, \(Self.row) FROM row r WHERE r.tbl = $1 AND r.key > $2 ORDER BY r.key LIMIT $3",
      [.integer(Int64(table)), .blob(key), .integer(Int64(most))], Self.feedRow)
  }

  private static func feedRow(_ row: any SQLRow) throws(RelayError) -> FeedRow {
    FeedRow(
      place: FeedPlace(seq: try row.seq(0), row: row.int(1)),
      row: RowID(table: UInt32(truncatingIfNeeded: row.int(2)), key: row.blob(3)), changed: try row.seq(4),
      isAlive: row.int(5) != 0, isOrphan: row.int(6) != 0, flags: StoredForm.Flags(rawValue: row.int(7)),
      shape: row.int(8), scopes: row.blob(9), values: row.blob(10), stamps: row.blob(11))
  }

  private func scopeID(_ scope: String) throws(RelayError) -> Int64? {
    try db.number("SELECT id FROM scope WHERE name = $1", [.text(scope)])
  }

  func rowCount(_ scope: String, upTo most: Int) throws(RelayError) -> Int {
    if scope == ScopeGrant.everything {
      return Int(
        try db.number("SELECT count(*) FROM (SELECT 1 FROM row LIMIT $1) AS counted", [.integer(Int64(most))]) ?? 0)
    }
    guard let id = try scopeID(scope) else { return 0 }
    return Int(
      try db.number(
        "SELECT count(*) FROM (SELECT 1 FROM feed WHERE scope = $1 LIMIT $2) AS counted",
        [.integer(id), .integer(Int64(most))]) ?? 0)
  }

  func exitCount(_ scope: String, after seq: UInt64, upTo most: Int) throws(RelayError) -> Int {
    Int(
      try db.number(
        "SELECT count(*) FROM (SELECT 1 FROM exits WHERE scope = $1 AND seq > $2 LIMIT $3) AS counted",
        [.text(scope), .seq(seq), .integer(Int64(most))]) ?? 0)
  }

  func exits(_ scope: String, after seq: UInt64) throws(RelayError) -> [RowID] {
    try db.query("SELECT tbl, key FROM exits WHERE scope = $1 AND seq > $2", [.text(scope), .seq(seq)]) {
      (row) throws(RelayError) in try row.rowID(0, 1)
    }
  }

  func totals() throws(RelayError) -> StoreTotals {
    StoreTotals(
      rows: try Count.of(try db.number("SELECT count(*) FROM row WHERE alive = 1") ?? 0),
      openEntries: try Count.of(try db.number("SELECT count(*) FROM entry WHERE status = 'open'") ?? 0),
      devices: try Count.of(try db.number("SELECT count(*) FROM device WHERE revoked = 0") ?? 0))
  }
}
