package import Relay

/// The yearly appraisal: the member's own, the peers', the branch's proposal, the committee's result. Peers' ballots are
/// secret: they go up and never come down, and who voted is never told.
package struct AppraisalDesk: Sendable {
  private let desk: Desk

  package init(_ desk: Desk) { self.desk = desk }

  package static let stages = ["self", "peer", "branch_proposal", "committee_result"]

  /// - Parameter voter: of a peer's ballot, who gives it; one live ballot a round and voter, the newest.
  /// - Returns: the entry's id.
  package func enter(
    _ round: String, _ stage: String, _ grade: String?, for member: Member, voter: Member?, text: String?,
    in db: Database
  ) throws(RelayError) -> String {
    try ColumnRules.check(stage, "stage", of: "appraisal_entry")
    if let grade { try ColumnRules.check(grade, "grade", of: "appraisal_entry") }
    if let text { try ColumnRules.check(text, "text", of: "appraisal_entry") }
    guard round.utf8.count == 4, let year = Int(round), (1900...desk.today.month.year + 1).contains(year) else {
      throw RelayError(.valueNotAllowed, "'\(round)' is no round", advice: "Nothing was changed. A round is a year.")
    }
    guard grade != nil || stage == "self" && text != nil else {
      throw RelayError(
        .usage, "an appraisal needs a grade: excellent, good, fair or poor", advice: "Nothing was changed.")
    }
    guard (stage == "committee_result") == desk.isCommittee else {
      throw RelayError(
        .roleForbids,
        desk.isCommittee ? "the committee gives the result" : "the committee gives the result, not a branch",
        advice: "Nothing was changed.")
    }
    guard (stage == "peer") == (voter != nil), voter?.id != member.id else {
      throw RelayError(
        .usage, "a peer's ballot needs --voter, who is somebody else; no other stage has one",
        advice: "Nothing was changed.")
    }
    let id = desk.newID()
    try db.execute(
      """
      INSERT INTO appraisal_entry (id, round, member_id, stage, grade, voter_id, text, on_date)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(id), .text(round), .text(member.id), .text(stage), Value(grade), Value(voter?.id), Value(text),
        .text(desk.today.text),
      ])
    return id
  }
}

package enum AppraisalPages {
  /// The newest entry of each stage counts, of peers the newest a voter.
  package static func round(_ round: String, unit: String?, _ look: Look) throws(RelayError) -> Page {
    guard try look.sees("appraisal_entry") else { return .unseen(Phrase("appraisals", "民主评议")) }
    let chosen = try look.unitHere(unit)
    let isSealed = look.rights.role != "committee" && look.rights.role != nil
    var page = Page(Phrase("Appraisal \(round)", "民主评议 \(round)"))
    var grid = Page.Grid(
      "members",
      [
        "number|no.|编号", "name|name|姓名", "unit|branch|支部", "self|own|自评", "peers|peers|互评票数", "peer|peers say|互评",
        "proposal|branch|支部意见", "result|result|结果",
      ], empty: Phrase("nothing was entered", "尚无评议"))
    let rows = try look.rows(
      """
      SELECT m.id, m.member_no, m.full_name, u.code, a.stage, a.grade, coalesce(a.voter_id, a.id)
      FROM appraisal_entry AS a JOIN member AS m ON m.id = a.member_id LEFT JOIN org_unit AS u ON u.id = m.unit_id
      WHERE a.round = ?1 AND (?2 IS NULL OR m.unit_id = ?2 OR u.parent_id = ?2) ORDER BY m.member_no, m.id, a.on_date, a.id
      """, [.text(round), Value(chosen)])
    var order: [String] = []
    var people: [String: (row: [Value], stages: [String: String], ballots: [String: String])] = [:]
    for row in rows {
      let id = row[0].text ?? ""
      if people[id] == nil { order.append(id) }
      var person = people[id] ?? (row, [:], [:])
      if row[4] == "peer" {
        person.ballots[row[6].text ?? ""] = row[5].text
      } else if let grade = row[5].text {
        person.stages[row[4].text ?? ""] = grade
      }
      people[id] = person
    }
    for id in order {
      guard let person = people[id] else { continue }
      func grade(_ stage: String) -> Cell { person.stages[stage].map { .word($0, area: "grade") } ?? .none }
      let scale = ["excellent", "good", "fair", "poor"]
      // The middle ballot: half are at least as good.
      let ballots = person.ballots.values.compactMap { scale.firstIndex(of: $0) }.sorted()
      let middle: Cell = ballots.isEmpty ? .none : .word(scale[ballots[ballots.count / 2]], area: "grade")
      grid.add(
        person.row[1].cell, person.row[2].cell, person.row[3].cell, grade("self"), .number(ballots.count), middle,
        grade("branch_proposal"), grade("committee_result"))
    }
    page.tell("round", "round", "年度", .text(round))
    page.tell("members_count", "members", "人数", .number(order.count))
    page.grids = [grid]
    if isSealed { page.note("sealed", "Peers' ballots are at the committee only.", "互评票只在党委。") }
    return page
  }
}
