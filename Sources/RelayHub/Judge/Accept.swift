internal import RelayMerge
internal import RelayProtocol

extension HubSession {
  /// Judges one device's push in its order (rules 3, 16), and remembers what its pull shows the device to know.
  func accept(_ job: PushJob, now: Int64) throws(RelayError) -> PushOutcome {
    let device = try device(job.device)
    try recognise(job.request)
    // This hub has lost nothing, so that nothing means something else here than when it was sealed.
    guard job.request.envelopes.isEmpty, job.request.part?.envelope == nil else {
      throw RelayError(.envelopeUnneeded, "this hub knows the history that the work was made with")
    }
    let outcome = try judge(job.request, device, now: now)
    try remember(job.request, device)
    return outcome
  }

  private func judge(_ request: SyncRequest, _ device: HubDevice, now: Int64) throws(RelayError) -> PushOutcome {
    var outcome = PushOutcome(verdicts: [], partReceived: 0)
    do throws(RelayError) {
      for bytes in request.push {
        // Each whole or not at all, so that what goes wrong with one leaves nothing of it behind; one that is alone is what
        // its push is.
        let verdict =
          request.push.count == 1
          ? try accept(bytes, device, now: now)
          : try attempt { () throws(RelayError) in try accept(bytes, device, now: now) }
        outcome.verdicts.append(verdict)
      }
    } catch {
      // The verdicts given stand; the device pushes the rest again, and is told alone what is wrong with it.
      let ofOne: [ErrorCode] = [.outOfOrder, .schemaTooNew, .malformedMessage, .unsupportedVersion, .limitExceeded]
      guard ofOne.contains(error.code), !outcome.verdicts.isEmpty else { throw error }
      return outcome
    }
    if let part = request.part { try accept(part, device, now: now, &outcome) }
    return outcome
  }

  func accept(_ bytes: [UInt8], _ device: HubDevice, now: Int64) throws(RelayError) -> Verdict {
    let transaction = try Transaction(decoding: bytes)
    let dot = transaction.dot
    let sealed = SealedTransaction(dot: dot, bytes: bytes, hash: hash128(transaction.previous.bytes, bytes))
    let chain = try replica(dot.replica)
    if let record = try known(dot, sealed.hash, chain, device), !Mutation.isPlanted(.twice) { return record.verdict }
    let head = try head()
    try checkOrder(transaction, chain, head: head)
    let authority = try authority(device, dot.replica, now: now)
    let latest = HybridTime(milliseconds: now.addingSaturating(Limits.clockLead))
    let judgement = Judgement(
      self, transaction, authority, seq: head + 1,
      effective: Mutation.isPlanted(.noClamp) ? transaction.time : min(transaction.time, latest), now: now)
    var verdict = Verdict(dot: dot, seq: head + 1, effective: judgement.effective)
    verdict.refusal = device.isQuarantined ? .quarantined : try judgement.judge()
    if verdict.isAccepted || Mutation.isPlanted(.notAtomic) {
      verdict.opensEntries = try judgement.commit()
      try noteAdditions(transaction, seq: verdict.seq)
    }
    let log = hash128((try logHash(head) ?? .zero).bytes, sealed.hash.bytes, [verdict.isAccepted ? 1 : 0])
    if chain == nil { try bind(dot.replica, to: device.id) }
    let record = TransactionRecord(
      verdict: verdict, hash: sealed.hash, device: device.id, author: transaction.author, received: now)
    try append(record, base: transaction.base, log: log, body: sealed.bytes)
    try markStanding(transaction, verdict, device.id)
    if !verdict.isAccepted { try rememberRefused(transaction, seq: verdict.seq, bytes: bytes.count, device.id) }
    return verdict
  }

  /// The record of a dot that has its verdict already.
  ///
  /// - Throws: `unauthorized` for another device's replica, `replica_forked`.
  func known(
    _ dot: Dot, _ hash: Hash128, _ chain: ReplicaRecord?, _ device: HubDevice
  ) throws(RelayError) -> TransactionRecord? {
    guard chain == nil || chain?.device == device.id else {
      throw RelayError(.unauthorized, "\(dot): not this device's replica")
    }
    guard let chain, dot.counter <= chain.count || Mutation.isPlanted(.twice) else { return nil }
    guard let record = try store.log.record(dot) else { return nil }
    guard record.hash == hash || Mutation.isPlanted(.twice) else {
      throw RelayError(.replicaForked, "\(dot) stands for something else here")
    }
    return record
  }

  /// Is this the next transaction of its replica, and has the hub all that it builds on?
  private func checkOrder(_ transaction: Transaction, _ chain: ReplicaRecord?, head: UInt64) throws(RelayError) {
    let (dot, count, last) = (transaction.dot, chain?.count ?? 0, chain?.last ?? .zero)
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
  }
}

extension Refusal {
  /// What a device sends that an operator let in again with its work to be looked at first.
  static let quarantined = Refusal(
    rule: .quarantined, row: nil,
    message: "the operator looks at this device's work before it counts; it is kept here and on the device")
}

extension Int64 {
  func addingSaturating(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }

  func subtractingSaturating(_ other: Int64) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (other < 0 ? .max : .min) : difference
  }
}
