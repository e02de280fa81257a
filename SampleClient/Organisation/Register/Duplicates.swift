package import Relay

/// People who were probably registered twice: the same name and month of birth in two rows.
package enum Duplicates {
  /// Ids of likely one person, each list ascending.
  package static func find(in db: Database) throws(RelayError) -> [[String]] {
    let rows = try db.query(
      """
      SELECT lower(replace(full_name, ' ', '')) || '|' || birth_ym AS same, id FROM member
      WHERE birth_ym IS NOT NULL AND merged_into IS NULL AND status NOT IN ('removed', 'deceased')
      ORDER BY same, id
      """
    ) { (row) throws(RelayError) in (same: row[0].text ?? "", id: row[1].text ?? "") }
    var groups: [[String]] = []
    var last: String?
    for row in rows {
      if row.same == last { groups[groups.count - 1].append(row.id) } else { groups.append([row.id]) }
      last = row.same
    }
    return groups.filter { $0.count > 1 }
  }

  /// Says that two rows are one person. Nothing is moved but the pointer and, so that one branch sees all of it, the
  /// row's unit: ledger, attendance and ids stay, and readers follow the pointer.
  ///
  /// - Throws: `role_forbids` for anybody but the committee.
  package static func merge(_ other: Member, into member: Member, desk: Desk, in db: Database) throws(RelayError) {
    guard desk.isCommittee else {
      throw RelayError(.roleForbids, "the committee decides who is the same person")
    }
    guard other.id != member.id, other.mergedInto == nil, member.mergedInto == nil else {
      throw RelayError(.valueNotAllowed, "\(other.title) cannot be merged into \(member.title)")
    }
    try db.execute(
      "UPDATE member SET merged_into = ?1, unit_id = ?2 WHERE id = ?3 OR merged_into = ?3",
      [.text(member.id), .text(member.unitID), .text(other.id)])
  }
}
