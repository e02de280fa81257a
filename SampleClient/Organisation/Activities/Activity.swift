package import Relay

/// Something that was planned or held.
package struct Activity: Sendable, Equatable {
  package var id: String
  package var unitID: String
  package var kind: String
  package var mode: String
  package var title: String
  package var startsAt: String?
  package var endsAt: String?
  package var place: String?
  package var points: Int
  package var state: String
  package var guests: Int
  package var books: Int
  package var hosts: [String]

  private static let columns = """
    id, unit_id, kind, mode, title, starts_at, ends_at, place, points, state, guest_count, books_given, \
    (SELECT group_concat(value, ' ') FROM json_each(hosts))
    """

  private static func read(_ row: borrowing Row) throws(RelayError) -> Activity {
    Activity(
      id: row[0].text ?? "", unitID: row[1].text ?? "", kind: row[2].text ?? "", mode: row[3].text ?? "",
      title: row[4].text ?? "", startsAt: row[5].text, endsAt: row[6].text, place: row[7].text,
      points: Int(row[8].integer ?? 0), state: row[9].text ?? "", guests: Int(row[10].integer ?? 0),
      books: Int(row[11].integer ?? 0), hosts: row[12].text?.split(separator: " ").map(String.init) ?? [])
  }

  /// - Parameter which: an id, the start of one that fits a single activity, or a whole title.
  /// - Throws: `not_found`, `value_not_allowed` where several fit.
  package static func find(_ which: String, in db: Database) throws(RelayError) -> Activity {
    let found = try db.query(
      """
      SELECT \(columns) FROM activity WHERE id = ?1 OR title = ?1 OR substr(id, 1, length(?1)) = ?1
      ORDER BY id = ?1 DESC, id
      """, [.text(which)], read)
    guard !which.isEmpty, let activity = found.first else {
      throw RelayError(.notFound, "there is no activity '\(which)' on this device")
    }
    guard activity.id == which || found.count == 1 else {
      throw RelayError(
        .valueNotAllowed, "\(found.count) activities are called '\(which)'", advice: "Nothing was changed. Give the id."
      )
    }
    return activity
  }

  /// - Parameters:
  ///   - unit: code, id or name; nil for all that this device holds.
  ///   - from: a day; activities without a time count as later.
  package static func list(unit: String?, from: String?, in db: Database) throws(RelayError) -> [Activity] {
    let zone = try Policy(in: db).zone
    let id = try unit.map { (which) throws(RelayError) in try OrgUnit.find(which, in: db).id }
    let start = try from.map { (from) throws(RelayError) in
      try ColumnRules.check(from, "from_on", of: "sweep")
      return Day(from).map { zone.start(of: $0).text }
    }
    return try db.query(
      """
      SELECT \(columns) FROM activity
      WHERE (?1 IS NULL OR unit_id = ?1 OR EXISTS (SELECT 1 FROM json_each(hosts) WHERE value = ?1))
        AND (?2 IS NULL OR coalesce(starts_at, '9999') >= ?2)
      ORDER BY coalesce(starts_at, '9999'), id
      """, [Value(id), Value(start ?? nil)], read)
  }

  /// How many have which mark.
  package func marks(in db: Database) throws(RelayError) -> [String: Int] {
    let rows = try db.query(
      "SELECT mark, count(*) FROM \(Marks.ofPersons("= ?")) GROUP BY mark", [.text(id)]
    ) { (row) throws(RelayError) in (row[0].text ?? "", Int(row[1].integer ?? 0)) }
    return Dictionary(rows) { first, _ in first }
  }
}
