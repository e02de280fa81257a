internal import Relay

extension Office {
  /// What an old branch's officers wrote of a time after the member had left is set aside for a person. What they wrote
  /// of the time before counts without a question where it arrives within the days of grace; the office says in the
  /// hub's order when these are over.
  func judgeLateFacts(_ db: Database, _ done: inout Settlement) throws(RelayError) {
    let committee = try OrgUnit.committee(in: db)
    let moves = try db.query(
      """
      SELECT id, member_id, from_unit_id, decided_on,
        (SELECT min(b.decided_on) FROM request AS b WHERE b.kind = 'transfer_internal' AND b.member_id = r.member_id
          AND b.to_unit_id = r.from_unit_id AND b.state IN ('approved', 'done') AND b.same_as IS NULL
          AND b.decided_on > r.decided_on)
      FROM request AS r
      WHERE kind = 'transfer_internal' AND state IN ('approved', 'done') AND same_as IS NULL
        AND member_id IS NOT NULL AND from_unit_id IS NOT NULL AND decided_on IS NOT NULL
      ORDER BY decided_on, id
      """
    ) { (row) throws(RelayError) in row.values }
    let grace = try Policy(in: db).graceDays
    for move in moves {
      try endGrace(of: move[0].text ?? "", movedOn: move[3].text ?? "", days: grace, committee, db, &done)
      // Somebody who came back is the branch's again from that day.
      let facts = try db.query(
        """
        SELECT kind, id, at, day > ?3 FROM (
          SELECT 'contact_attempt' AS kind, id, at, \(zone.dayInSQL("at")) AS day, by_officer AS by, seq FROM \(ContactAttempt.standing) WHERE member_id = ?1
          UNION ALL SELECT 'dues_entry', id, taken_on || 'T00:00:00Z', taken_on, taken_by, seq FROM dues_entry
            WHERE member_id = ?1 AND kind <> 'reversal'
          UNION ALL SELECT 'attendance', a.id, coalesce(v.starts_at, a.checked_in_at),
            \(zone.dayInSQL("coalesce(v.starts_at, a.checked_in_at)")), a.marked_by, a.seq
            FROM attendance AS a LEFT JOIN activity AS v ON v.id = a.activity_id WHERE a.member_id = ?1)
        WHERE by IN (SELECT id FROM officer WHERE unit_id = ?2)
          AND (day > ?3 OR seq > (SELECT seq FROM request_step WHERE id = ?5))
          AND (?4 IS NULL OR day < ?4)
        ORDER BY at, id
        """, [move[1], move[2], move[3], move[4], .text(Office.graceID(move[0].text ?? ""))]
      ) { (row) throws(RelayError) in row.values }
      for fact in facts {
        let isNew = try Review.hold(
          fact[0].text ?? "", fact[1].text ?? "", reason: fact[3] == 1 ? "after_move" : "after_grace",
          at: fact[2].text ?? now.text,
          on: move[0].text ?? "", committee: committee, in: db)
        if isNew { done.held += 1 }
      }
    }
  }

  /// What arrives after this remark has come too late to count without a question: its place in the hub's order says so,
  /// the same at every machine of the committee.
  private func endGrace(
    of request: String, movedOn: String, days: Int, _ committee: OrgUnit, _ db: Database, _ done: inout Settlement
  ) throws(RelayError) {
    guard let end = Day(movedOn)?.advanced(byDays: days), end < today else { return }
    let isNew = try Step.comment(
      Office.graceID(request), on: request, at: instant(end.text),
      "grace: what the old branch sends from now on is looked at first", committee: committee, in: db)
    if isNew { done.remarks += 1 }
  }

  /// An old branch is told for some months where somebody went. The office says when that is over; the branch's commands
  /// tell nothing about it from then on.
  func endStubs(_ db: Database, _ done: inout Settlement) throws(RelayError) {
    let committee = try OrgUnit.committee(in: db)
    let months = try Policy(in: db).stubMonths
    let moves = try db.query(
      """
      SELECT id, decided_on FROM request AS r
      WHERE kind IN ('transfer_internal', 'transfer_out') AND state IN ('approved', 'done')
        AND decided_on IS NOT NULL AND decided_on < ?
        AND NOT EXISTS (SELECT 1 FROM request_step WHERE id = 'stub:' || r.id)
      ORDER BY decided_on, id
      """, [.text(today.earlier(byMonths: months).text)]
    ) { (row) throws(RelayError) in (id: row[0].text ?? "", day: row[1].text ?? "") }
    for move in moves {
      let isNew = try Step.comment(
        TransferStub.endID(move.id), on: move.id, at: instant(move.day),
        "stub: the old branch is told no longer", committee: committee, in: db)
      if isNew { done.remarks += 1 }
    }
  }

  private static func graceID(_ request: String) -> String { "grace:" + request }
}
