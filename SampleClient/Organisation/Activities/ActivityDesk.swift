package import Relay

/// Planning activities and standing at their door. Who stands at another door writes beside it: marks go by the greatest,
/// guests and books add up.
package struct ActivityDesk: Sendable {
  private let desk: Desk

  package init(_ desk: Desk) { self.desk = desk }

  package struct Plan: Sendable {
    package var title: String
    package var kind: String
    package var mode: String?
    package var startsAt: String?
    package var endsAt: String?
    package var place: String?
    /// Units that hold it together with the desk's own.
    package var hosts: [String] = []

    package init(title: String, kind: String) {
      self.title = title
      self.kind = kind
    }
  }

  /// - Returns: the activity's id.
  package func add(_ plan: Plan, in db: Database) throws(RelayError) -> String {
    func value(_ text: String?, _ column: String) throws(RelayError) -> Value {
      try text.map { (text) throws(RelayError) in try ColumnRules.value(text, column, of: "activity") } ?? .null
    }
    guard !plan.title.isEmpty else { throw RelayError(.valueNotAllowed, "an activity needs a title") }
    _ = try value(plan.kind, "kind")
    // Without a day it is in no rate and in no report, and nobody knows when to come.
    guard plan.startsAt != nil else {
      throw RelayError(
        .valueNotAllowed, "an activity needs the time at which it starts",
        advice: "Nothing was changed. Give --starts; of one that was held, when it began.")
    }
    if let start = plan.startsAt, let end = plan.endsAt, end < start {
      throw RelayError(.valueNotAllowed, "it ends before it starts")
    }
    var hosts: [String] = []
    for host in plan.hosts { hosts.append(try OrgUnit.find(host, in: db).id) }
    let id = desk.newID()
    // Points of the committee's and the regions' activities are theirs to give; a branch's come from the office.
    let points = desk.unit.level == .branch ? 0 : try Policy(in: db).points(for: plan.kind)
    try db.execute(
      """
      INSERT INTO activity (id, unit_id, kind, mode, title, starts_at, ends_at, place, points, hosts)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, (SELECT json_group_array(value) FROM (
        SELECT value FROM json_each('["' || replace(?10, ' ', '","') || '"]') WHERE value <> '' ORDER BY 1)))
      """,
      [
        .text(id), .text(desk.unit.id), try value(plan.kind, "kind"), try value(plan.mode ?? "onsite", "mode"),
        .text(plan.title), try value(plan.startsAt, "starts_at"), try value(plan.endsAt, "ends_at"), Value(plan.place),
        Value(points), .text(hosts.joined(separator: " ")),
      ])
    return id
  }

  /// Moves it to another time or place: one question with whoever moves it elsewhere meanwhile, never a mixture.
  package func change(_ activity: Activity, _ changes: [Assignment], in db: Database) throws(RelayError) {
    try checkServes(activity, in: db)
    let columns = ["kind", "title", "starts_at", "ends_at", "place", "mode", "minutes", "hosts"]
    for change in changes {
      var change = change
      // People name units by their codes; the column holds ids, and an unknown one would share with nobody.
      if change.column.hasSuffix("_at"), !change.text.isEmpty { change.text = try desk.instant(change.text) }
      if change.column == "hosts" { change.text = try OrgUnit.find(change.text, in: db).id }
      try change.write(to: "activity", id: activity.id, allowing: columns, in: db)
    }
  }

  /// A cancellation loses against anybody who held it.
  package func cancel(_ activity: Activity, in db: Database) throws(RelayError) {
    try checkServes(activity, in: db)
    guard activity.state == "planned" else {
      let state = Words.of(activity.state, Language.spoken)
      throw RelayError(.valueNotAllowed, "it is \(state) already", advice: "Nothing was changed.")
    }
    try db.execute("UPDATE activity SET state = 'cancelled' WHERE id = ?", [.text(activity.id)])
  }

  package struct Attendance: Sendable {
    /// Members by number, id or name.
    package var members: [String] = []
    package var mark = "present"
    /// The mark of every other member of the desk's unit who has none yet.
    package var others: String?
    package var guests = 0
    package var books = 0
    package var remark: String?

    package init() {}
  }

  package struct Marked: Sendable, Equatable {
    /// Rows written with the mark, and with the others' mark.
    package var marked: Int
    package var others: Int
    package var guests: Int
    package var books: Int
    package var state: String
  }

  /// Marks who was there, and counts guests and books of this door.
  ///
  /// - Throws: `not_found` for a member who is not here; `role_forbids` for guests and books of an activity that is not
  ///   this unit's.
  package func attend(_ door: Attendance, at activity: Activity, in db: Database) throws(RelayError) -> Marked {
    try ColumnRules.check(door.mark, "mark", of: "attendance")
    if let others = door.others { try ColumnRules.check(others, "mark", of: "attendance") }
    guard !door.members.isEmpty || door.others != nil || door.guests != 0 || door.books != 0 else {
      throw RelayError(.usage, "nobody is marked and nothing is counted")
    }
    guard abs(door.guests) <= 100_000, abs(door.books) <= 100_000, activity.guests + door.guests >= 0,
      activity.books + door.books >= 0
    else { throw RelayError(.valueNotAllowed, "there cannot be fewer than none, or so many") }
    if ActivityDesk.isThere(door.mark), !door.members.isEmpty, let day = desk.zone.day(of: activity.startsAt),
      day > desk.today
    {
      throw RelayError(
        .valueNotAllowed, "'\(activity.title)' is on \(day.text), which is still to come",
        advice:
          "Nothing was changed. Who says beforehand that they cannot come is marked excused; move it with `activity edit`."
      )
    }
    var chosen: [Member] = []
    for who in door.members {
      let member = try Member.find(who, in: db)
      if !chosen.contains(where: { $0.id == member.id }) { chosen.append(member) }
    }
    for member in chosen { try mark(member, door.mark, door.remark, at: activity, in: db) }
    var count = 0
    if let others = door.others {
      let rest = try db.query(
        """
        SELECT \(Member.columns) FROM member AS m
        WHERE m.unit_id = ?1 AND m.status = 'active' AND m.merged_into IS NULL
          AND NOT EXISTS (SELECT 1 FROM attendance WHERE id = ?2 || ':' || m.id) ORDER BY m.member_no, m.id
        """, [.text(desk.unit.id), .text(activity.id)], Member.read)
      for member in rest { try mark(member, others, nil, at: activity, in: db) }
      count = rest.count
    }
    let isOurs = try serves(activity, in: db)
    if door.guests != 0 || door.books != 0 {
      try checkServes(activity, in: db)
      try db.execute(
        "UPDATE activity SET guest_count = guest_count + ?, books_given = books_given + ? WHERE id = ?",
        [Value(door.guests), Value(door.books), .text(activity.id)])
    }
    let isHeld = isOurs && activity.state != "held" && !chosen.isEmpty && ActivityDesk.isThere(door.mark)
    if isHeld {
      try db.execute("UPDATE activity SET state = 'held' WHERE id = ?", [.text(activity.id)])
      // Planned by another tool without a time: it is when the first were there.
      if activity.startsAt == nil {
        try db.execute("UPDATE activity SET starts_at = ? WHERE id = ?", [.text(desk.now.text), .text(activity.id)])
      }
    }
    return Marked(
      marked: chosen.count, others: count, guests: activity.guests + door.guests, books: activity.books + door.books,
      state: isHeld ? "held" : activity.state)
  }

  static func isThere(_ mark: String) -> Bool { mark == "present" || mark == "online" }

  private func mark(
    _ member: Member, _ mark: String, _ remark: String?, at activity: Activity, in db: Database
  ) throws(RelayError) {
    let id = activity.id + ":" + member.id
    let isThere = ActivityDesk.isThere(mark)
    try db.execute(
      """
      INSERT INTO attendance (id, activity_id, member_id, mark, marked_by, checked_in_at, remark)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
      ON CONFLICT (id) DO UPDATE SET mark = ?4, marked_by = ?5, remark = coalesce(?7, remark),
        checked_in_at = coalesce(checked_in_at, ?6)
      """,
      [
        .text(id), .text(activity.id), .text(member.id), .text(mark), .text(desk.officer.id),
        isThere ? .text(desk.now.text) : .null, Value(remark),
      ])
    let day = (desk.zone.day(of: activity.startsAt) ?? desk.today).text
    if isThere {
      try ContactLog.raise(member.id, to: day, in: db)
    } else {
      try ContactLog.lower(member.id, from: day, in: db)
    }
  }

  private func serves(_ activity: Activity, in db: Database) throws(RelayError) -> Bool {
    let units = try OrgUnit.all(in: db)
    return ([activity.unitID] + activity.hosts).contains { units[$0].map(desk.serves) ?? false }
  }

  private func checkServes(_ activity: Activity, in db: Database) throws(RelayError) {
    guard try serves(activity, in: db) else {
      throw RelayError(
        .roleForbids, "'\(activity.title)' is not \(desk.unit.code)'s activity",
        advice: "Nothing was changed. Its own unit and its hosts write it; every branch marks its own members.")
    }
  }
}
