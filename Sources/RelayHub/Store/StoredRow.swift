internal import RelayMerge
internal import RelayProtocol

/// A row as the hub keeps it: every cell with its live writes, and where the row is.
struct StoredRow {
  var row: RowID
  var id: Int64?
  /// Of the last transaction that wrote it.
  var seq: UInt64 = 0
  var state: RowState {
    get { plain?.state ?? cells }
    _modify {
      if let plain { (cells, self.plain) = (plain.state, nil) }
      yield &cells
    }
  }
  private var cells = RowState()
  /// Stands for the cells until somebody changes one.
  private(set) var plain: PlainRow?
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

  /// One that a transaction makes.
  init(_ row: RowID, _ plain: PlainRow) { (self.row, self.plain, seq) = (row, plain, plain.origin.seq) }

  /// From the bytes of a feed.
  init(_ row: FeedRow, _ table: TableSchema, _ session: HubSession) throws(RelayError) {
    self.row = row.row
    id = row.place.row
    seq = row.changed
    scopes = try StoredRow.scopes(row.scopes)
    isOrphan = row.isOrphan
    state = try StoredForm.decode(
      values: row.values, stamps: row.stamps, columns: try session.columns(ofShape: row.shape), row.row, table)
  }

  var scopeNames: [String] { scopes.map(\.name) }

  func isAlive(_ table: TableSchema) -> Bool { plain != nil || table.isAlive(cells) }

  /// What it shows, or would show if it were alive, by position in the columns of the table in force.
  func allValues(_ table: TableSchema) throws(RelayError) -> [Value] {
    if let plain { return plain.fresh.values }
    return try table.allValues(row, cells)
  }

  func shownValues(_ table: TableSchema) throws(RelayError) -> [Value]? {
    isAlive(table) ? try allValues(table) : nil
  }

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
  func load(_ row: RowID) throws(RelayError) -> StoredRow? { try load([row])[0] }

  /// - Returns: in the order asked for; nil where there is none.
  func load(_ rows: [RowID]) throws(RelayError) -> [StoredRow?] {
    var list: [StoredRow?] = []
    list.reserveCapacity(rows.count)
    for bytes in try store.rows.rows(rows) {
      list.append(try bytes.map { (bytes) throws(RelayError) in try decode(bytes) })
    }
    return list
  }

  func load(id: Int64) throws(RelayError) -> StoredRow? {
    try store.rows.row(id).map { (bytes) throws(RelayError) in try decode(bytes) }
  }

  func children(of rows: [RowID]) throws(RelayError) -> [StoredRow] {
    var list: [StoredRow] = []
    for bytes in try store.rows.children(of: rows) { list.append(try decode(bytes)) }
    return list
  }

  func isAlive(_ stored: StoredRow) -> Bool { schema.table(stored.row.table).map(stored.isAlive) ?? false }

  /// Writes a row; the first time it gets its number.
  ///
  /// - Parameter isOwn: its transaction was read ahead, and names it.
  func save(_ stored: inout StoredRow, isOwn: Bool = false) throws(RelayError) {
    guard let table = schema.table(stored.row.table) else { throw RelayError(.invariant, "a row of an unknown table") }
    let form: StoredForm
    if let plain = stored.plain {
      form = StoredForm(plain)
    } else {
      form = StoredForm(stored.state, table, shown: try stored.allValues(table))
    }
    var scopes = CBORWriter()
    scopes.array(stored.scopes.count * 2)
    for scope in stored.scopes {
      scopes.textString(scope.name)
      scopes.unsigned(scope.seq)
    }
    var homes = CBORWriter()
    homes.array(stored.homes.count)
    for home in stored.homes { homes.textString(home) }
    let isNew = stored.id == nil
    let id: Int64
    if let known = stored.id { id = known } else { id = try nextRow() }
    stored.id = id
    let bytes = RowBytes(
      id: id, row: stored.row, seq: stored.seq, isAlive: stored.isAlive(table), parent: stored.parent,
      scopes: scopes.bytes, homes: homes.bytes, isOrphan: stored.isOrphan, flags: form.flags,
      shape: try shape(of: table), values: form.values, stamps: form.stamps)
    try store.rows.put(bytes, isNew: isNew)
    note(bytes, isOwn: isOwn)
  }

  func decode(_ bytes: RowBytes) throws(RelayError) -> StoredRow {
    var stored = StoredRow(bytes.row)
    stored.id = bytes.id
    stored.seq = bytes.seq
    stored.parent = bytes.parent
    stored.scopes = try StoredRow.scopes(bytes.scopes)
    stored.homes = try CBORReader.decode(bytes.homes) { (reader) throws(RelayError) in
      var list: [String] = []
      for _ in 0..<(try reader.array(most: Limits.inflatedBody)) {
        list.append(try reader.textString(most: Limits.scopeName))
      }
      return list
    }
    stored.isOrphan = bytes.isOrphan
    guard let table = schema.table(bytes.row.table) else {
      throw RelayError(.corrupt, "the hub's store has a row of a table that its schema does not know")
    }
    stored.state = try StoredForm.decode(
      values: bytes.values, stamps: bytes.stamps, columns: try columns(ofShape: bytes.shape), stored.row, table)
    return stored
  }
}
