package import Relay

/// Where a device stands in the organisation and what waits for the people at it, for `status`.
package struct Agenda: Sendable, Equatable {
  /// Open requests whose next step is a unit's.
  package struct Turn: Sendable, Equatable {
    package let unit: String
    package let requests: Int
  }

  /// The unit at work here with its kind and the unit above; nil where nobody has said which it is.
  package let place: Place?
  /// Rows that the office has set aside.
  package let review: Int
  /// Transfers whose next step is this unit's.
  package let transfers: Int
  /// Requests of every kind that wait for this unit, transfers among them.
  package let requests: Int
  /// At the committee: requests to which everybody has said yes; `office settle` carries them out.
  package let toSettle: Int
  /// Requests seen here that wait for others, by code.
  package let others: [Turn]
  /// Members whom nobody has reached for the months after which they are at risk.
  package let silent: Int
  package let silentMonths: Int
  /// Who works with this device, as it was last told.
  package let officer: String?

  package struct Place: Sendable, Equatable {
    package let code: String
    package let name: String
    package let level: String
    /// `direct`, `enterprise` or `themed`, of a branch.
    package let kind: String?
    package let above: String?
  }

  /// - Parameter unit: the unit at work here; nil where nobody has said, and then nothing waits for anybody.
  package init(_ look: Look, unit: String?) throws(RelayError) {
    place = try unit.flatMap { (id) throws(RelayError) in try Agenda.place(id, look) }
    review = try Review.open(in: look.db).items.count
    let all = try RequestPages.standings(RequestPages.kinds, look).filter { $0.isMain && !$0.request.isClosed }
    toSettle = place?.level == OrgUnit.Level.committee.rawValue ? all.count { $0.awaitsOffice } : 0
    let open = all.filter { $0.next != nil }
    let own = open.filter { unit != nil && $0.next?.id == unit }
    requests = own.count
    transfers = own.count { $0.request.kind == "transfer_internal" }
    let rest = open.filter { $0.next?.id != unit }
    let turns = Dictionary(grouping: rest) { $0.next?.code ?? "?" }
    others = turns.map { Turn(unit: $0.key, requests: $0.value.count) }.sorted { $0.unit < $1.unit }
    officer = try DeviceNotes.value("officer", in: look.db).flatMap { (id) throws(RelayError) in
      try Officer.name(id, in: look.db)
    }
    silentMonths = look.policy.atRiskMonths
    let since = look.day.earlier(byMonths: silentMonths).text
    silent = try look.count(
      """
      SELECT count(*) FROM member
      WHERE status = 'active' AND merged_into IS NULL AND coalesce(last_contact_on, '') < ?
      """, [.text(since)])
  }

  private static func place(_ unit: String, _ look: Look) throws(RelayError) -> Place? {
    let row = try look.rows(
      """
      SELECT u.code, u.name, u.level, u.kind, p.code FROM org_unit AS u LEFT JOIN org_unit AS p ON p.id = u.parent_id
      WHERE u.id = ?
      """, [.text(unit)]
    ).first
    return row.map { row in
      Place(
        code: row[0].text ?? "", name: row[1].text ?? "", level: row[2].text ?? "", kind: row[3].text,
        above: row[4].text)
    }
  }
}
