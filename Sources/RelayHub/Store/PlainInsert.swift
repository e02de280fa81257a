/// A statement that inserts one row of values into a table of the store, answers nothing and looks at nothing: rows of it
/// may wait for others like them and go together, many as one statement, before anybody looks at the table.
package struct PlainInsert {
  /// Its place in `StoredTable.all`.
  let table: Int
  /// Up to its values: `INSERT INTO table` or `INSERT INTO table(columns)`.
  package let head: String
  /// What comes after them.
  package let tail: String
  /// Of each column whether it holds numbers, not bytes.
  package let areNumbers: [Bool]

  /// Puts a replica's head in place of the one before; no two of them wait for one replica.
  static let replaces = "ON CONFLICT (id) DO UPDATE SET n = excluded.n, hash = excluded.hash"

  /// - Returns: nil for any other statement.
  package init?(_ sql: String) {
    guard sql.hasPrefix("INSERT INTO "), let place = sql.firstRange(of: "VALUES (") else { return nil }
    let rest = sql[place.upperBound...]
    guard let end = rest.firstIndex(of: ")") else { return nil }
    (head, tail) = (sql[..<place.lowerBound].trimmed, rest[rest.index(after: end)...].trimmed)
    guard ["", "ON CONFLICT DO NOTHING", PlainInsert.replaces].contains(tail) else { return nil }
    let words = head.dropFirst("INSERT INTO ".count).split { "(), \"\n".contains($0) }
    guard let table = StoredTable.all.firstIndex(where: { $0.name == words.first ?? "" }) else { return nil }
    self.table = table
    let columns = StoredTable.all[table].columns
    var given = columns.map(\.kind)
    if words.count > 1 {
      given = words.dropFirst().compactMap { word in columns.first { $0.name == word }?.kind }
      guard given.count == words.count - 1 else { return nil }
    }
    areNumbers = given.map { $0 == .number }
    guard rest[..<end].split(separator: ",").map(\.trimmed) == given.indices.map({ "$\($0 + 1)" }) else { return nil }
  }
}

extension Substring {
  fileprivate var trimmed: String { String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()) }
}
