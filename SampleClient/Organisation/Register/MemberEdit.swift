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
    for change in changes where ["mobile", "phone", "chat", "email", "address", "kin"].contains(change.column) {
      throw RelayError(
        .valueNotAllowed, "'\(change.column)' is a way to reach a member, not a column of one",
        advice:
          "Nothing was changed. `member show` lists them with their ids: `member contact change ID value=…`, or `member contact add`."
      )
    }
    for change in changes { try change.write(to: "member", id: member.id, allowing: columns, in: db) }
  }

  package struct Newcomer: Sendable {
    package var name: String
    package var sex: String?
    package var born: String?
    package var education: String?
    package var joined: String?
    package var grade: String?
    /// The day on which the member came; today, where it is nil.
    package var came: String?
    package var cameFrom: String?

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
    let came = new.came ?? desk.today.text
    guard came <= desk.today.text else {
      throw RelayError(.valueNotAllowed, "\(came) is not there yet", advice: "Nothing was changed. Check the day.")
    }
    for text in [new.born, new.joined] {
      guard let text, let month = Month(text) else { continue }
      guard Month(1900, 1) <= month, month <= desk.today.month else {
        throw RelayError(
          .valueNotAllowed, "\(text) is still to come, or too long ago", advice: "Nothing was changed. Check the month."
        )
      }
    }
    let known = [
      ("sex", new.sex), ("birth_ym", new.born), ("education", new.education), ("grade", new.grade ?? "full"),
      ("came_on", came),
    ]
    for (column, text) in known {
      optional.append(
        try text.map { (text) throws(RelayError) in try ColumnRules.value(text, column, of: "member") } ?? .null)
    }
    try db.execute(
      """
      INSERT INTO member (id, member_no, unit_id, full_name, sex, birth_ym, education, grade, came_on)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """, [.text(id), .text(number), .text(desk.unit.id), name] + optional)
    // The committee alone says since when somebody belongs, and where from; a branch says it in a note to the committee.
    for (column, text) in [("joined_ym", new.joined), ("came_from", new.cameFrom)] {
      guard let text else { continue }
      let value = try ColumnRules.value(text, column, of: "member")
      try db.execute("UPDATE member SET \"\(column)\" = ? WHERE id = ?", [value, .text(id)])
    }
    return (id, number)
  }
}
