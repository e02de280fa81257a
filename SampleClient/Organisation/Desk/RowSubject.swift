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

  /// - Returns: `no. 0417, Member 0417` for a member's row and for rows that belong to one, with `mobile` for a number; the
  ///   title of a request, activity or notice; nil where nothing better than the key is known here.
  package static func name(_ table: String, _ key: String, in db: Database) throws(RelayError) -> String? {
    let schema = try Organisation.syncSchema.get()
    guard let known = schema.table(named: table), known.key.count == 1 else { return nil }
    func first(_ sql: String) throws(RelayError) -> String? { try db.first(sql, [.text(key)])?[0].text }
    if table == "member" || known.column(named: "member_id") != nil {
      let own = table == "member" ? "t.id" : "t.member_id"
      let kind = table == "contact_point" ? "t.kind" : "NULL"
      let found = try db.first(
        "SELECT m.member_no, m.full_name, \(kind) FROM \"\(table)\" AS t JOIN member AS m ON m.id = \(own) WHERE t.id = ?",
        [.text(key)])
      guard let found else { return nil }
      let (number, name) = (found[0].text ?? "?", found[1].text ?? "?")
      let title = Language.say("no. \(number), \(name)", "编号\(number)，\(name)")
      return title
        + (found[2].text.map { Language.say(", ", "，") + Words.of($0, Language.spoken) } ?? "")
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
