package import Relay

/// May the member pay online? The office's sum decides; a branch's device says what it knows, which is an estimate and
/// never a reason to refuse cash.
package struct PointsGate: Sendable, Equatable {
  /// What is needed; 0 where everybody may.
  package let needed: Int
  /// Of the year, as the office has written them.
  package let awarded: Int
  /// Of attendance that this device knows and the office has not turned into points yet.
  package let expected: Int

  package var known: Int { awarded + expected }
  package var isOpen: Bool { awarded >= needed }

  package init(_ member: Member, on day: Day, in db: Database) throws(RelayError) {
    let policy = try Policy(in: db)
    needed = policy.pointsForOnline
    let ids = try member.ids(in: db)
    var (awarded, expected) = (0, 0)
    let setAside = try Review.open(in: db).ids("attendance")
    for id in ids {
      awarded += Int(
        try db.first(
          "SELECT coalesce(sum(points), 0) FROM points_entry WHERE member_id = ? AND year = ? AND on_date <= ?",
          [.text(id), Value(day.month.year), .text(day.text)])?[0].integer ?? 0)
      let unawarded = try db.query(
        """
        SELECT a.id, v.points, v.kind FROM attendance AS a JOIN activity AS v ON v.id = a.activity_id
        WHERE a.member_id = ? AND a.mark IN ('present', 'online') AND v.state = 'held'
          AND \(policy.zone.dayInSQL("v.starts_at")) BETWEEN ? AND ?
          AND NOT EXISTS (SELECT 1 FROM points_entry AS p WHERE p.member_id = a.member_id AND p.source_id = a.id)
        """, [.text(id), .text(digits(day.month.year, 4) + "-01-01"), .text(day.text)]
      ) { (row) throws(RelayError) in (row[0].text ?? "", Int(row[1].integer ?? 0), row[2].text ?? "") }
      for (attendance, points, kind) in unawarded where !setAside.contains(attendance) {
        expected += points > 0 ? points : policy.points(for: kind)
      }
    }
    self.awarded = awarded
    self.expected = expected
  }

  package func text(_ language: Language) -> String {
    if isOpen {
      return language.choose(
        "\(awarded) points of \(needed): online payment is open; the committee's side enters it",
        "积分\(awarded)，已达到\(needed)：可线上交纳，由党委录入")
    }
    if known >= needed {
      return language.choose(
        "\(awarded) of \(needed), and \(expected) more are not yet decided: would make \(known); cash is always possible",
        "积分\(awarded)（需\(needed)），另有\(expected)分待确认，合计\(known)；现金随时可交")
    }
    return language.choose(
      "\(known) of \(needed) known here, \(needed - known) more may be on other devices; cash is always possible",
      "本机已知积分\(known)（需\(needed)），其余\(needed - known)分可能在其他设备上；现金随时可交")
  }
}
