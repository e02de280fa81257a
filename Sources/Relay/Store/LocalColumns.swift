internal import RelayMerge
internal import RelayProtocol

/// What a row holds in columns that do not sync, for when it has to leave its table for a moment.
struct LocalColumns {
  private let row: RowID
  private let table: TableSchema
  private let names: [String]
  private let values: [Value]

  /// - Returns: nil where the row is not in its table, or the table has no such column that can be written.
  init?(of row: RowID, _ table: TableSchema, in db: Database) throws(RelayError) {
    let synced = Set((table.columns.map(\.name) + [table.seqColumn].compactMap { $0 }).map(SQL.folded))
    // Hidden ones are computed.
    let all = try db.query("SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid", [.text(table.name)])
    {
      (row) throws(RelayError) in row[0].text ?? ""
    }
    names = all.filter { !synced.contains(SQL.folded($0)) }
    guard !names.isEmpty else { return nil }
    let list = names.map { SQL.name($0) }.joined(separator: ", ")
    let found = try db.first("SELECT \(list) FROM \(SQL.name(table.name)) WHERE \(Self.match(table))", try row.values())
    guard let found else { return nil }
    (self.row, self.table, values) = (row, table, found)
  }

  /// Writes them back, if the row is there again.
  func restore(in db: Database) throws(RelayError) {
    let sets = names.map { SQL.name($0) + " = ?" }.joined(separator: ", ")
    try db.execute(
      "UPDATE OR IGNORE \(SQL.name(table.name)) SET \(sets) WHERE \(Self.match(table))", values + (try row.values()))
  }

  private static func match(_ table: TableSchema) -> String {
    table.key.map { SQL.name(table.columns[$0].name) + " = ?" }.joined(separator: " AND ")
  }
}
