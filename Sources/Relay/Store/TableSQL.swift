internal import RelayMerge
internal import RelayProtocol

/// The SQL of one synced table. Names come from the checked sync schema and are quoted all the same.
final class TableSQL {
  /// SELECT of every synced column in schema order, by key.
  let selectRow: String
  let upsert: String
  let delete: String
  /// SELECT of every row.
  let scan: String
  /// Of the column that shows the hub's seq; nil where the table has none.
  let selectSeq: String?
  let updateSeq: String?

  /// - Parameter affinities: of the columns, in their order; empty where the file was not looked at.
  init(_ table: TableSchema, affinities: [Affinity] = []) {
    let quote = SQL.name
    let name = quote(table.name)
    let columns = table.columns.map { quote($0.name) }
    let keyMatch = table.key.map { "\(columns[$0]) = ?" }.joined(separator: " AND ")
    let keyList = table.key.map { columns[$0] }.joined(separator: ", ")
    let list = columns.joined(separator: ", ")
    let read = columns.indices.map { at in
      at < affinities.count ? affinities[at].exact(columns[at], table.columns[at].type) : columns[at]
    }.joined(separator: ", ")
    selectRow = "SELECT \(read) FROM \(name) WHERE \(keyMatch)"
    let marks = columns.map { _ in "?" }.joined(separator: ", ")
    let updates = table.others.map { "\(columns[$0]) = excluded.\(columns[$0])" }.joined(separator: ", ")
    let action = updates.isEmpty ? "DO NOTHING" : "DO UPDATE SET \(updates)"
    // ABORT, whatever the app's own constraints say of conflicts: nothing may go or stay out unnoticed.
    upsert = "INSERT OR ABORT INTO \(name) (\(list)) VALUES (\(marks)) ON CONFLICT (\(keyList)) \(action)"
    delete = "DELETE FROM \(name) WHERE \(keyMatch)"
    scan = "SELECT \(read) FROM \(name)"
    selectSeq = table.seqColumn.map { "SELECT \(quote($0)) FROM \(name) WHERE \(keyMatch)" }
    updateSeq = table.seqColumn.map { "UPDATE \(name) SET \(quote($0)) = ? WHERE \(keyMatch)" }
  }
}
