package import Relay

/// A sweep: everybody of a unit is to be reached, and what is missing about them written down.
package struct Sweep: Sendable, Equatable {
  package var id: String
  package var unitID: String
  package var title: String
  package var from: String
  package var to: String?
  package var state: String
  package var fields: [String]
  /// `all`, `lost`, `at_risk` or `silent`.
  package var target: String

  private static let select = """
    SELECT id, unit_id, title, from_on, to_on, state, target, (SELECT group_concat(value, ' ') FROM json_each(fields_wanted))
    FROM sweep
    """

  private static func read(_ row: borrowing Row) throws(RelayError) -> Sweep {
    Sweep(
      id: row[0].text ?? "", unitID: row[1].text ?? "", title: row[2].text ?? "", from: row[3].text ?? "",
      to: row[4].text, state: row[5].text ?? "",
      fields: row[7].text?.split(separator: " ").map(String.init) ?? [], target: row[6].text ?? "all")
  }

  package static func all(in db: Database) throws(RelayError) -> [Sweep] {
    try db.query(select + " ORDER BY from_on, id", [], read)
  }

  /// - Parameter which: an id, its start, or a title; nil for the open sweep that began last.
  /// - Throws: `not_found`, `value_not_allowed` where several fit.
  package static func find(_ which: String?, in db: Database) throws(RelayError) -> Sweep {
    guard let which else {
      guard let open = try all(in: db).last(where: { $0.state == "open" }) else {
        throw RelayError(
          .notFound, Language.say("no sweep is open", "没有进行中的摸排"),
          advice: Language.say("Nothing was changed. `sweep start TITLE` opens one.", "未作更改。用 sweep start 开始。"))
      }
      return open
    }
    let found = try all(in: db).filter {
      $0.id == which || $0.title == which || !which.isEmpty && $0.id.hasPrefix(which)
    }
    guard let first = found.first(where: { $0.id == which }) ?? found.first else {
      throw RelayError(.notFound, "there is no sweep '\(which)' on this device")
    }
    guard found.count == 1 || first.id == which else {
      throw RelayError(.valueNotAllowed, "\(found.count) sweeps are called '\(which)'", advice: "Give the id.")
    }
    return first
  }

  /// The condition on `m` for whom it is after, as of its first day.
  fileprivate var condition: String {
    switch target {
    case "lost": "m.reach = 'lost'"
    case "at_risk": "m.reach IN ('lost', 'at_risk')"
    case "silent": "coalesce(m.last_contact_on, '') < date('\(from)', '-3 months')"
    default: "1"
    }
  }
}

package struct SweepDesk: Sendable {
  private let desk: Desk

  package init(_ desk: Desk) { self.desk = desk }

  /// - Returns: the sweep's id.
  package func start(
    _ title: String, to: String?, target: String, fields: [String], in db: Database
  ) throws(RelayError) -> String {
    guard !title.isEmpty else { throw RelayError(.valueNotAllowed, "a sweep needs a title") }
    if let to { try ColumnRules.check(to, "to_on", of: "sweep") }
    guard ["all", "lost", "at_risk", "silent"].contains(target) else {
      throw RelayError(
        .valueNotAllowed, "'\(target)' is no target", advice: "Nothing was changed. It is all, lost, at_risk or silent."
      )
    }
    for field in fields where !SweepPages.fields.contains(field) {
      throw RelayError(
        .valueNotAllowed, "'\(field)' is nothing to ask for",
        advice: "Nothing was changed. There are: \(SweepPages.fields.joined(separator: ", ")).")
    }
    if let to, to < desk.today.text {
      throw RelayError(.valueNotAllowed, "\(to) is over already", advice: "Nothing was changed. Check the day.")
    }
    if let twin = try Sweep.all(in: db).first(where: {
      $0.unitID == desk.unit.id && $0.title == title && $0.state == "open"
    }) {
      throw RelayError(
        .valueNotAllowed, "'\(title)' is open already, since \(twin.from)",
        advice: "Nothing was changed. `sweep close` ends it; another sweep takes another title.")
    }
    let isBranch = desk.unit.level == .branch
    guard !isBranch || target == "all" && fields.isEmpty else {
      throw RelayError(
        .roleForbids, "a branch sweeps all its members; targets and fields are set by the region and the committee",
        advice: "Nothing was changed.")
    }
    let id = try newID(title, in: db)
    try db.execute(
      "INSERT INTO sweep (id, unit_id, title, from_on, to_on) VALUES (?, ?, ?, ?, ?)",
      [.text(id), .text(desk.unit.id), .text(title), .text(desk.today.text), Value(to)])
    if !isBranch {
      try db.execute(
        """
        UPDATE sweep SET target = ?, fields_wanted = (SELECT json_group_array(value) FROM (
          SELECT value FROM json_each('["' || replace(?, ' ', '","') || '"]') WHERE value <> '' ORDER BY 1)) WHERE id = ?
        """, [.text(target), .text(fields.joined(separator: " ")), .text(id)])
    }
    return id
  }

  /// The unit's month and the title: two phones that start the same sweep start one, with the earlier day and the later
  /// end. One that is started again in the month in which it was closed is another.
  private func newID(_ title: String, in db: Database) throws(RelayError) -> String {
    let id = "\(desk.unit.id):\(desk.today.month.text):\(title)"
    return try Sweep.all(in: db).contains { $0.id == id } ? desk.newID() : id
  }

  package func close(_ sweep: Sweep, in db: Database) throws(RelayError) {
    try db.execute("UPDATE sweep SET state = 'closed' WHERE id = ?", [.text(sweep.id)])
  }
}

