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

  /// Who else may be this person: of the same name, and of the same month of birth where both are known.
  package static func like(_ id: String, in db: Database) throws(RelayError) -> [Member] {
    let others = try db.query(
      """
      SELECT o.id FROM member AS m JOIN member AS o ON o.id <> m.id
        AND lower(replace(o.full_name, ' ', '')) = lower(replace(m.full_name, ' ', ''))
        AND coalesce(o.birth_ym = m.birth_ym, 1)
      WHERE m.id = ? AND o.merged_into IS NULL AND o.status NOT IN ('removed', 'deceased') ORDER BY o.member_no
      """, [.text(id)]
    ) { (row) throws(RelayError) in row[0].text ?? "" }
    return try others.map { (id) throws(RelayError) in try Member.find(id, in: db) }
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
