package import Relay

/// Whom or what a row is about, for people: a key says nothing to them.
package enum RowSubject {
  /// The key of the only row that people call so.
  ///
  /// - Returns: nil where there is none, or more than one.
  package static func key(_ table: String, _ called: String, in db: Database) throws(RelayError) -> String? {
    let columns = ["member": ["member_no", "full_name"], "activity": ["title"], "org_unit": ["code", "name"]]
    guard let names = columns[table] ?? (table == "request" ? [] : nil) else { return nil }
    let conditions = names.map { "\"\($0)\" = ?1" } + ["substr(id, 1, length(?1)) = ?1"]
    let found = try db.query(
      "SELECT id FROM \"\(table)\" WHERE id = ?1 OR \(conditions.joined(separator: " OR ")) ORDER BY id = ?1 DESC, id LIMIT 2",
      [.text(called)]
    ) { (row) throws(RelayError) in row[0].text ?? "" }
    return found.count == 1 || found.first == called ? found.first : nil
  }

  /// - Returns: `no. 0417, Member 0417` for a member's row and for rows that belong to one, with `mobile` for a number; the title of a request, activity
  ///   or notice; nil where nothing better than the key is known here.
  package static func name(_ table: String, _ key: String, in db: Database) throws(RelayError) -> String? {
    let schema = try Organisation.syncSchema.get()
    guard let known = schema.table(named: table), known.key.count == 1 else { return nil }
    func first(_ sql: String) throws(RelayError) -> String? { try db.first(sql, [.text(key)])?[0].text }
    let title = "'no. ' || m.member_no || ', ' || m.full_name"
    if table == "member" { return try first("SELECT \(title) FROM member AS m WHERE id = ?") }
    if table == "contact_point" {
      return try first(
        "SELECT \(title) || ', ' || t.kind FROM contact_point AS t JOIN member AS m ON m.id = t.member_id WHERE t.id = ?"
      )
    }
    if known.column(named: "member_id") != nil {
      return try first("SELECT \(title) FROM member AS m JOIN \"\(table)\" AS t ON t.member_id = m.id WHERE t.id = ?")
    }
    if table == "request_line" {
      return try first(
        "SELECT l.item || coalesce(', ' || r.title, '') FROM request_line AS l LEFT JOIN request AS r ON r.id = l.request_id WHERE l.id = ?"
      )
    }
    for column in ["title", "display_name", "name"] where known.column(named: column) != nil {
      return try first("SELECT \"\(column)\" FROM \"\(table)\" WHERE id = ?")
    }
    return nil
  }
}
