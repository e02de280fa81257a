internal import RelayMerge
internal import RelayProtocol

/// Rows that lie in no scope because they are old.
extension Judgement {
  /// Is a row, or one that it follows, over by a rule of the hub's?
  func isOver(_ work: RowWork) throws(RelayError) -> Bool {
    guard !session.ageing.isEmpty else { return false }
    var at: RowWork? = work
    for _ in 0...Limits.ancestors {
      guard let row = at, row.isThere else { return false }
      let values = try row.values()
      if session.isOver(values, row.table) { return true }
      at = try row.table.parentRow(values).flatMap { (parent) throws(RelayError) in try self.work(parent) }
    }
    return false
  }

  /// Lays rows, and all that follow them, where they lie now; nothing of what they hold changes.
  ///
  /// - Returns: whether one lay elsewhere.
  func layAnew(_ rows: [RowID]) throws(RelayError) -> Bool {
    var changes: [RowOutcome] = []
    for row in rows {
      guard let was = try work(row)?.old else { continue }
      var now = was
      let place = try place(row)
      guard place.scopes != was.scopeNames else { continue }
      try settlePlace(&now, was, place, isWritten: false)
      changes.append(RowOutcome(old: was, new: now, values: nil, hasUnique: false))
    }
    guard !changes.isEmpty else { return false }
    try moveChildren(&changes)
    try session.updateDigests(changes)
    return true
  }
}
