internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// Writes rows of one table straight from the bytes that travelled into bound statements.
final class TableWriter {
  let table: TableSchema
  private let affinities: [Affinity]
  private let insert: PreparedStatement
  private let update: PreparedStatement
  private let select: PreparedStatement
  private let delete: PreparedStatement
  private let hasSeq: Bool
  private let db: Database
  /// A trigger of the app may ignore a write without a word.
  private let mayIgnore: Bool
  /// Where each column's value comes from, for the columns of the present run.
  private var sources: [Source] = []
  private var run = -1
  private var keys: [ValueSpan] = []
  /// The defaults' CBOR, by position.
  private let defaults: [[UInt8]]
  private let readable: [Bool]

  private enum Source {
    case key(Int)
    case value(Int)
    case absent
  }

  /// Nothing of a row that was written; it needs more thought.
  enum Outcome { case written, exists, refused }

  /// - Throws: `sql` where this connection cannot write the table at all, such as for a function that it lacks.
  init(_ core: ReplicaCore, _ table: TableSchema, role: String) throws(RelayError) {
    (self.table, db) = (table, core.db)
    mayIgnore = try core.tables.appTriggers().tables.contains(table.id)
    affinities = try core.tables.affinities(table)
    func quote(_ name: String) -> String { "\"\(name)\"" }
    let name = quote(table.name)
    var columns = table.columns.map { quote($0.name) }
    let match = table.key.map { "\(columns[$0]) = ?\($0 + 1)" }.joined(separator: " AND ")
    var sets = table.others.map { "\(columns[$0]) = ?\($0 + 1)" }
    hasSeq = table.seqColumn != nil
    if let seq = table.seqColumn {
      columns.append(quote(seq))
      sets.append("\(quote(seq)) = ?\(columns.count)")
    }
    let marks = columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
    insert = try core.db.prepared("INSERT OR ABORT INTO \(name) (\(columns.joined(separator: ", "))) VALUES (\(marks))")
    // A table of nothing but its key has nothing to update.
    update = try core.db.prepared(
      sets.isEmpty
        ? "SELECT 1 WHERE ?1 IS NULL" : "UPDATE OR ABORT \(name) SET \(sets.joined(separator: ", ")) WHERE \(match)")
    select = try core.db.prepared(core.sql(table).selectRow)
    delete = try core.db.prepared("DELETE FROM \(name) WHERE \(match)")
    defaults = table.columns.map { column in
      var out = CBORWriter()
      out.value(column.defaultValue)
      return out.bytes
    }
    let readable = Set(table.readableColumns(role))
    self.readable = table.columns.indices.map { readable.contains($0) }
  }

  /// To be called for each row before anything else.
  func take(_ row: RowCursor) throws(RelayError) {
    try keySpans(row.key, into: &keys)
    guard keys.count == table.key.count else {
      throw RelayError(.malformedMessage, "a key of \(table.name) has \(table.key.count) values")
    }
    guard row.run != run else { return }
    run = row.run
    sources = table.columns.map { column in
      row.columns.firstIndex(of: column.id).map { .value($0) } ?? .absent
    }
    for (at, column) in table.key.enumerated() { sources[column] = .key(at) }
  }

  /// Would the file store another value than one of the row's?
  func mayChange(_ row: RowCursor) -> Bool {
    for (at, source) in sources.enumerated() {
      switch source {
      case .key(let key): if affinities[at].mayChange(keys[key]) { return true }
      case .value(let value): if affinities[at].mayChange(row.values[value]) { return true }
      case .absent: if affinities[at].mayChange(table.columns[at].defaultValue) { return true }
      }
    }
    return false
  }

  /// The row as it stands in its table; nil where it does not.
  func standing() throws(RelayError) -> [Value]? {
    for (at, key) in keys.enumerated() { select.bind(at + 1, key) }
    let values = try select.step() ? select.row.values : nil
    select.reset()
    return values
  }

  /// Does the table show the row as it arrived? Nil where it is not there.
  func shows(_ row: RowCursor) throws(RelayError) -> Bool? {
    for (at, key) in keys.enumerated() { select.bind(at + 1, key) }
    defer { select.reset() }
    guard try select.step() else { return nil }
    return sources.indices.allSatisfy { at in
      switch sources[at] {
      case .key: true
      case .value(let value): select.row.equals(at, row.values[value])
      case .absent: select.row[at] == table.columns[at].defaultValue
      }
    }
  }

