internal import Relay

extension Office {
  /// What an old branch's officers wrote of a time after the member had left is set aside for a person. What they wrote
  /// of the time before counts without a question, whenever it arrives.
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
    for move in moves {
      // Somebody who came back is the branch's again from that day.
      let facts = try db.query(
        """
        SELECT kind, id, at FROM (
          SELECT 'contact_attempt' AS kind, id, at, by_officer AS by FROM contact_attempt WHERE member_id = ?1
          UNION ALL SELECT 'dues_entry', id, taken_on || 'T00:00:00Z', taken_by FROM dues_entry
            WHERE member_id = ?1 AND kind <> 'reversal'
          UNION ALL SELECT 'attendance', a.id, coalesce(v.starts_at, a.checked_in_at), a.marked_by
            FROM attendance AS a LEFT JOIN activity AS v ON v.id = a.activity_id WHERE a.member_id = ?1)
        WHERE by IN (SELECT id FROM officer WHERE unit_id = ?2) AND substr(at, 1, 10) > ?3
          AND (?4 IS NULL OR substr(at, 1, 10) < ?4)
        ORDER BY at, id
        """, [move[1], move[2], move[3], move[4]]
      ) { (row) throws(RelayError) in row.values }
      for fact in facts {
        let isNew = try Review.hold(
          fact[0].text ?? "", fact[1].text ?? "", reason: "after_move", at: fact[2].text ?? now.text,
          on: move[0].text ?? "", committee: committee, in: db)
        if isNew { done.held += 1 }
      }
    }
  }
}
