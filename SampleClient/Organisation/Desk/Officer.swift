package import Relay

/// Somebody who works for a unit.
package struct Officer: Sendable, Equatable {
  package var id: String
  package var unitID: String
  package var name: String
  package var role: String
  package var from: String = ""
  /// The first day on which the officer is one no longer.
  package var until: String?

  private static let select = "SELECT id, unit_id, display_name, role, from_on, until_on FROM officer"

  private static func read(_ row: borrowing Row) throws(RelayError) -> Officer {
    Officer(
      id: row[0].text ?? "", unitID: row[1].text ?? "", name: row[2].text ?? "", role: row[3].text ?? "",
      from: row[4].text ?? "", until: row[5].text)
  }

  package func isInOffice(on day: String) -> Bool { from <= day && until.map { day < $0 } ?? true }

  /// For people to read in conflicts and history.
  package func author(_ unit: String?) -> String { name + (unit.map { " (\($0))" } ?? "") }

  /// By id.
  package static func all(in db: Database) throws(RelayError) -> [String: Officer] {
    let officers = try db.query(select, [], read)
    return Dictionary(officers.map { ($0.id, $0) }) { first, _ in first }
  }

  /// - Parameters:
  ///   - who: an id or the whole name.
  ///   - day: who had left by then is not meant by a name.
  /// - Throws: `not_found`; `value_not_allowed` where several have that name.
  package static func find(_ who: String, on day: String? = nil, in db: Database) throws(RelayError) -> Officer {
    let all = try db.query(select + " WHERE id = ?1 OR display_name = ?1 ORDER BY id", [.text(who)], read)
    let current = all.filter { officer in day.map { officer.isInOffice(on: $0) } ?? true }
    let found = current.isEmpty ? all : current
    if let exact = found.first(where: { $0.id == who }) { return exact }
    guard let officer = found.first else {
      throw RelayError(
        .notFound,
        Language.say("there is no officer '\(who)' in this file", "本机没有“\(who)”这位干部"),
        advice: Language.say("Nothing was changed. Give an id or a name.", "未作更改。请给出标识或姓名。"))
    }
    guard found.count == 1 else {
      throw RelayError(
        .valueNotAllowed,
        Language.say("\(found.count) officers are called '\(who)': ", "有\(found.count)位干部名为“\(who)”：")
          + found.map(\.id).joined(separator: ", "),
        advice: Language.say("Nothing was changed. Give the id.", "未作更改。请给出标识。"))
    }
    return officer
  }

  package static func name(_ id: String, in db: Database) throws(RelayError) -> String? {
    try db.first("SELECT display_name FROM officer WHERE id = ?", [.text(id)])?[0].text
  }
}
