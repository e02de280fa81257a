package import Relay

/// Appointing and leaving: the committee writes it, and rights follow from it.
package struct OfficerDesk: Sendable {
  private let desk: Desk

  package init(_ desk: Desk) { self.desk = desk }

  package struct New: Sendable {
    package var name: String
    package var role: String
    package var unit: String
    package var member: String?
    package var sex: String?
    package var born: String?
    package var education: String?
    package var phone: String?
    package var allowance: String?
    package var from: String?

    package init(name: String, role: String, unit: String) { (self.name, self.role, self.unit) = (name, role, unit) }
  }

  /// - Returns: the officer's id.
  package func add(_ new: New, in db: Database) throws(RelayError) -> String {
    try desk.demandCommittee()
    let unit = try OrgUnit.find(new.unit, in: db)
    try ColumnRules.check(new.role, "role", of: "officer")
    let from = new.from ?? desk.today.text
    let optional: [(String, String?)] = [
      ("sex", new.sex), ("birth_ym", new.born), ("education", new.education), ("work_phone", new.phone),
      ("from_on", from),
    ]
    var values: [Value] = []
    for (column, text) in optional {
      values.append(
        try text.map { (text) throws(RelayError) in try ColumnRules.value(text, column, of: "officer") } ?? .null)
    }
    let member = try new.member.map { (who) throws(RelayError) in try Member.find(who, in: db).id }
    // The policy says what a secretary gets; the others get nothing unless the committee says so.
    let standard = new.role == "secretary" ? try Policy(in: db).allowanceFen : 0
    let allowance =
      try new.allowance.map { (text) throws(RelayError) in text == "0" ? 0 : try Money.fen(text) } ?? standard
    let id = desk.newID()
    try db.execute(
      """
      INSERT INTO officer (id, unit_id, member_id, display_name, role, allowance_fen, sex, birth_ym, education, work_phone,
        from_on) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [.text(id), .text(unit.id), Value(member), .text(new.name), .text(new.role), Value(allowance)] + values)
    return id
  }

  /// From the day on the officer is one no longer; a device that does not know it yet takes no steps that count.
  package func leave(_ officer: Officer, on day: String?, in db: Database) throws(RelayError) {
    try desk.demandCommittee()
    let day = day ?? desk.today.text
    try ColumnRules.check(day, "until_on", of: "officer")
    try db.execute("UPDATE officer SET until_on = ? WHERE id = ?", [.text(day), .text(officer.id)])
  }

  package func change(_ officer: Officer, _ changes: [Assignment], in db: Database) throws(RelayError) {
    let columns = ["display_name", "work_phone", "sex", "birth_ym", "education", "allowance_fen", "role"]
    for change in changes { try change.write(to: "officer", id: officer.id, allowing: columns, in: db) }
  }
}

/// Thresholds: what they are, and the committee's way to set them.
package struct PolicyDesk: Sendable {
  private let desk: Desk

  package init(_ desk: Desk) { self.desk = desk }

  /// - Throws: `not_found` for a key that nothing reads; `value_not_allowed` for a value that it does not take.
  package func set(_ key: String, _ value: String, note: String?, in db: Database) throws(RelayError) {
    try desk.demandCommittee()
    guard let rule = PolicyKey.find(key) else {
      throw RelayError(
        .notFound, "nothing reads a policy '\(key)'",
        advice: "Nothing was changed. There are: \(PolicyKey.all.map(\.key).joined(separator: ", ")).")
    }
    guard try rule.takes(value, in: db) else {
      throw RelayError(
        .valueNotAllowed, "'\(value)' is no \(key)", advice: "Nothing was changed. It is \(rule.form.en).")
    }
    try db.execute(
      """
      INSERT INTO policy (key, value, since_on, note) VALUES (?1, ?2, ?3, ?4)
      ON CONFLICT (key) DO UPDATE SET value = ?2, since_on = ?3, note = coalesce(?4, note)
      """, [.text(key), .text(value), .text(desk.today.text), Value(note)])
  }
}
