internal import Relay

extension Office {
  /// Points for attendance that counts, and their reversal where somebody who knew better took the mark back. The rows of
  /// one attendance alternate: award, reversal, award. Their ids follow from it.
  ///
  /// - Returns: whether there is more to do, in another transaction.
  func awardPoints(_ db: Database, _ done: inout Settlement) throws(RelayError) -> Bool {
    try givePointsToActivities(db, &done)
    var written: [String: (count: Int, last: Int, lastID: String)] = [:]
    try db.query(
      """
      SELECT source_id, points, id FROM points_entry
      WHERE source_id IS NOT NULL AND why IN ('attendance', 'reversal') ORDER BY source_id, on_date, why, id
      """
    ) { (row) throws(RelayError) in
      let (source, points) = (row[0].text ?? "", Int(row[1].integer ?? 0))
      let known = written[source]
      written[source] =
        points > 0
        ? ((known?.count ?? 0) + 1, points, row[2].text ?? "")
        : ((known?.count ?? 0) + 1, known?.last ?? -points, known?.lastID ?? "")
    }
    let setAside = try Review.open(in: db).ids("attendance")
    let marks = try db.query(
      """
      SELECT a.id, a.member_id, a.mark, v.points, v.state, \(zone.dayInSQL("v.starts_at"))
      FROM attendance AS a JOIN activity AS v ON v.id = a.activity_id WHERE v.starts_at IS NOT NULL ORDER BY a.id
      """
    ) { (row) throws(RelayError) in row.values }
    var count = 0
    for mark in marks {
      let (id, points) = (mark[0].text ?? "", Int(mark[3].integer ?? 0))
      let isThere = ActivityDesk.isThere(mark[2].text ?? "") && mark[4] == "held" && !setAside.contains(id)
      let past = written[id]
      let isAwarded = (past?.count ?? 0) % 2 == 1
      guard isThere != isAwarded, isAwarded || points > 0, let day = mark[5].text, let year = Int(day.prefix(4)) else {
        continue
      }
      let turn = (past?.count ?? 0) + 1
      let suffix = turn > 2 ? ":\(turn)" : ""
      try db.execute(
        """
        INSERT INTO points_entry (id, member_id, year, points, why, source_id, reverses, on_date)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
          .text((isAwarded ? "rev:att:" : "att:") + id + suffix), mark[1], Value(year),
          Value(isAwarded ? -(past?.last ?? points) : points), .text(isAwarded ? "reversal" : "attendance"), .text(id),
          isAwarded ? Value(past?.lastID) : .null, .text(day),
        ])
      done.points += 1
      count += 1
      if count == Office.batch { return true }
    }
    return false
  }

  /// A transaction's worth of rows.
  static let batch = 5000

  /// What a branch held has the points that the policy gives its kind.
  private func givePointsToActivities(_ db: Database, _ done: inout Settlement) throws(RelayError) {
    let policy = try Policy(in: db)
    let held = try db.query(
      """
      SELECT v.id, v.kind FROM activity AS v JOIN org_unit AS u ON u.id = v.unit_id
      WHERE v.state = 'held' AND v.points = 0 AND u.level = 'branch' ORDER BY v.id
      """
    ) { (row) throws(RelayError) in (id: row[0].text ?? "", kind: row[1].text ?? "") }
    for activity in held where policy.points(for: activity.kind) > 0 {
      let points = Value(policy.points(for: activity.kind))
      if try Office.set("points", points, of: "activity", activity.id, in: db) { done.points += 1 }
    }
  }

  /// The ledger's sum for devices that hold only two years of it.
  func foldLedgers(_ db: Database, _ done: inout Settlement) throws(RelayError) {
    let ledgers = try Ledger.read(
      where: "1", [], in: db, without: try Review.open(in: db).ids("dues_entry"), proof: .signature)
    let known = try db.query("SELECT id, paid_through FROM member WHERE merged_into IS NULL ORDER BY id") {
      (row) throws(RelayError) in (id: row[0].text ?? "", paid: row[1].text)
    }
    for member in known {
      guard let ledger = ledgers[member.id], !ledger.entries.isEmpty else { continue }
      done.possibleDoublePayments += ledger.possibleDuplicates(on: today).map { $0.map(\.id) }
      let paid = ledger.paidThrough(on: today)?.text
      guard paid != member.paid else { continue }
      if try Office.set("paid_through", Value(paid), of: "member", member.id, in: db) { done.paid += 1 }
    }
  }

  /// Who was not reached for long is at risk; who then was is not. Only a person says that somebody is lost.
  func judgeReach(_ db: Database, _ done: inout Settlement) throws(RelayError) {
    let (rule, facts) = (ReachRule(try Policy(in: db)), try ReachRule.facts(in: db))
    let members = try db.query(
      """
      SELECT id, member_no, full_name, reach, last_contact_on FROM member
      WHERE merged_into IS NULL AND status IN ('active', 'kept_abroad') ORDER BY member_no, id
      """
    ) { (row) throws(RelayError) in row.values }
    for member in members {
      guard let id = member[0].text, let facts = facts[id] else { continue }
      let judged = rule.judge(facts, reach: member[3].text ?? "", on: today)
      if judged.isLostProposed { done.lostProposals.append("no. \(member[1].text ?? "?"), \(member[2].text ?? "?")") }
      if try Office.set("reach", .text(judged.reach), of: "member", id, in: db) { done.reach += 1 }
      // A success raises the day that people see, where who wrote it did not.
      if let last = facts.lastSuccess, last > member[4].text ?? "" {
        try ContactLog.raise(id, to: last, in: db)
        done.reach += 1
      } else if let shown = member[4].text, facts.takenBack.contains(shown), facts.lastSuccess ?? "" < shown {
        // The day rests on a mark that somebody who knew better took back.
        try ContactLog.lower(id, from: shown, in: db)
        done.reach += 1
      }
    }
  }

  /// The number that people use, in place of the one that a branch gave at first.
  func giveNumbers(_ db: Database, _ done: inout Settlement) throws(RelayError) {
    let waiting = try db.query(
      """
      SELECT id FROM member AS m
      WHERE merged_into IS NULL AND (member_no LIKE 'new-%' OR EXISTS (
        SELECT 1 FROM member AS o WHERE o.member_no = m.member_no AND o.id < m.id AND o.merged_into IS NULL))
      ORDER BY id
      """
    ) { (row) throws(RelayError) in row[0].text ?? "" }
    guard !waiting.isEmpty else { return }
    var last = Int(try db.first("SELECT max(CAST(member_no AS INTEGER)) FROM member")?[0].integer ?? 0)
    for id in waiting {
      last += 1
      if try Office.set("member_no", .text(digits(last, 4)), of: "member", id, in: db) { done.numbers += 1 }
    }
  }
}
