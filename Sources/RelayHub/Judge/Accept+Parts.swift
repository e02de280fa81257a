internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// Transactions that come in parts.
extension HubSession {
  /// How long parts wait for the rest, in milliseconds.
  static let partsLast: Int64 = 7 * 24 * 3600 * 1000

  func accept(
    _ part: TransactionPart, _ device: HubDevice, now: Int64, _ outcome: inout PushOutcome
  ) throws(RelayError) {
    if let record = try known(part.dot, part.hash, device) {
      outcome.verdicts.append(record.verdict)
      outcome.partReceived = part.total
      return
    }
    guard part.total <= UInt64(Limits.transaction) else {
      throw RelayError(.limitExceeded, "a transaction has at most \(Limits.transaction) bytes")
    }
    let dot: [Value] = [.bits(part.dot.replica.bits), .seq(part.dot.counter)]
    try db.execute(
      "DELETE FROM part WHERE replica = ? AND (n <> ? OR hash <> ? OR total <> ?)",
      dot + [.blob(part.hash.bytes), .seq(part.total)])
    var received = try Count.seq(
      try db.first("SELECT coalesce(max(offset + length(bytes)), 0) FROM part WHERE replica = ? AND n = ?", dot)?[0])
    if part.offset == received, !part.bytes.isEmpty, received + UInt64(part.bytes.count) <= part.total {
      try makeRoom(for: part, device)
      try db.execute(
        "INSERT INTO part(replica, n, offset, hash, total, bytes, device, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        dot + [
          .seq(part.offset), .blob(part.hash.bytes), .seq(part.total), .blob(part.bytes), .integer(device.id),
          .integer(now),
        ])
      received += UInt64(part.bytes.count)
    }
    outcome.partReceived = received
    guard received == part.total else { return }
    let bytes = try db.query("SELECT bytes FROM part WHERE replica = ? AND n = ? ORDER BY offset", dot) {
      (row) throws(RelayError) in row.blob(0)
    }.flatMap { $0 }
    try db.execute("DELETE FROM part WHERE replica = ? AND n = ?", dot)
    // Parts that do not give what was announced are forgotten: the device begins again.
    guard let whole = try? Transaction(decoding: bytes), whole.dot == part.dot,
      hash128(whole.previous.bytes, bytes) == part.hash
    else {
      outcome.partReceived = 0
      return
    }
    outcome.verdicts.append(try accept(bytes, device, now: now))
  }

  private func makeRoom(for part: TransactionPart, _ device: HubDevice) throws(RelayError) {
    let dot: [Value] = [.integer(device.id), .bits(part.dot.replica.bits), .seq(part.dot.counter)]
    let others = try db.first(
      "SELECT coalesce(sum(length(bytes)), 0) FROM part WHERE device = ? AND (replica <> ? OR n <> ?)", dot)
    guard try Count.seq(others?[0]) + part.total > partsQuota else { return }
    try db.execute("DELETE FROM part WHERE device = ? AND (replica <> ? OR n <> ?)", dot)
  }
}
