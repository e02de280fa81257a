package import Relay

/// A place in the organisation: the committee, a region, a branch. Every device holds them all.
package struct OrgUnit: Sendable, Equatable {
  package enum Level: String, Sendable { case committee, regional, branch }

  package var id: String
  package var parentID: String?
  package var level: Level
  package var code: String
  package var name: String

  private static let columns = "SELECT id, parent_id, level, code, name FROM org_unit"

  private static func read(_ row: borrowing Row) throws(RelayError) -> OrgUnit {
    guard let level = Level(rawValue: row[2].text ?? "") else {
      throw RelayError(.corrupt, "a unit has the level \(row[2])")
    }
    return OrgUnit(
      id: row[0].text ?? "", parentID: row[1].text, level: level, code: row[3].text ?? "", name: row[4].text ?? "")
  }

  /// - Parameter which: a code, an id, or the whole name.
  /// - Throws: `not_found`.
  package static func find(_ which: String, in db: Database) throws(RelayError) -> OrgUnit {
    let found = try db.query(columns + " WHERE id = ?1 OR code = ?1 OR name = ?1 ORDER BY id", [.text(which)], read)
    guard let unit = found.first else {
      throw RelayError(
        .notFound, "there is no unit '\(which)'", advice: "Nothing was changed. Give a code such as B017.")
    }
    return unit
  }

  /// All of them, by id.
  package static func all(in db: Database) throws(RelayError) -> [String: OrgUnit] {
    let units = try db.query(columns, [], read)
    return Dictionary(units.map { ($0.id, $0) }) { first, _ in first }
  }

  /// The committee's own.
  ///
  /// - Throws: `not_found` in a file that has no organisation yet.
  package static func committee(in db: Database) throws(RelayError) -> OrgUnit {
    let found = try db.query(columns + " WHERE level = 'committee' ORDER BY id LIMIT 1", [], read)
    guard let unit = found.first else {
      throw RelayError(.notFound, "this file holds no committee", advice: "Nothing was changed. Sync first.")
    }
    return unit
  }
}
