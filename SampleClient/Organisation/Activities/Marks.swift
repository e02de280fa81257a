/// Marks of attendance, one a person: of somebody who was entered under two rows, which the committee has made one, the
/// greater counts.
enum Marks {
  /// The greatest first.
  static let order = ["present", "online", "excused", "absent"]

  /// A table with `activity_id`, `member_id` and `mark`.
  ///
  /// - Parameter activities: a condition on `a.activity_id`, such as `= ?1`.
  static func ofPersons(_ activities: String) -> String {
    let ranks = order.enumerated().map { "WHEN '\($1)' THEN \($0)" }.joined(separator: " ")
    let marks = order.enumerated().map { "WHEN \($0) THEN '\($1)'" }.joined(separator: " ")
    return """
      (SELECT a.activity_id, coalesce(n.merged_into, a.member_id) AS member_id,
        CASE min(CASE a.mark \(ranks) END) \(marks) END AS mark
      FROM attendance AS a LEFT JOIN member AS n ON n.id = a.member_id
      WHERE a.activity_id \(activities) GROUP BY 1, 2)
      """
  }
}
