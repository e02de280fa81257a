internal import RelayMerge
internal import RelayProtocol

/// Pruning, a bounded piece at a time (rule 28). What is removed raises the horizon in the same transaction, so that nobody
/// misses it without being brought everything.
extension HubSession {
  /// Names no scope: up to where bodies of accepted transactions may be gone.
  static let bodies = ""

  /// - Parameter most: exits, rows, bodies and what devices were told, in all.
  func prune(now: Int64, from known: PruneCursor?, most: Int) throws(RelayError) -> PruneStep {
    var step = PruneStep()
    // Another process may have set it.
    retention = try Retention.milliseconds(try store.settings.setting(Retention.setting))
    var cursor: PruneCursor
    if let known {
      cursor = known
    } else {
      cursor = PruneCursor(upTo: try lastSeq(receivedBefore: now.subtractingSaturating(retention)))
    }
    guard cursor.upTo > 0, most > 0 else { return step }
    var horizons: [String: UInt64] = [:]
    step.exits = try pruneExits(cursor, most, &horizons)
    if step.exits < most { step.rows = try pruneRows(&cursor, most - step.exits, &horizons) }
    let left = most - step.exits - step.rows
    if left > 0, cursor.isAtEnd { step.bodies = try pruneBodies(cursor, left, &horizons) }
    let isEarlierDone = cursor.isAtEnd && step.bodies < left && !cursor.hasRemoved
    if isEarlierDone { step.told = try pruneTold(&cursor, left - step.bodies) }
    for scope in horizons.keys.sorted() { try store.pruning.raiseHorizon(of: scope, to: horizons[scope] ?? 0) }
    let isDone = isEarlierDone && cursor.toldKind == Told.allCases.count
    if cursor.isAtEnd, cursor.hasRemoved { cursor.beginAgain() }
    step.next = isDone ? nil : cursor
    return step
  }

  /// The last transaction that was received before a time, 0 where none was. Times do not always ascend with the log;
  /// where a clock was set back, what is kept is kept longer or shorter by so much.
  private func lastSeq(receivedBefore time: Int64) throws(RelayError) -> UInt64 {
    var (low, high) = (UInt64(0), try head())
    while low < high {
      let middle = low + (high - low + 1) / 2
      if let received = try store.pruning.received(middle), received < time { low = middle } else { high = middle - 1 }
    }
    return low
  }

  private func pruneExits(
    _ cursor: PruneCursor, _ most: Int, _ horizons: inout [String: UInt64]
  ) throws(RelayError) -> Int {
    let exits = try store.pruning.exits(upTo: cursor.upTo, most: most)
    for exit in exits {
      try store.pruning.remove(exit)
      horizons[exit.scope, default: 0] = max(horizons[exit.scope] ?? 0, exit.seq)
    }
    return exits.count
  }

  /// - Returns: how many were removed.
  private func pruneRows(
    _ cursor: inout PruneCursor, _ most: Int, _ horizons: inout [String: UInt64]
  ) throws(RelayError) -> Int {
    let dead = try store.pruning.deadRows(upTo: cursor.upTo, after: cursor.place, most: most)
    var count = 0
    for row in dead {
      cursor.place = row.place
      let places = try StoredRow.scopes(row.scopes)
      // Where it came with others after its death it is younger.
      guard places.allSatisfy({ $0.seq <= cursor.upTo }) else { continue }
      try remove(row, places)
      for (scope, seq) in places + [(ScopeGrant.everything, row.place.seq)] {
        horizons[scope, default: 0] = max(horizons[scope] ?? 0, seq)
      }
      count += 1
    }
    if count > 0 { cursor.hasRemoved = true }
    cursor.isAtEnd = dead.count < most
    return count
  }

  private func remove(_ row: DeadRow, _ places: [(name: String, seq: UInt64)]) throws(RelayError) {
    for place in places {
      guard let scope = try store.rows.scopeID(place.name) else { continue }
      try store.rows.removePlace(row.place.row, scope: scope, seq: place.seq)
    }
    try store.pruning.remove(row)
  }

  /// Bodies of what was accepted serve histories and hubs that are put back: those that no backup covers stay.
  private func pruneBodies(
    _ cursor: PruneCursor, _ most: Int, _ horizons: inout [String: UInt64]
  ) throws(RelayError) -> Int {
    let seqs = try store.pruning.bodies(upTo: min(cursor.upTo, durable), most: most)
    for seq in seqs { try store.pruning.removeBody(seq) }
    if let last = seqs.last { horizons[Self.bodies] = last }
    return seqs.count
  }

  /// Has a row that an author with this base held perhaps died, and been forgotten since?
  ///
  /// - Parameter base: of the operation; 0 where it was done to own work alone, which `seen` names.
  func mayBeForgotten(_ base: UInt64, _ transaction: Transaction) throws(RelayError) -> Bool {
    let horizon = try store.pruning.horizon(of: ScopeGrant.everything)
    guard horizon > 0 else { return false }
    if base > 0 { return base < horizon }
    guard let own = transaction.seen.intervals.first(where: { $0.replica == transaction.dot.replica }),
      let oldest = try store.log.record(Dot(own.replica, own.low))
    else { return false }
    return oldest.verdict.isAccepted && oldest.verdict.seq < horizon
  }
}

extension PruneCursor {
  fileprivate mutating func beginAgain() { (place, hasRemoved, isAtEnd) = (.start, false, false) }
}
