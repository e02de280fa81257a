internal import RelayMerge
internal import RelayProtocol

/// The hub's order, as a group of pushes carries it on.
extension HubSession {
  /// Has every dot of the set a verdict?
  func hasVerdicts(_ set: DotSet) throws(RelayError) -> Bool {
    for interval in set.intervals {
      // A replica's counters are dense, so its head answers for all of them, unless this hub was put back.
      if try replica(interval.replica)?.count ?? 0 < interval.high { return false }
      if try hasGaps(), try reachesGap(interval) { return false }
    }
    return true
  }

  /// Does any of the interval lie in a gap of its chain? The last counter of each gap is noted, of the others those that a push
  /// named.
  private func reachesGap(_ interval: DotSet.Interval) throws(RelayError) -> Bool {
    guard let noted = try store.healing.gap(from: Dot(interval.replica, interval.low)) else { return false }
    if noted <= interval.high { return true }
    return try store.log.record(Dot(interval.replica, interval.high)) == nil
  }

  /// Is there a gap in any chain?
  func hasGaps() throws(RelayError) -> Bool {
    if let known = memory?.hasGaps { return known }
    let found = try store.healing.hasGaps()
    memory?.hasGaps = found
    return found
  }

  func body(_ seq: UInt64) throws(RelayError) -> Transaction? {
    try store.log.body(seq, most: .max).map { (bytes) throws(RelayError) in try Transaction(decoding: bytes) }
  }

  /// What a transaction did to one row, and who its author was.
  func body(_ seq: UInt64, cutTo row: RowID) throws(RelayError) -> Transaction? {
    try store.log.body(seq, most: .max).map { (bytes) throws(RelayError) in try Transaction(sealed: bytes, cutTo: row) }
  }

  /// The seq of an accepted transaction of the set, by the device, that wrote the row before `last`; the earliest of the
  /// newest.
  func ownWrite(of row: Int64, in set: DotSet, _ device: Int64, before last: UInt64) throws(RelayError) -> UInt64? {
    try store.log.writers(of: row, before: last, by: device, most: 64).filter { set.contains($0.dot) }.map(\.seq).min()
  }

  func append(_ record: TransactionRecord, base: UInt64, log: Hash128, body: [UInt8]) throws(RelayError) {
    let verdict = record.verdict
    try store.log.append(record, base: base, log: log, body: body)
    group?.head = verdict.seq
    group?.log = log
    if Mutation.isPlanted(.refusedBlocks), !verdict.isAccepted { return }
    // What fills a gap that a lost history has left is not the newest of its replica.
    if let chain = try replica(verdict.dot.replica), chain.count > verdict.dot.counter { return }
    let head = GroupState.Head(count: verdict.dot.counter, last: record.hash)
    group?.heads[verdict.dot.replica] = head
    memory?.replicas[verdict.dot.replica]?.stand(at: head)
  }

  func deviceName(_ id: Int64) throws(RelayError) -> String { try store.devices.device(id)?.name ?? "" }
}

extension Transaction {
  /// What one that was cut to a row did to it. Where it does not name the row it hung another one on it, and so said that it
  /// lives.
  func act(on row: RowID) -> RowChange {
    rows.first ?? RowChange(row: row, base: base, operations: [Operation(.touch)])
  }
}
