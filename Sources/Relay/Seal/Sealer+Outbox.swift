internal import RelayMerge
internal import RelayProtocol

/// Changes become the next transaction of this replica.
extension Sealer {
  func seal(
    _ changes: [RowChange], _ commit: Commit, _ state: inout ReplicaState, isBatch: Bool = false
  ) throws(RelayError) -> Dot {
    var sealing = Sealing(headerBase: commit.base(state))
    for change in changes { sealing.append(change, core.schema) }
    return try seal(sealing, commit, &state, isBatch: isBatch)
  }

  /// - Parameter isBatch: whether Relay itself put these changes together.
  func seal(
    _ sealing: Sealing, _ commit: Commit, _ state: inout ReplicaState, isBatch: Bool, on footing: CommitFooting? = nil
  ) throws(RelayError) -> Dot {
    let now = core.environment.now()
    let time = Mutation.isPlanted(.sealedNow) ? now : min(commit.writtenAt ?? now, now)
    state.time = max(HybridTime(bits: state.time.bits &+ 1), HybridTime(milliseconds: time))
    var shown = if let footing { footing.seen } else { try core.outbox.seenDots() }
    let hasLeft = if let footing { footing.hasLeft } else { try core.stores.images.hasLeft() }
    var seen = commit.moment?.seen ?? shown
    if hasLeft { try addConfirmed(of: sealing, upTo: commit.lastSeen ?? state.key, to: &seen) }
    if Mutation.isPlanted(.noSeen) { seen = DotSet() }
    if Mutation.isPlanted(.ownPrefix), state.counter > 0 {
      seen = seen.union(DotSet((1...state.counter).map { Dot(state.replica, $0) }))
    }
    state.counter += 1
    let header = Transaction(
      dot: Dot(state.replica, state.counter), previous: state.hash, time: state.time,
      epoch: commit.past?.epoch ?? state.epoch, base: commit.base(state), seen: seen, schemaVersion: sealing.needs,
      role: state.role, mode: commit.mode, author: commit.author, rows: [])
    let dot = try append(header, sealing, &state, isBatch: isBatch)
    if let past = commit.past { try core.stores.past.add(state.key, past) }
    shown.insert(dot)
    core.changes.sealed = CommitFooting(state: state, seen: shown, hasLeft: hasLeft)
    return dot
  }

  /// A row that left goes on showing own work that is confirmed while other work on it waits, at the base that it had
  /// (rule 24): that base does not cover the confirmed work, so its dots are named.
  private func addConfirmed(
    of sealing: Sealing, upTo last: DotKey, to seen: inout DotSet
  ) throws(RelayError) {
    var dots = DotSet()
    try sealing.eachRow { (row, _) throws(RelayError) in
      try core.outbox.eachConfirmed(onLeft: row, upTo: last) { (dot) throws(RelayError) in
        dots.insert(dot)
        return dots.intervals.count < Limits.intervals / 2
      }
    }
    seen = seen.union(dots)
  }

  /// Puts a transaction behind the others of this replica.
  ///
  /// - Throws: `transaction_too_large`.
  func append(
    _ header: Transaction, _ sealing: Sealing, _ state: inout ReplicaState, isBatch: Bool
  ) throws(RelayError) -> Dot {
    guard sealing.rows.operations <= Limits.operations else {
      throw RelayError(
        .transactionTooLarge, "\(sealing.rows.operations) operations in one transaction, at most \(Limits.operations)")
    }
    let sealed = SealedTransaction(header, sealing.rows)
    guard sealed.bytes.count <= Limits.transaction else {
      throw RelayError(
        .transactionTooLarge, "\(sealed.bytes.count) bytes in one transaction, at most \(Limits.transaction)")
    }
    core.changes.captured.tables.formUnion(sealing.tables)
    (state.counter, state.hash) = (header.dot.counter, sealed.hash)
    let key = state.key
    try core.outbox.append(
      PendingTransaction(
        key: key, hash: sealed.hash, time: state.time, floor: sealing.floor, schema: header.schemaVersion,
        isBatch: isBatch, bytes: sealed.bytes))
    try core.outbox.append(key, on: sealing)
    return header.dot
  }
}
