package import Relay

/// Units and who works for them: the committee's to set up, everybody's to look at.
package struct UnitDesk: Sendable {
  private let desk: Desk

  package init(_ desk: Desk) { self.desk = desk }

  package struct New: Sendable {
    package var code: String
    package var name: String
    package var level: String
    package var kind: String?
    package var parent: String?
    package var area: String?
    package var theme: String?
    package var founded: String?

    package init(code: String, name: String, level: String = "branch") {
      (self.code, self.name, self.level) = (code, name, level)
    }
  }

  package func add(_ new: New, in db: Database) throws(RelayError) -> String {
    try desk.demandCommittee()
    try ColumnRules.check(new.level, "level", of: "org_unit")
    guard try db.first("SELECT 1 FROM org_unit WHERE code = ?", [.text(new.code)]) == nil else {
      throw RelayError(.valueNotAllowed, "there is a unit \(new.code) already", advice: "Nothing was changed.")
    }
    let parent = try new.parent.map { (which) throws(RelayError) in try OrgUnit.find(which, in: db) }
    let wanted: OrgUnit.Level = new.level == "branch" ? .regional : .committee
    guard new.level == "committee" || parent?.level == wanted || parent?.level == .committee else {
      throw RelayError(
        .valueNotAllowed, "a \(new.level) unit stands under a unit of the level \(wanted.rawValue)",
        advice: "Nothing was changed. Name it with --under.")
    }
    let kind = new.level == "branch" ? new.kind ?? "direct" : nil
    if let kind { try ColumnRules.check(kind, "kind", of: "org_unit") }
    let founded = new.founded ?? desk.today.text
    try ColumnRules.check(founded, "founded_on", of: "org_unit")
    let id = desk.newID()
    try db.execute(
      """
      INSERT INTO org_unit (id, parent_id, level, kind, code, name, area, theme, founded_on)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(id), Value(parent?.id), .text(new.level), Value(kind), .text(new.code), .text(new.name), Value(new.area),
        Value(new.theme), .text(founded),
      ])
    return id
  }

  /// Another region for a branch: one write, with which no row changes its scope. The operator moves the grants.
  package func move(_ unit: OrgUnit, under other: OrgUnit, in db: Database) throws(RelayError) {
    try desk.demandCommittee()
    guard unit.level == .branch, other.level != .branch, other.id != unit.parentID else {
      throw RelayError(
        .valueNotAllowed, "\(unit.code) cannot be moved under \(other.code)", advice: "Nothing was changed.")
    }
    try db.execute("UPDATE org_unit SET parent_id = ? WHERE id = ?", [.text(other.id), .text(unit.id)])
  }

  /// - Throws: `value_not_allowed` while somebody belongs to it.
  package func close(_ unit: OrgUnit, on day: String?, in db: Database) throws(RelayError) {
    try desk.demandCommittee()
    let day = day ?? desk.today.text
    try ColumnRules.check(day, "closed_on", of: "org_unit")
    let left = try db.first("SELECT count(*) FROM member WHERE unit_id = ? AND merged_into IS NULL", [.text(unit.id)])
    guard left?[0].integer == 0 else {
      throw RelayError(
        .valueNotAllowed, "\(left?[0].integer ?? 0) members still belong to \(unit.code)",
        advice: "Nothing was changed. Transfer them first.")
    }
    try db.execute("UPDATE org_unit SET closed_on = ? WHERE id = ?", [.text(day), .text(unit.id)])
  }

  package func change(_ unit: OrgUnit, _ changes: [Assignment], in db: Database) throws(RelayError) {
    let columns = ["name", "area", "theme", "meeting_place", "kind"]
    for change in changes { try change.write(to: "org_unit", id: unit.id, allowing: columns, in: db) }
  }
}

extension Desk {
  /// - Throws: `role_forbids` for anybody else.
  func demandCommittee() throws(RelayError) {
    guard isCommittee else {
      throw RelayError(
        .roleForbids, Language.say("this is the committee's to do", "这由党委办理"),
        advice: Language.say("Nothing was changed. `request list` shows what can be asked of it.", "未作更改。"))
    }
  }
}
