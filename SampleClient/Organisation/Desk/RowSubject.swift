package import Relay

/// Whom or what a row is about, for people: a key says nothing to them.
package enum RowSubject {
  /// - Returns: `no. 0417, Member 0417` for a member's row and for rows that belong to one, the title of a request, activity
  ///   or notice; nil where nothing better than the key is known here.
  package static func name(_ table: String, _ key: String, in db: Database) throws(RelayError) -> String? {
    let schema = try Organisation.syncSchema.get()
    guard let known = schema.table(named: table), known.key.count == 1 else { return nil }
    func first(_ sql: String) throws(RelayError) -> String? { try db.first(sql, [.text(key)])?[0].text }
    let title = "'no. ' || m.member_no || ', ' || m.full_name"
    if table == "member" { return try first("SELECT \(title) FROM member AS m WHERE id = ?") }
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
