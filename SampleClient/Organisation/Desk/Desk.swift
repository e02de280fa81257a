package import Relay

/// Who writes, from which unit, at what time and with which new ids: all that a command takes from outside. The same
/// desk and the same rows give the same result.
package struct Desk: Sendable {
  package var officer: Officer
  package var unit: OrgUnit
  package var now: Instant
  /// The part of a receipt number that tells this device from the unit's others, such as `2`.
  package var device: String
  /// A new id at every call.
  package var newID: @Sendable () -> String

  package init(
    officer: Officer, unit: OrgUnit, now: Instant, device: String, newID: @escaping @Sendable () -> String
  ) {
    self.officer = officer
    self.unit = unit
    self.now = now
    self.device = device
    self.newID = newID
  }

  /// Who wrote, for people to read in conflicts and history.
  package var author: String { "\(officer.name) (\(unit.code))" }

  package var today: Day { now.dayParts }

  package var isCommittee: Bool { unit.level == .committee }

  /// May this desk's device write what belongs to the unit? The hub decides; this is for a clear answer at once.
  package func serves(_ other: OrgUnit) -> Bool {
    switch unit.level {
    case .committee: true
    case .regional: other.id == unit.id || other.parentID == unit.id
    case .branch: other.id == unit.id
    }
  }
}

/// Somebody who works for a unit.
package struct Officer: Sendable, Equatable {
  package var id: String
  package var unitID: String
  package var name: String
  package var role: String

  /// - Parameter who: an id or the whole name.
  /// - Throws: `not_found`; `value_not_allowed` where several have that name.
  package static func find(_ who: String, in db: Database) throws(RelayError) -> Officer {
    let found = try db.query(
      "SELECT id, unit_id, display_name, role FROM officer WHERE id = ?1 OR display_name = ?1 ORDER BY id",
      [.text(who)]
    ) { (row) throws(RelayError) in
      Officer(id: row[0].text ?? "", unitID: row[1].text ?? "", name: row[2].text ?? "", role: row[3].text ?? "")
    }
    if let exact = found.first(where: { $0.id == who }) { return exact }
    guard let officer = found.first else {
      throw RelayError(
        .notFound, "there is no officer '\(who)' in this file", advice: "Nothing was changed. Give an id or a name.")
    }
    guard found.count == 1 else {
      throw RelayError(
        .valueNotAllowed, "\(found.count) officers are called '\(who)': \(found.map(\.id).joined(separator: ", "))",
        advice: "Nothing was changed. Give the id.")
    }
    return officer
  }

  package static func name(_ id: String, in db: Database) throws(RelayError) -> String? {
    try db.first("SELECT display_name FROM officer WHERE id = ?", [.text(id)])?[0].text
  }
}
