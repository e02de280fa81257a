internal import RelayMerge
internal import RelayProtocol

extension HubSession {
  /// Judges one device's push in its order (rules 3, 16), and remembers what its pull shows the device to know.
  ///
  /// - Parameter ahead: its transactions, as far as they were read already.
  func accept(_ job: PushJob, _ ahead: [ReadAhead?], now: Int64) throws(RelayError) -> PushOutcome {
    let device = try device(job.device)
    try recognise(job.request)
    let outcome = try judge(job.request, ahead, device, now: now)
    // Who does not know yet that its name is another copy's says what it knows itself, and not what that one does; what it has
    // still to send may be older.
    if try !areAnothers(outcome.verdicts, job.request.replica) { try remember(job.request, device) }
    return outcome
  }

  /// One file's work is one chain: as whose work some of it turned out to be, what comes after that is too.
  func copy(_ verdict: Verdict?, _ request: SyncRequest) throws(RelayError) -> ReplicaID? {
    guard let dot = verdict?.dot, dot.replica != request.replica, !Mutation.isPlanted(.copyForgotten) else {
      return nil
    }
    return try store.healing.fork(dot.replica)?.id
  }

  /// Are some of these of a copy by another name than the one that the request speaks for, and what that goes on with?
  private func areAnothers(_ verdicts: [Verdict], _ claim: ReplicaID) throws(RelayError) -> Bool {
    for verdict in verdicts where verdict.dot.replica != claim {
      guard try forks(of: verdict.dot.replica).contains(where: { $0.id == claim }) else { return true }
    }
    return false
  }

  private func judge(
    _ request: SyncRequest, _ ahead: [ReadAhead?], _ device: HubDevice, now: Int64
  ) throws(RelayError) -> PushOutcome {
    var outcome = PushOutcome(verdicts: [], partReceived: 0)
    do throws(RelayError) {
      let isPlain = try request.envelopes.isEmpty ? !hasGaps() : false
      let links = isPlain ? PushLinks() : PushLinks(request.push, ahead)
      for (at, bytes) in request.push.enumerated() {
        var offer = Offer(bytes, request.envelopes[at], request, links, ahead[at])
        offer.copy = try copy(outcome.verdicts.last, request)
        // Each whole or not at all, so that what goes wrong with one leaves nothing of it behind; one that is alone is what
        // its push is.
        let verdict =
          request.push.count == 1 && offer.envelope == nil
          ? try accept(offer, device, now: now) : try judgeApart(offer, device, now: now)
        if let verdict { outcome.verdicts.append(verdict) }
      }
    } catch {
      // The verdicts given stand; the device pushes the rest again, and is told alone what is wrong with it.
      let ofOne: [ErrorCode] = [.outOfOrder, .schemaTooNew, .malformedMessage, .unsupportedVersion, .limitExceeded]
      guard ofOne.contains(error.code), !outcome.verdicts.isEmpty else { throw error }
      return outcome
    }
    if let part = request.part { try accept(part, request, device, now: now, &outcome) }
    return outcome
  }

  /// - Returns: nil for work that has to wait until others have offered what it builds on.
  private func judgeApart(_ offer: Offer, _ device: HubDevice, now: Int64) throws(RelayError) -> Verdict? {
    do throws(RelayError) {
      return try attempt { () throws(RelayError) in try accept(offer, device, now: now) }
    } catch {
      guard offer.envelope != nil, error.code == .outOfOrder else { throw error }
      // What was read of an epoch that was begun with it.
      try refresh()
      try noteWaiting(offer, now: now)
      return nil
    }
  }

  func accept(_ offer: Offer, _ device: HubDevice, now: Int64) throws(RelayError) -> Verdict {
    var transaction: Transaction
    let hash: Hash128
    if let read = offer.ahead?.read {
      (transaction, hash) = (read.transaction, read.hash)
    } else {
      transaction = try Transaction(decoding: offer.bytes)
      hash = hash128(transaction.previous, then: offer.bytes)
    }
    let sealed = SealedTransaction(dot: transaction.dot, bytes: offer.bytes, hash: hash)
    let bases = OriginalBases(transaction, offer.envelope)
    let fork: Fork?
    switch try place(sealed.dot, sealed.hash, previous: transaction.previous, offer, device) {
    case .known(let record): return record.verdict
    case .next(let name, let branch): (transaction.dot, fork) = (name, branch)
    case .fork(let new):
      try add(new)
      (transaction.dot, fork) = (Dot(new.id, 1), new)
    }
    try noteRollback(offer, now: now)
    try translate(&transaction, offer, fork)
    let verdict = try judge(transaction, sealed, offer, bases, device, now: now)
    if let envelope = offer.envelope { try store.healing.add(envelope, of: verdict.dot) }
    return verdict
  }

