internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

extension HubSession {
  /// Judges one device's push in its order (rules 3, 16).
  func accept(_ job: PushJob, now: Int64) throws(RelayError) -> PushOutcome {
    let device = try device(job.device)
    try recognise(job.request)
    var outcome = PushOutcome(verdicts: [], partReceived: 0)
    do throws(RelayError) {
      for bytes in job.request.push {
        // Each whole or not at all, so that what goes wrong with one leaves nothing of it behind.
        let verdict = try db.savepoint { () throws(RelayError) in try accept(bytes, device, now: now) }
        outcome.verdicts.append(verdict)
      }
    } catch {
      // The verdicts given stand; the device pushes the rest again, and is told alone what is wrong with it.
      let ofOne: [ErrorCode] = [.outOfOrder, .schemaTooNew, .malformedMessage, .unsupportedVersion, .limitExceeded]
      guard ofOne.contains(error.code), !outcome.verdicts.isEmpty else { throw error }
      return outcome
    }
    if let part = job.request.part { try accept(part, device, now: now, &outcome) }
    return outcome
  }

  private func accept(_ bytes: [UInt8], _ device: HubDevice, now: Int64) throws(RelayError) -> Verdict {
    let transaction = try Transaction(decoding: bytes)
    let dot = transaction.dot
    let sealed = SealedTransaction(dot: dot, bytes: bytes, hash: hash128(transaction.previous.bytes, bytes))
    let known = try db.first("SELECT device, n, hash FROM replica WHERE id = ?", [.bits(dot.replica.bits)])
    if let known, known[0] != .integer(device.id) {
      throw RelayError(.unauthorized, "\(dot): not this device's replica")
    }
    if let record = try record(dot), !Mutation.isPlanted(.twice) {
      guard record.hash == sealed.hash else {
        throw RelayError(.replicaForked, "\(dot) stands for something else here")
      }
      return record.verdict
    }
    let (count, last) = (UInt64(known?[1].integer ?? 0), known.flatMap { Hash128(bytes: $0[2].bytes) } ?? .zero)
    let head = try head()
    guard dot.counter == count + 1 else { throw RelayError(.outOfOrder, "\(dot): the hub has \(count) of its replica") }
    guard transaction.previous == last else { throw RelayError(.replicaForked, "\(dot) follows another transaction") }
    guard transaction.base <= head, transaction.rows.allSatisfy({ max($0.base, $0.parentBase ?? 0) <= head }) else {
      throw RelayError(.outOfOrder, "\(dot): its base lies ahead of the hub")
    }
    guard try hasVerdicts(transaction.seen) else {
      throw RelayError(.outOfOrder, "\(dot) had seen what the hub has not")
    }
    guard transaction.schemaVersion <= schema.version else {
      throw RelayError(
        .schemaTooNew,
        "\(dot) needs version \(transaction.schemaVersion) of the sync schema, the hub has \(schema.version)")
    }
    let latest = HybridTime(milliseconds: now + Limits.clockLead)
    let judgement = Judgement(
      self, transaction, device, seq: head + 1,
      effective: Mutation.isPlanted(.noClamp) ? transaction.time : min(transaction.time, latest))
    var verdict = Verdict(dot: dot, seq: head + 1, effective: judgement.effective)
    verdict.refusal = try judgement.judge()
    if verdict.isAccepted || Mutation.isPlanted(.notAtomic) {
      verdict.opensEntries = try judgement.commit()
      try noteAdditions(transaction, seq: verdict.seq)
    } else {
      try rememberRefused(transaction, seq: verdict.seq)
    }
    let log = hash128((try logHash(head) ?? .zero).bytes, sealed.hash.bytes, [verdict.isAccepted ? 1 : 0])
    try insert(
      verdict, sealed, device: device.id, author: transaction.author, base: transaction.base, log: log, received: now)
    return verdict
  }

  private func accept(
    _ part: TransactionPart, _ device: HubDevice, now: Int64, _ outcome: inout PushOutcome
  ) throws(RelayError) {
    let dot: [Value] = [.bits(part.dot.replica.bits), .seq(part.dot.counter)]
    let owner = try db.first("SELECT device FROM replica WHERE id = ?", [dot[0]])?[0]
    guard owner == nil || owner == .integer(device.id) else {
      throw RelayError(.unauthorized, "\(part.dot): not this device's replica")
    }
    if let record = try record(part.dot) {
      guard record.hash == part.hash else { throw RelayError(.replicaForked, "\(part.dot) stands for something else") }
      outcome.verdicts.append(record.verdict)
      outcome.partReceived = part.total
      return
    }
    try db.execute(
      "DELETE FROM part WHERE replica = ? AND (n <> ? OR hash <> ? OR total <> ?)",
      dot + [.blob(part.hash.bytes), .seq(part.total)])
    let held = try db.first(
      "SELECT coalesce(max(offset + length(bytes)), 0) FROM part WHERE replica = ? AND n = ?", dot)
    var received = UInt64(held?[0].integer ?? 0)
    if part.offset == received, !part.bytes.isEmpty {
      try db.execute(
        "INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)",
        dot + [.seq(part.offset), .blob(part.hash.bytes), .seq(part.total), .blob(part.bytes)])
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
}
