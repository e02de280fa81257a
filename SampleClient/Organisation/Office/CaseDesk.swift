package import Relay

/// The committee's restricted cases: they lie on one device and never sync. Whoever lists or reads them is in the trail.
package struct CaseDesk {
  private let desk: Desk

  /// - Throws: `role_forbids` where the desk is not the committee's.
  package init(_ desk: Desk) throws(RelayError) {
    guard desk.isCommittee else {
      throw RelayError(
        .roleForbids, "cases are the committee's, and \(desk.unit.code) is not the committee",
        advice: "Nothing was changed. What a branch should know of a case is the member's status.")
    }
    self.desk = desk
  }

  package func open(
    _ member: Member, referredBy: String?, text: String?, in db: Database
  ) throws(RelayError) -> String {
    let id = desk.newID()
    try note(.change, "open \(member.number) \(id)", in: db)
    try db.execute(
      "INSERT INTO office_restricted_case (id, member_id, opened_on, referred_by, text) VALUES (?, ?, ?, ?, ?)",
      [.text(id), .text(member.id), .text(desk.today.text), Value(referredBy), Value(text)])
    return id
  }

  /// - Throws: `not_found`; `value_not_allowed` for a case that is closed, and without an outcome.
  package func close(_ which: String, outcome: String, in db: Database) throws(RelayError) -> String {
    let found = try find(which, in: db)
    guard !outcome.allSatisfy(\.isWhitespace) else {
      throw RelayError(.valueNotAllowed, "a case is closed with an outcome", advice: "Nothing was changed. Say which.")
    }
    guard found[4].isNull else {
      throw RelayError(
        .valueNotAllowed, "case \(which) is closed", advice: "Nothing was changed. Open another one.")
    }
    let id = found[0].text ?? ""
    try note(.change, "close \(id)", in: db)
    try db.execute("UPDATE office_restricted_case SET outcome = ? WHERE id = ?", [.text(outcome), .text(id)])
    return id
  }

  package func page(of which: String, in db: Database) throws(RelayError) -> Page {
    let found = try find(which, in: db)
    try note(.look, "case \(found[0].text ?? "")", in: db)
    var page = Page(Phrase("A case, for the committee only", "案件（仅限党委）"))
    page.tell("id", "id", "标识", found[0].cell)
    page.tell("member", "member", "党员", found[1].cell)
    page.tell("opened", "opened", "立案日期", found[2].cell)
    page.tell("referredBy", "referred by", "移送单位", found[3].cell)
    page.tell("outcome", "outcome", "结论", found[4].cell)
    page.tell("text", "text", "内容", found[5].cell)
    return page
  }

  package func list(in db: Database) throws(RelayError) -> Page {
    try note(.look, "list of cases", in: db)
    var grid = Page.Grid(
      "cases", ["id|id|标识", "member|member|党员", "opened|opened|立案日期", "outcome|outcome|结论"],
      empty: Phrase("no cases", "没有案件"))
    for row in try Self.all(in: db) {
      grid.add(row[0].cell, row[1].cell, row[2].cell, row[4].cell)
    }
    return .list(grid)
  }

  /// Of cases a report has a number and nothing else.
  static func sum(_ look: Look, _ page: inout Page) throws(RelayError) {
    guard try look.count("SELECT count(*) FROM sqlite_master WHERE name = 'office_restricted_case'") > 0 else { return }
    page.tell(
      "openCases", "open cases", "在办案件",
      .number(try look.count("SELECT count(*) FROM office_restricted_case WHERE outcome IS NULL")))
  }

  private static func all(in db: Database) throws(RelayError) -> [[Value]] {
    let cases = """
      SELECT c.id, m.member_no, c.opened_on, c.referred_by, c.outcome, c.text
      FROM office_restricted_case AS c LEFT JOIN member AS m ON m.id = c.member_id ORDER BY c.opened_on, c.id
      """
    return try db.query(cases) { (row) throws(RelayError) in row.values }
  }

  /// By the whole id or the start of it.
  private func find(_ which: String, in db: Database) throws(RelayError) -> [Value] {
    try db.script(Organisation.officeDDL)
    let found = try Self.all(in: db).filter { $0[0].text?.hasPrefix(which) == true }
    guard found.count == 1, !which.isEmpty else {
      throw RelayError(
        .notFound, "there is no case \(which), or more than one",
        advice: "Nothing was changed. `office case list` has the ids.")
    }
    return found[0]
  }

  private func note(_ what: Trail.What, _ detail: String, in db: Database) throws(RelayError) {
    try Trail.note(what, detail, by: desk.officer.id, on: desk.unit.code + desk.device, at: desk.now, in: db)
  }
}