  /// What the transaction's author had seen, in the history and by the names that this hub has.
  private func translate(_ transaction: inout Transaction, _ offer: Offer, _ fork: Fork?) throws(RelayError) {
    if let envelope = offer.envelope {
      transaction.lower(to: envelope.base)
      transaction.seen = envelope.seen
      // Who does not know of the fork yet names its own work as the other copy's is called.
      if let fork, offer.claim != fork.id, !Mutation.isPlanted(.forkUnseen) {
        transaction.seen = try seen(envelope.seen, on: fork, claim: offer.claim)
      }
      return
    }
    if let fork { transaction.seen = try seen(transaction.seen, on: fork) }
    // In the history that its request was recognised with, its bases are right as they are.
    guard transaction.epoch != epoch, transaction.epoch != offer.epoch, let shared = shared(with: transaction.epoch)
    else { return }
    transaction.lower(to: shared)
  }

  private func judge(
    _ transaction: Transaction, _ sealed: SealedTransaction, _ offer: Offer, _ bases: OriginalBases?,
    _ device: HubDevice, now: Int64
  ) throws(RelayError) -> Verdict {
    let (dot, head, envelope) = (transaction.dot, try head(), offer.envelope)
    try checkOrder(transaction, head: head, isOfferedAgain: envelope != nil)
    let authority = try authority(device, dot.replica, now: now)
    let latest = HybridTime(milliseconds: now.addingSaturating(Limits.clockLead))
    // Who says that its work was given an earlier time once can only lose by it.
    let given = Mutation.isPlanted(.timeAnew) ? nil : envelope?.effective
    let written = min(transaction.time, given ?? transaction.time)
    let judgement = Judgement(
      self, transaction, authority, seq: head + 1,
      effective: Mutation.isPlanted(.noClamp) ? transaction.time : min(written, latest), now: now)
    judgement.originalBases = bases
    judgement.isLate = try envelope == nil ? false : comesLate(dot)
    judgement.ahead = offer.ahead?.rows
    var verdict = Verdict(dot: dot, seq: head + 1, effective: judgement.effective)
    verdict.refusal = device.isQuarantined ? .quarantined : try judgement.judge()
    if let refusal = verdict.refusal, envelope != nil, try judgement.mayWait(refusal),
      try waitsForOthers(now: now)
    {
      throw RelayError(.outOfOrder, "\(dot) builds on what has not been offered again: \(refusal.message)")
    }
    if verdict.isAccepted || Mutation.isPlanted(.notAtomic) {
      verdict.opensEntries = try judgement.commit()
      try noteAdditions(transaction, seq: verdict.seq)
    }
    let log = try logHash(after: head, sealed.hash, isAccepted: verdict.isAccepted)
    if try replica(dot.replica) == nil { try bind(dot.replica, to: device.id) }
    let record = TransactionRecord(
      verdict: verdict, hash: sealed.hash, device: device.id, author: transaction.author, received: now)
    try append(record, base: transaction.base, log: log, body: sealed.bytes)
    try markStanding(transaction, verdict, device.id)
    if !verdict.isAccepted {
      try rememberRefused(transaction, seq: verdict.seq, bytes: sealed.bytes.count, device.id)
      if envelope?.lost != nil, !device.isQuarantined { try judgement.sendAgain() }
    }
    return verdict
  }

  /// Has the hub all that a transaction builds on?
  private func checkOrder(_ transaction: Transaction, head: UInt64, isOfferedAgain: Bool) throws(RelayError) {
    let dot = transaction.dot
    guard transaction.base <= head, transaction.rows.allSatisfy({ max($0.base, $0.parentBase ?? 0) <= head }) else {
      throw RelayError(.outOfOrder, "\(dot): its base lies ahead of the hub")
    }
    // What the hub has lost and nobody offers again is not waited for.
    let isBroken = Mutation.isPlanted(.unreadyAccepted) || Mutation.isPlanted(.orderIgnored)
    let isReady = isOfferedAgain || isBroken ? true : try hasVerdicts(transaction.seen)
    guard isReady else {
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