package enum SweepPages {
  /// Columns of a member that a sweep may ask for.
  package static let fields = [
    "sex", "birth_ym", "education", "occupation", "employer", "area", "interests", "mobile", "email", "address",
  ]

  package static func list(_ look: Look) throws(RelayError) -> Page {
    let units = try OrgUnit.all(in: look.db)
    var grid = Page.Grid(
      "sweeps",
      ["title|title|名称", "unit|unit|单位", "from|from|开始", "to|to|截止", "state|state|状态", "target|target|对象", "id|id|标识"],
      empty: Phrase("no sweeps", "没有摸排"))
    for sweep in try Sweep.all(in: look.db) {
      grid.add(
        .text(sweep.title), Cell(units[sweep.unitID]?.code), .text(sweep.from), Cell(sweep.to), .word(sweep.state),
        .word(sweep.target, area: "target"), .text(sweep.id))
    }
    return .list(grid)
  }

  /// Everybody whom the sweep is after, with the best outcome since it began: an attempt that names the sweep, or any
  /// success since.
  struct Standing {
    var id: String
    var number: String
    var name: String
    var unit: String
    var outcome: String?
    var attempts: Int
    var last: String?
  }

  static func standings(_ sweep: Sweep, _ look: Look) throws(RelayError) -> [Standing] {
    let scope = try OrgUnit.all(in: look.db)[sweep.unitID]
    let inside =
      scope?.level == .committee
      ? "?1 <> ''" : "m.unit_id = ?1 OR m.unit_id IN (SELECT id FROM org_unit WHERE parent_id = ?1)"
    let end = min(sweep.to ?? "9999-12-31", look.day.text)
    // reached, then how near the others came.
    let rank = """
      CASE c.outcome WHEN 'reached' THEN 0 WHEN 'left_message' THEN 1 WHEN 'refused' THEN 2 WHEN 'no_answer' THEN 3
        WHEN 'moved' THEN 4 WHEN 'said_abroad' THEN 5 WHEN 'wrong_number' THEN 6 END
      """
    let day = look.zone.dayInSQL("c.at")
    let rows = try look.rows(
      """
      SELECT m.id, m.member_no, m.full_name, u.code, min(\(rank)), count(c.id), max(c.at), m.last_contact_on
      FROM member AS m LEFT JOIN org_unit AS u ON u.id = m.unit_id
        LEFT JOIN \(ContactAttempt.standing) AS c ON c.member_id = m.id AND (c.sweep_id = ?2
          OR c.outcome = 'reached') AND \(day) BETWEEN ?3 AND ?4
      WHERE m.merged_into IS NULL AND m.status = 'active' AND (\(inside)) AND (\(sweep.condition) OR c.id IS NOT NULL)
      GROUP BY m.id ORDER BY m.member_no, m.id
      """, [.text(sweep.unitID), .text(sweep.id), .text(sweep.from), .text(end)])
    let words = ["reached", "left_message", "refused", "no_answer", "moved", "said_abroad", "wrong_number"]
    return rows.map { row in
      var outcome = row[4].integer.map { words[Int($0)] }
      // Whoever came, paid online or answered a notice since is reached too.
      if let last = row[7].text, last >= sweep.from, last <= end { outcome = "reached" }
      return Standing(
        id: row[0].text ?? "", number: row[1].text ?? "", name: row[2].text ?? "", unit: row[3].text ?? "?",
        outcome: outcome, attempts: row[5].int, last: row[6].text)
    }
  }

  package static func progress(_ sweep: Sweep, _ look: Look) throws(RelayError) -> Page {
    let all = try standings(sweep, look)
    let reached = all.count { $0.outcome == "reached" }
    var page = Page(Phrase(sweep.title, sweep.title))
    page.tell("sweep", "sweep", "摸排", .text(sweep.id))
    page.tell("from", "from", "开始", .text(sweep.from))
    page.tell("to", "to", "截止", Cell(sweep.to))
    page.tell("reached", "reached since, in whatever way", "期间已联系上（不限方式）", .number(reached))
    page.tell("members", "members", "对象", .number(all.count))
    page.tell("coverage", "coverage", "覆盖率", .share(reached, of: all.count))
    var grid = Page.Grid("outcomes", ["outcome|outcome|结果", "count|members|人数", "share|share|比例"], bar: "count")
    for outcome in ["reached", "left_message", "refused", "no_answer", "moved", "said_abroad", "wrong_number"] {
      let count = all.count { $0.outcome == outcome }
      if count > 0 || outcome == "reached" { grid.add(.word(outcome), .number(count), .share(count, of: all.count)) }
    }
    let untried = all.count { $0.outcome == nil }
    grid.add(.phrase("not_tried", Phrase("not tried yet", "尚未联系")), .number(untried), .share(untried, of: all.count))
    page.grids = [grid]
    if !sweep.fields.isEmpty { page.grids.append(try filled(sweep, all, look)) }
    return page
  }

  /// Of the fields that the sweep asks for, how many are known.
  private static func filled(_ sweep: Sweep, _ all: [Standing], _ look: Look) throws(RelayError) -> Page.Grid {
    var grid = Page.Grid(
      "fields", ["field|field|项目", "known|known|已填", "share|share|比例"], name: Phrase("Fields filled", "信息完整率"))
    for field in sweep.fields where fields.contains(field) {
      let isContact = ["mobile", "email", "address"].contains(field)
      guard try isContact ? look.sees("contact_point") : look.sees(field, of: "member") else { continue }
      var known = 0
      for member in all where try !missing([field], member.id, look).contains(field) { known += 1 }
      grid.add(.word(field, area: "field"), .number(known), .share(known, of: all.count))
    }
    return grid
  }

  static func missing(_ wanted: [String], _ member: String, _ look: Look) throws(RelayError) -> [String] {
    var missing: [String] = []
    for field in wanted {
      let isContact = ["mobile", "email", "address"].contains(field)
      let sql =
        isContact
        ? "SELECT count(*) FROM contact_point WHERE member_id = ? AND kind = '\(field)' AND dead_since IS NULL"
        : "SELECT count(nullif(nullif(\"\(field)\", ''), '[]')) FROM member WHERE id = ?"
      if try look.count(sql, [.text(member)]) == 0 { missing.append(field) }
    }
    return missing
  }

  /// Whom to try next: nobody tried first, then who was tried longest ago; the preferred number stands beside the name.
  package static func next(_ sweep: Sweep, count: Int, _ look: Look) throws(RelayError) -> Page {
    let waiting = try standings(sweep, look).filter { $0.outcome != "reached" }
      .sorted { ($0.last ?? "", $0.number) < ($1.last ?? "", $1.number) }
    var page = Page(Phrase("\(sweep.title): \(waiting.count) to go", "\(sweep.title)：还有\(waiting.count)人"))
    page.tell("sweep", "sweep", "摸排", .text(sweep.id))
    page.tell("waiting", "to go", "待联系", .number(waiting.count))
    var grid = Page.Grid(
      "members",
      [
        "number|no.|编号", "name|name|姓名", "unit|branch|支部", "reach|reach by|联系方式", "attempts|tried|次数", "last|last|最近",
        "outcome|outcome|结果", "wanted|missing|缺项",
      ], empty: Phrase("everybody is reached", "全部联系上"))
    for member in waiting.prefix(count) {
      let point =
        try look.sees("contact_point")
        ? try ContactPoint.of([member.id], in: look.db).first { $0.deadSince == nil } : nil
      grid.add(
        .text(member.number), .text(member.name), .text(member.unit),
        Cell(point.map { "\(Words.of($0.kind, Language.spoken)) \($0.value)" }), .number(member.attempts),
        Cell(member.last.map { look.zone.text($0) }), member.outcome.map { .word($0) } ?? .none,
        .list(try missing(sweep.fields, member.id, look)))
    }
    page.grids = [grid]
    return page
  }

  /// A sheet to take along: everybody with what is known and what is wanted.
  package static func form(_ sweep: Sweep, _ look: Look) throws(RelayError) -> Page {
    var grid = Page.Grid(
      "form",
      ["number|no.|编号", "name|name|姓名", "reach|reach by|联系方式", "outcome|outcome|结果"]
        + sweep.fields.map { Page.Column(stringLiteral: "\($0)|\($0)|\(Words.of($0, in: "field", .zh))") },
      empty: Phrase("nobody", "没有"))
    for member in try standings(sweep, look) {
      let points = try look.sees("contact_point") ? try ContactPoint.of([member.id], in: look.db) : []
      var row: [Cell] = [
        .text(member.number), .text(member.name), .list(points.map(\.told)), member.outcome.map { .word($0) } ?? .none,
      ]
      for field in sweep.fields {
        if ["mobile", "email", "address"].contains(field) {
          row.append(.list(points.filter { $0.kind == field }.map(\.told)))
        } else if fields.contains(field) {
          row.append(try look.rows("SELECT \"\(field)\" FROM member WHERE id = ?", [.text(member.id)])[0][0].cell)
        } else {
          row.append(.none)
        }
      }
      grid.rows.append(row)
    }
    return .list(grid)
  }
}
