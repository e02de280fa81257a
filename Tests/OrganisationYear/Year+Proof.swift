internal import Organisation

extension Year {
  /// What does not hold at the end; nothing, where all does.
  package func complaints() throws -> [String] {
    var found: [String] = []
    for device in phones + regions { found += try ScopeCheck(committee: committee, device: device).complaints() }
    let units = try committee.rows("SELECT id FROM member GROUP BY id HAVING count(unit_id) <> 1")
    if !units.isEmpty { found.append("\(units.count) members without exactly one unit") }
    if again.written != 0 { found.append("settling again wrote \(again.written)") }
    if last.review.count != book.heldFacts {
      found.append("held for review: the office says \(last.review.count), counted \(book.heldFacts)")
    }
    var figures = FigureCheck(self)
    return found + (try figures.complaints())
  }

  /// One line of what was lived.
  package var summary: String {
    """
    \(devices) devices, \(acts) commands, \(hub.requests) round trips; \(book.received) received, \(book.left) left, \
    \(book.movedInside) moved, \(book.foundAgain.count) found again, \(book.turnover) secretaries changed, \
    \(book.heldFacts) facts held for review, \(book.budgets.count) budgets
    """
  }
}
