package import Relay

/// Changes of a member's own columns. What follows from something else is not edited: the branch changes by a transfer,
/// `paid_through` by the ledger, the status by a decided request.
package enum MemberEdit {
  package static let columns = [
    "full_name", "sex", "birth_ym", "education", "joined_ym", "grade", "reach", "occupation", "employer", "area",
    "interests", "file_held", "came_from", "note",
  ]

  /// - Throws: `value_not_allowed`; `role_forbids` when the transaction ends, for a column that is not this role's.
  package static func write(_ changes: [Assignment], to member: Member, in db: Database) throws(RelayError) {
    for change in changes { try change.write(to: "member", id: member.id, allowing: columns, in: db) }
  }

  package struct Newcomer: Sendable {
    package var name: String
    package var sex: String?
    package var born: String?
    package var education: String?

    package init(name: String, sex: String? = nil, born: String? = nil, education: String? = nil) {
      (self.name, self.sex, self.born, self.education) = (name, sex, born, education)
    }
  }

  /// Registers somebody at the desk's unit. The number is a first one: the office hands out the numbers that people use.
  ///
  /// - Returns: the new member's id and number.
  package static func add(
    _ new: Newcomer, desk: Desk, in db: Database
  ) throws(RelayError) -> (id: String, number: String) {
    let name = try ColumnRules.value(new.name, "full_name", of: "member")
    let id = desk.newID()
    let number = "new-" + String(id.prefix(8))
    var optional: [Value] = []
    for (column, text) in [("sex", new.sex), ("birth_ym", new.born), ("education", new.education)] {
      optional.append(
        try text.map { (text) throws(RelayError) in try ColumnRules.value(text, column, of: "member") } ?? .null)
    }
    try db.execute(
      """
      INSERT INTO member (id, member_no, unit_id, full_name, sex, birth_ym, education)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """, [.text(id), .text(number), .text(desk.unit.id), name] + optional)
    return (id, number)
  }
}
