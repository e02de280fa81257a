internal import RelayMerge
internal import RelayProtocol

/// The SQL of one synced table. Names come from the checked sync schema and are quoted all the same.
final class TableSQL {
  let log: String
  /// SELECT of every synced column in schema order, by key.
  let selectRow: String
  let upsert: String
  let delete: String
  /// SELECT of every row.
  let scan: String
  /// SELECT of the log: kind, every synced column, the seq shown.
  let selectLog: String
  /// The same of the records after one.
  let selectLogAfter: String
  /// INSERT into the log: kind, every synced column.
  let insertLog: String
  let clearLog: String
  /// Of the column that shows the hub's seq; nil where the table has none.
  let selectSeq: String?
  let updateSeq: String?

  init(_ table: TableSchema) {
    func quote(_ name: String) -> String { "\"\(name)\"" }
    let name = quote(table.name)
    let columns = table.columns.map { quote($0.name) }
    let keyMatch = table.key.map { "\(columns[$0]) = ?" }.joined(separator: " AND ")
    let keyList = table.key.map { columns[$0] }.joined(separator: ", ")
    let list = columns.joined(separator: ", ")
    log = "relay_log_\(table.id)"
    selectRow = "SELECT \(list) FROM \(name) WHERE \(keyMatch)"
    let marks = columns.map { _ in "?" }.joined(separator: ", ")
    let updates = table.others.map { "\(columns[$0]) = excluded.\(columns[$0])" }.joined(separator: ", ")
    let action = updates.isEmpty ? "DO NOTHING" : "DO UPDATE SET \(updates)"
    // ABORT, whatever the app's own constraints say of conflicts: nothing may go or stay out unnoticed.
    upsert = "INSERT OR ABORT INTO \(name) (\(list)) VALUES (\(marks)) ON CONFLICT (\(keyList)) \(action)"
    delete = "DELETE FROM \(name) WHERE \(keyMatch)"
    scan = "SELECT \(list) FROM \(name)"
    let logged = table.columns.map { "c\($0.id)" }.joined(separator: ", ")
    selectLog = "SELECT kind, \(logged), seq FROM \(log) ORDER BY id"
    selectLogAfter = "SELECT kind, \(logged), seq FROM \(log) WHERE id > ? ORDER BY id"
    insertLog = "INSERT INTO \(log) (kind, \(logged)) VALUES (?, \(marks))"
    clearLog = "DELETE FROM \(log)"
    selectSeq = table.seqColumn.map { "SELECT \(quote($0)) FROM \(name) WHERE \(keyMatch)" }
    updateSeq = table.seqColumn.map { "UPDATE \(name) SET \(quote($0)) = ? WHERE \(keyMatch)" }
  }
}

/// What a log record says of the row that its columns name.
enum Touch: Int64 {
  /// The row was not there: only the key's columns are filled.
  case inserted = 1
  /// The row was there, and these were its values.
  case was = 2
}
