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

  var scopeNames: [String] { scopes.map(\.name) }
}

extension HubSession {
  private static let columns = "id, tbl, key, seq, parent_tbl, parent, scopes, homes, orphan, cells"

  func load(_ row: RowID) throws(RelayError) -> StoredRow? {
    try db.first(
      "SELECT \(HubSession.columns) FROM row WHERE tbl = ? AND key = ?", [.integer(Int64(row.table)), .blob(row.key)]
    ).map { (values) throws(RelayError) in try HubSession.decode(values) }
  }

  func load(id: Int64) throws(RelayError) -> StoredRow? {
    try db.first("SELECT \(HubSession.columns) FROM row WHERE id = ?", [.integer(id)])
      .map { (values) throws(RelayError) in try HubSession.decode(values) }
  }

  func children(of row: RowID) throws(RelayError) -> [StoredRow] {
    try db.query(
      "SELECT \(HubSession.columns) FROM row WHERE parent_tbl = ? AND parent = ? ORDER BY tbl, key",
      [.integer(Int64(row.table)), .blob(row.key)]
    ) { (row) throws(RelayError) in try HubSession.decode(row.values) }
  }

  func isAlive(_ stored: StoredRow) -> Bool { schema.table(stored.row.table)?.isAlive(stored.state) ?? false }

  /// Writes a row; the first time it gets its id.
  func save(_ stored: inout StoredRow) throws(RelayError) {
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
      .integer(stored.isOrphan ? 1 : 0), .blob(CellsBlob.encode(stored.state)),
    ]
    if let id = stored.id {
      try db.execute(
        """
        UPDATE row SET tbl = ?, key = ?, seq = ?, alive = ?, parent_tbl = ?, parent = ?, scopes = ?, homes = ?,
        orphan = ?, cells = ? WHERE id = ?
        """, values + [.integer(id)])
    } else {
      stored.id = try db.first(
        """
        INSERT INTO row(tbl, key, seq, alive, parent_tbl, parent, scopes, homes, orphan, cells)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
        """, values)?[0].integer
    }
  }

  private static func decode(_ values: [Value]) throws(RelayError) -> StoredRow {
    var stored = StoredRow(RowID(table: UInt32(values[1].integer ?? 0), key: values[2].bytes))
    stored.id = values[0].integer
    stored.seq = UInt64(values[3].integer ?? 0)
    if let table = values[4].integer { stored.parent = RowID(table: UInt32(table), key: values[5].bytes) }
    stored.scopes = try CBORReader.decode(values[6].bytes) { (reader) throws(RelayError) in
      var list: [(name: String, seq: UInt64)] = []
      for _ in 0..<(try reader.array(most: Limits.inflatedBody)) / 2 {
        list.append((try reader.textString(most: Limits.scopeName), try reader.unsigned()))
      }
      return list
    }
    stored.homes = try CBORReader.decode(values[7].bytes) { (reader) throws(RelayError) in
      var list: [String] = []
      for _ in 0..<(try reader.array(most: Limits.inflatedBody)) {
        list.append(try reader.textString(most: Limits.scopeName))
      }
      return list
    }
    stored.isOrphan = values[8].integer != 0
    stored.state = try CellsBlob.decode(values[9].bytes)
    return stored
  }
}

/// The bytes of a row's cells: most cells of a row come from one insert, so its stamp stands once, before them.
enum CellsBlob {
  static func encode(_ state: RowState) -> [UInt8] {
    var out = CBORWriter(reserving: 32 + state.cells.count * 16)
    let origin = state.cells.first?.writes.first
    out.array(5)
    out.unsigned(origin?.dot.replica.bits ?? 0)
    out.unsigned(origin?.dot.counter ?? 0)
    out.unsigned(origin?.seq ?? 0)
    out.unsigned(origin?.effective.bits ?? 0)
    out.array(state.cells.count * 2)
    for cell in state.cells {
      out.cellID(cell.id)
      if cell.writes.count == 1, cell.writes[0].dot == origin?.dot {
        out.cellValue(cell.writes[0].value)
      } else {
        out.map(1)
        out.unsigned(0)
        out.array(cell.writes.count)
        for write in cell.writes { out.cellWrite(write) }
      }
    }
    return out.bytes
  }

  static func decode(_ bytes: [UInt8]) throws(RelayError) -> RowState {
    try CBORReader.decode(bytes) { (reader) throws(RelayError) in
      try reader.array(exactly: 5)
      let dot = Dot(ReplicaID(bits: try reader.unsigned()), try reader.unsigned())
      let seq = try reader.unsigned()
      let effective = HybridTime(bits: try reader.unsigned())
      var state = RowState()
      for _ in 0..<(try reader.array(most: Limits.inflatedBody)) / 2 {
        var cell = Cell(id: try reader.cellID(), writes: [])
        if try reader.peekMajor() == 5 {
          _ = try reader.map(most: 1)
          _ = try reader.unsigned()
          for _ in 0..<(try reader.array(most: Limits.inflatedBody)) { cell.writes.append(try reader.cellWrite()) }
        } else {
          cell.writes = [CellWrite(dot: dot, seq: seq, effective: effective, value: try reader.cellValue())]
        }
        state.cells.append(cell)
      }
      return state
    }
  }

  static func encode(_ id: CellID) -> [UInt8] {
    var out = CBORWriter()
    out.cellID(id)
    return out.bytes
  }
}
