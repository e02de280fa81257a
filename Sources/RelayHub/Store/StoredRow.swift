internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// A row as the hub keeps it: every cell with its live writes, and where the row is.
struct StoredRow {
  var row: RowID
  var id: Int64?
  /// Of the last transaction that wrote it.
  var seq: UInt64 = 0
  var state = RowState()
  /// Ascending; since when, or when last changed, each scope has it.
  var scopes: [(name: String, seq: UInt64)] = []
  var homes: [String] = []
  var parent: RowID?
  /// The parent, or one above it, is dead. The row stays where it was and is shown, but a device that never held the
  /// parent could not tell which scope it lies in: it counts in no scope's digest.
  var isOrphan = false
  /// Whether counters list their increments one by one, or lie as sums, as they do in the store.
  var isExpanded = false

  init(_ row: RowID) { self.row = row }

  /// From the bytes of a feed.
  init(_ row: FeedRow, _ table: TableSchema, _ store: any FeedStore) throws(RelayError) {
    self.row = row.row
    id = row.place.row
    seq = row.changed
    scopes = try StoredRow.scopes(row.scopes)
    isOrphan = row.isOrphan
    state = try StoredForm.decode(
      values: row.values, stamps: row.stamps, columns: try store.columns(ofShape: row.shape), row.row, table)
  }

  var scopeNames: [String] { scopes.map(\.name) }

  static func scopes(_ bytes: [UInt8]) throws(RelayError) -> [(name: String, seq: UInt64)] {
    try CBORReader.decode(bytes) { (reader) throws(RelayError) in
      var list: [(name: String, seq: UInt64)] = []
      for _ in 0..<(try reader.array(most: Limits.inflatedBody)) / 2 {
        list.append((try reader.textString(most: Limits.scopeName), try reader.unsigned()))
      }
      return list
    }
  }
}

extension HubSession {
  private static let columns = "id, tbl, key, seq, parent_tbl, parent, scopes, homes, orphan, shape, vals, stamps"

  func load(_ row: RowID) throws(RelayError) -> StoredRow? {
    try db.first(
      "SELECT \(HubSession.columns) FROM row WHERE tbl = ? AND key = ?", [.integer(Int64(row.table)), .blob(row.key)]
    ).map { (values) throws(RelayError) in try decode(values) }
  }

  func load(id: Int64) throws(RelayError) -> StoredRow? {
    try db.first("SELECT \(HubSession.columns) FROM row WHERE id = ?", [.integer(id)])
      .map { (values) throws(RelayError) in try decode(values) }
  }

  func children(of row: RowID) throws(RelayError) -> [StoredRow] {
    try db.query(
      "SELECT \(HubSession.columns) FROM row WHERE parent_tbl = ? AND parent = ? ORDER BY tbl, key",
      [.integer(Int64(row.table)), .blob(row.key)]
    ) { (row) throws(RelayError) in try decode(row.values) }
  }

  func isAlive(_ stored: StoredRow) -> Bool { schema.table(stored.row.table)?.isAlive(stored.state) ?? false }

  /// Writes a row; the first time it gets its id.
  func save(_ stored: inout StoredRow) throws(RelayError) {
    guard let table = schema.table(stored.row.table) else { throw RelayError(.invariant, "a row of an unknown table") }
    let form = StoredForm(stored.state, table, shown: try table.allValues(stored.row, stored.state))
    var scopes = CBORWriter()
    scopes.array(stored.scopes.count * 2)
    for scope in stored.scopes {
      scopes.textString(scope.name)
      scopes.unsigned(scope.seq)
    }
    var homes = CBORWriter()
    homes.array(stored.homes.count)
    for home in stored.homes { homes.textString(home) }
    let values: [Value] = [
      .integer(Int64(stored.row.table)), .blob(stored.row.key), .seq(stored.seq),
      .integer(isAlive(stored) ? 1 : 0), stored.parent.map { .integer(Int64($0.table)) } ?? .null,
      stored.parent.map { .blob($0.key) } ?? .null, .blob(scopes.bytes), .blob(homes.bytes),
      .integer(stored.isOrphan ? 1 : 0), .integer(form.flags.rawValue), .integer(try shape(of: table)),
      .blob(form.values), .blob(form.stamps),
    ]
    if let id = stored.id {
      try db.execute(
        """
        UPDATE row SET tbl = ?, key = ?, seq = ?, alive = ?, parent_tbl = ?, parent = ?, scopes = ?, homes = ?,
        orphan = ?, flags = ?, shape = ?, vals = ?, stamps = ? WHERE id = ?
        """, values + [.integer(id)])
    } else {
      stored.id = try db.first(
        """
        INSERT INTO row(tbl, key, seq, alive, parent_tbl, parent, scopes, homes, orphan, flags, shape, vals, stamps)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
        """, values)?[0].integer
    }
  }

  private func decode(_ values: [Value]) throws(RelayError) -> StoredRow {
    var stored = StoredRow(RowID(table: UInt32(values[1].integer ?? 0), key: values[2].bytes))
    stored.id = values[0].integer
    stored.seq = UInt64(values[3].integer ?? 0)
    if let table = values[4].integer { stored.parent = RowID(table: UInt32(table), key: values[5].bytes) }
    stored.scopes = try StoredRow.scopes(values[6].bytes)
    stored.homes = try CBORReader.decode(values[7].bytes) { (reader) throws(RelayError) in
      var list: [String] = []
      for _ in 0..<(try reader.array(most: Limits.inflatedBody)) {
        list.append(try reader.textString(most: Limits.scopeName))
      }
      return list
    }
    stored.isOrphan = values[8].integer != 0
    guard let table = schema.table(stored.row.table) else {
      throw RelayError(.corrupt, "the hub's store has a row of a table that its schema does not know")
    }
    stored.state = try StoredForm.decode(
      values: values[10].bytes, stamps: values[11].bytes, columns: try columns(ofShape: values[9].integer ?? 0),
      stored.row, table)
    return stored
  }
}