  func insert(_ row: RowCursor) throws(RelayError) -> Outcome {
    bind(row, insert)
    do throws(RelayError) {
      try insert.run()
      return mayIgnore && db.changes == 0 ? .refused : .written
    } catch {
      guard error.isOfTheRow(in: db) else { throw error }
      return error.code == .constraint ? .exists : .refused
    }
  }

  func update(_ row: RowCursor) throws(RelayError) -> Outcome {
    bind(row, update)
    do throws(RelayError) {
      try update.run()
      return mayIgnore && db.changes == 0 ? .refused : .written
    } catch {
      guard error.isOfTheRow(in: db) else { throw error }
      return .refused
    }
  }

  func remove() throws(RelayError) -> Outcome {
    bindKey(delete)
    do throws(RelayError) {
      try delete.run()
      return mayIgnore && db.changes == 0 ? .refused : .written
    } catch {
      guard error.isOfTheRow(in: db) else { throw error }
      return .refused
    }
  }

  /// What e(R) is made of, for the columns that the role reads and that are not at their default.
  func describe(_ row: RowCursor, _ form: inout RowForm) {
    for (at, source) in sources.enumerated() where readable[at] {
      guard case .value(let value) = source else { continue }
      let bytes = row.valueBytes(value)
      if !defaults[at].withUnsafeBytes({ $0.isSame(bytes) }) { form.add(table.columns[at].id, bytes) }
    }
  }

  func describe(_ values: [Value], _ form: inout RowForm) {
    for at in table.others where readable[at] && values[at] != table.columns[at].defaultValue {
      form.add(table.columns[at].id, values[at])
    }
  }

  /// The bytes of one column's value as it travelled.
  func bytes(_ column: Int, _ row: RowCursor) -> [UInt8] {
    switch sources[column] {
    case .value(let value): return Array(row.valueBytes(value))
    case .absent: return defaults[column]
    case .key(let key):
      var out = CBORWriter()
      out.value(keys[key].value)
      return out.bytes
    }
  }

  /// Is a column's value, as it travelled, these bytes?
  func equals(_ column: Int, _ row: RowCursor, _ bytes: ArraySlice<UInt8>) -> Bool {
    guard case .value(let value) = sources[column] else { return self.bytes(column, row)[...] == bytes }
    return row.valueBytes(value).elementsEqual(bytes)
  }

  /// All of the row's values, by position in the table's columns.
  func values(_ row: RowCursor) -> [Value] {
    sources.enumerated().map { at, source in
      switch source {
      case .key(let key): keys[key].value
      case .value(let value): row.values[value].value
      case .absent: table.columns[at].defaultValue
      }
    }
  }

  private func bind(_ row: RowCursor, _ statement: borrowing PreparedStatement) {
    for at in sources.indices {
      switch sources[at] {
      case .key(let key): statement.bind(at + 1, keys[key])
      case .value(let value): statement.bind(at + 1, row.values[value])
      case .absent: statement.bind(at + 1, table.columns[at].defaultValue)
      }
    }
    if hasSeq { statement.bind(sources.count + 1, Int64(clamping: row.seq)) }
  }

  private func bindKey(_ statement: borrowing PreparedStatement) {
    for (at, column) in table.key.enumerated() { statement.bind(column + 1, keys[at]) }
  }
}

extension PreparedStatement {
  func bind(_ at: Int, _ value: ValueSpan) {
    switch value {
    case .null: bindNull(at)
    case .integer(let x): bind(at, x)
    case .real(let x): bind(at, x)
    case .text(let bytes), .malformedText(let bytes): bind(at, text: bytes)
    case .blob(let bytes): bind(at, blob: bytes)
    }
  }
}

extension Affinity {
  func mayChange(_ value: ValueSpan) -> Bool {
    switch (self, value) {
    case (.none, _), (_, .null), (_, .blob): false
    case (.text, .integer), (.text, .real): true
    case (.text, _): false
    case (.real, .real(let x)): x.bitPattern == (-0.0).bitPattern
    case (.integer, .integer), (.numeric, .integer): false
    default: true
    }
  }
}
