import Relay

/// Who could vote in which unit on which day: full members, where they belonged then. A figure of a meeting that was held
/// does not follow who comes and goes afterwards.
struct Electorate {
  private struct Voter {
    var id: String
    var unit: String
    var came: String
    var isActive: Bool
    /// Decided moves away from a unit, by day.
    var moves: [(day: String, from: String)] = []
    /// The day on which the committee said that the member left.
    var ended: String?
  }

  private var voters: [Voter] = []
  /// Where somebody belongs or belonged.
  private var byUnit: [String: [Int]] = [:]
  private var ended: [Int] = []

  init(_ look: Look) throws(RelayError) {
    var places: [String: Int] = [:]
    for row in try look.rows(
      """
      SELECT m.id, m.unit_id, m.came_on, m.status = 'active', (
          SELECT max(d.effective_on) FROM declaration AS d
          WHERE d.member_id = m.id AND d.topic = 'other' AND d.by = 'officer' AND d.body LIKE 'left: %')
      FROM member AS m WHERE m.grade = 'full' AND m.merged_into IS NULL ORDER BY m.id
      """)
    {
      let voter = Voter(
        id: row[0].text ?? "", unit: row[1].text ?? "", came: row[2].text ?? "", isActive: row[3] == 1,
        ended: row[4].text)
      places[voter.id] = voters.count
      if voter.ended != nil { ended.append(voters.count) }
      byUnit[voter.unit, default: []].append(voters.count)
      voters.append(voter)
    }
    for row in try look.rows(
      """
      SELECT member_id, decided_on, coalesce(from_unit_id, unit_id) FROM request
      WHERE kind IN ('transfer_internal', 'transfer_out', 'resign') AND state IN ('approved', 'done') AND same_as IS NULL
        AND decided_on IS NOT NULL ORDER BY decided_on, id
      """)
    {
      guard let at = places[row[0].text ?? ""], let from = row[2].text else { continue }
      voters[at].moves.append((row[1].text ?? "", from))
      if !(byUnit[from] ?? []).contains(at) { byUnit[from, default: []].append(at) }
    }
  }

  /// How many of the unit's full members there were on a meeting's day, and how many of them came.
  ///
  /// - Parameter marks: of everybody who has one there, whether they came. Of a day on which somebody moves or leaves, the
  ///   meeting was before that for whoever has a mark.
  func count(_ unit: String, on day: String, marks: [String: Bool]) -> (full: Int, there: Int) {
    var (full, there) = (0, 0)
    for at in (byUnit[unit] ?? []) + ended.filter({ voters[$0].unit != unit }) {
      guard belonged(voters[at], to: unit, on: day, isMarked: marks[voters[at].id] != nil) else { continue }
      full += 1
      if marks[voters[at].id] == true { there += 1 }
    }
    return (full, there)
  }

  private func belonged(_ voter: Voter, to unit: String, on day: String, isMarked: Bool) -> Bool {
    func isLater(_ other: String) -> Bool { other > day || other == day && isMarked }
    guard voter.came <= day else { return false }
    if let moved = voter.moves.first(where: { isLater($0.day) }) { return moved.from == unit }
    // Where somebody belonged who left is not written down; a mark says it.
    if let ended = voter.ended, isLater(ended) { return isMarked }
    return voter.unit == unit && voter.isActive
  }

  /// Who has a mark for each activity, and whether they came.
  static func marks(_ look: Look, of activities: String, _ values: [Value]) throws(RelayError) -> [String: [String:
    Bool]]
  {
    var marks: [String: [String: Bool]] = [:]
    for row in try look.rows(
      """
      SELECT activity_id, member_id, mark IN ('present', 'online') FROM \(Marks.ofPersons("IN (\(activities))"))
      """, values)
    {
      marks[row[0].text ?? "", default: [:]][row[1].text ?? ""] = row[2] == 1
    }
    return marks
  }
}
