package import Relay

/// A member as this device holds the row; hidden columns are nil.
package struct Member: Sendable, Equatable {
  package var id: String
  package var number: String
  package var unitID: String
  package var name: String
  package var sex: String?
  package var born: String?
  package var education: String?
  package var joined: String?
  package var grade: String
  package var status: String
  package var reach: String
  package var lastContact: String?
  package var paidThrough: String?
  package var occupation: String?
  package var employer: String?
  package var area: String?
  package var interests: String
  package var cameOn: String?
  package var mergedInto: String?
  package var note: String?

  static let columns = """
    m.id, m.member_no, m.unit_id, m.full_name, m.sex, m.birth_ym, m.education, m.joined_ym, m.grade, m.status, m.reach, \
    m.last_contact_on, m.paid_through, m.occupation, m.employer, m.area, m.interests, m.came_on, m.merged_into, m.note
    """

  static func read(_ row: borrowing Row) throws(RelayError) -> Member {
    Member(
      id: row[0].text ?? "", number: row[1].text ?? "", unitID: row[2].text ?? "", name: row[3].text ?? "",
      sex: row[4].text, born: row[5].text, education: row[6].text, joined: row[7].text, grade: row[8].text ?? "",
      status: row[9].text ?? "", reach: row[10].text ?? "", lastContact: row[11].text, paidThrough: row[12].text,
      occupation: row[13].text, employer: row[14].text, area: row[15].text, interests: row[16].text ?? "[]",
      cameOn: row[17].text, mergedInto: row[18].text, note: row[19].text)
  }

  /// Everybody whom this device holds, by id.
  package static func titles(in db: Database) throws(RelayError) -> [String: String] {
    let rows = try db.query("SELECT id, member_no, full_name FROM member", []) { (row) throws(RelayError) in
      (row[0].text ?? "", "no. \(row[1].text ?? "?"), \(row[2].text ?? "?")")
    }
    return Dictionary(rows) { first, _ in first }
  }

  /// What a request about the member is called; it is what an old branch keeps of somebody who left.
  /// Requests keep it: it stays the same in every language.
  package var title: String { "no. \(number), \(name)" }
  package var titleInChinese: String { "编号\(number)，\(name)" }

  /// The number that somebody wrote without the zeros at its front; nil where there is none.
  private static func fullNumber(_ who: String, in db: Database) throws(RelayError) -> String? {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard !who.isEmpty, who.utf8.allSatisfy({ digits.contains($0) }) else { return nil }
    return try db.first(
      """
      SELECT member_no FROM member WHERE ltrim(member_no, '0') = ltrim(?1, '0') AND member_no <> ?1
      ORDER BY length(member_no), member_no LIMIT 1
      """, [.text(who)])?[0].text
  }

  /// - Parameter who: a member's number, with or without the zeros at its front, id, or whole name.
  /// - Throws: `not_found`, which tells where somebody went whose transfer this device knows; `value_not_allowed` where
  ///   several have that name.
  package static func find(_ who: String, in db: Database) throws(RelayError) -> Member {
    let found = try db.query(
      """
      SELECT \(columns) FROM member AS m
      WHERE m.id = ?1 OR m.member_no = ?1 OR m.full_name = ?1
      ORDER BY m.id = ?1 DESC, m.member_no = ?1 DESC, m.member_no, m.id
      """, [.text(who)], read)
    if found.isEmpty, let number = try fullNumber(who, in: db) { return try find(number, in: db) }
    guard let member = found.first else {
      let gone = try TransferStub.about(who, in: db).map { ": \($0)" } ?? ""
      throw RelayError(.notFound, "there is no member '\(who)' on this device\(gone)")
    }
    let same = found.filter { $0.name == who }
    let isNumber = member.number == who && found.count(where: { $0.number == who }) == 1
    guard found.count == 1 || member.id == who || isNumber else {
      let list = (same.isEmpty ? found : same).map { "\($0.number) (\($0.id))" }.joined(separator: ", ")
      throw RelayError(
        .valueNotAllowed, "'\(who)' could be \(list)", advice: "Nothing was changed. Give the number or the id.")
    }
    return member
  }

  /// The member's own id and those of the rows that were merged into it: ledger and attendance keep their old ones.
  package func ids(in db: Database) throws(RelayError) -> [String] {
    [id]
      + (try db.query("SELECT id FROM member WHERE merged_into = ? ORDER BY id", [.text(id)]) {
        (row) throws(RelayError) in row[0].text ?? ""
      })
  }
}
