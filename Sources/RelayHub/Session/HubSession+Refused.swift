internal import RelayMerge
internal import RelayProtocol

/// What was refused is kept whole (rule 19), within a quota a device; parts of what is half sent, too.
extension HubSession {
  /// How long parts are kept, in milliseconds.
  static let partsLast: Int64 = 7 * 24 * 3600 * 1000

  func rememberRefused(_ transaction: Transaction, seq: UInt64, bytes: Int, _ device: Int64) throws(RelayError) {
    try store.log.addRefused(seq, transaction.rows.map(\.row), bytes: bytes, device)
    while try store.log.refusedBytes(device) > refusedQuota {
      guard let oldest = try store.log.refused(of: device, most: 1).first, oldest < seq else { return }
      try forgetRefused(oldest, device)
    }
  }

  private func forgetRefused(_ seq: UInt64, _ device: Int64) throws(RelayError) {
    try store.log.forgetRefused(seq, try body(seq)?.rows.map(\.row) ?? [], device)
  }

  /// Drops what waited too long: parts without the rest, and what was refused long ago.
  func tidy(now: Int64) throws(RelayError) {
    try store.news.keep(newest: 10_000)
    try store.parts.drop(.cameBefore(now.subtractingSaturating(HubSession.partsLast)))
    let oldest = now.subtractingSaturating(retention)
    for one in try store.log.refused(receivedBefore: oldest, most: 1000) { try forgetRefused(one.seq, one.device) }
  }

  /// What a device was refused ends with it; its own inbox has it.
  func dropRefused(of device: Int64) throws(RelayError) {
    for seq in try store.log.refused(of: device, most: .max) { try forgetRefused(seq, device) }
  }

  /// Drops what came of the device's other transactions where this one would go beyond its quota.
  func makeRoom(for part: TransactionPart, _ device: Int64) throws(RelayError) {
    guard try store.parts.heldBeside(part.dot, of: device) + part.total > partsQuota else { return }
    try store.parts.drop(.ofDevice(device, besides: part.dot))
  }
}

/// What an operation would build on (rule 18): refused inserts and deletes, by device and key, and the accepted ones that
/// came after them. Nothing is here of a device that was never refused.
extension HubSession {
  /// How many of them a row's next operation is held against.
  private static let newestMarks = 64

  /// What the next operation on a row builds on, of the device's own work that its author had seen.
  ///
  /// - Complexity: O(1), one look into an index.
  func standing(_ row: RowID, seen: DotSet, _ device: Int64) throws(RelayError) -> Standing? {
    var standing: Standing?
    for mark in try store.log.marks(row, device, most: Self.newestMarks).reversed() where seen.contains(mark.dot) {
      standing = Standing.after(standing, kind: mark.kind, dot: mark.dot, refused: mark.isRefused)
    }
    return standing
  }

  static let marksSetting = "marks"

  /// Refused work that the author had seen wait, where it may be forgotten by now what that did: somebody saves what he had
  /// begun before he heard of the refusal, and that was longer ago than the retention.
  func forgottenRefusal(seenBy transaction: Transaction, _ device: Int64) throws(RelayError) -> Dot? {
    guard transaction.base < forgottenMarks else { return nil }
    return try store.log.refused(
      in: transaction.seen, of: device, after: transaction.base, upTo: forgottenMarks)
  }

  func markStanding(_ transaction: Transaction, _ verdict: Verdict, _ device: Int64) throws(RelayError) {
    if Mutation.isPlanted(.noMarks) { return }
    if verdict.isAccepted, try !hasMarks(device) { return }
    for change in transaction.rows {
      let kind = Standing.kind(change)
      guard kind != 0 else { continue }
      if verdict.isAccepted, try store.log.marks(change.row, device, most: 1).isEmpty { continue }
      let mark = StandingMark(dot: verdict.dot, kind: kind, isRefused: !verdict.isAccepted)
      try store.log.addMark(mark, change.row, seq: verdict.seq, device)
      memory?.clean.remove(device)
    }
  }
}
