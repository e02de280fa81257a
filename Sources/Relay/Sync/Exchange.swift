internal import RelayProtocol

/// One exchange with the hub, as the file sees it: a request out of it, an answer into it. It never decides what is asked next
/// (`SyncMachine`), and an answer that does not fit changes nothing.
struct Exchange {
  let core: ReplicaCore

  func request(pushBytes: Int, pageBytes: UInt64, wait: UInt64) throws(RelayError) -> SyncRequest {
    let state = try core.state()
    let spoken = try core.versions.spoken()
    var request = SyncRequest(
      organisation: state.organisation, schemaHash: spoken.hash, epoch: state.epoch, base: state.base,
      logHash: state.logHash, replica: state.replica, pending: try core.outbox.pendingDots(),
      floor: try core.floor(state), scopes: try core.installedScopes(), role: state.role, schemaVersion: spoken.version,
      installed: spoken.installed, nonce: core.environment.nonce())
    let sent = try fillPush(&request, pushBytes)
    // Who has taken another name since says with a pull what it knows by that one: the old one may be a copy's too, which knows
    // something else.
    guard !sent.hasMore, request.replica == state.replica else { return request }
    // Of what waits for others there is no news at once.
    let canPark = request.part == nil && core.waited.isSuperset(of: sent.keys)
    // What only the lost history brought is a difference also where the hub has nothing new to tell. It is told once.
    let isTold = canPark && wait > 0 && core.compared == state.base
    var pull = PullRequest(
      wait: canPark ? wait : 0, pageBytes: pageBytes, digests: isTold ? false : try core.stores.lost.isBroken())
    if let staged = try core.stores.stage.pull() {
      if staged.base == request.base, staged.floor <= request.floor, staged.asked == Self.asked(request) {
        (pull.token, request.floor) = (staged.token, staged.floor)
      } else {
        try core.stores.stage.forget()
      }
    }
    request.pull = pull
    request.judged = max(try core.outbox.newestVerdict(), try core.stores.lost.judged().map(\.seq).max() ?? 0)
    return request
  }

  /// Identifies what a pull was asked with, beside base and floor.
  static func asked(_ request: SyncRequest) -> [UInt8] {
    var out = CBORWriter()
    out.array(request.scopes.count + 4)
    out.byteString(request.epoch.bytes)
    out.byteString(request.schemaHash.bytes)
    out.unsigned(request.installed ?? 0)
    out.textString(request.role)
    for scope in request.scopes { out.textString(scope) }
    return hash128(out.bytes).bytes
  }

  /// Adds transactions without a verdict, in order, up to the first that the hub cannot know yet. One request carries the
  /// work of one replica: of what this file has been, the oldest goes first.
  ///
  /// - Returns: which go, and whether more of them can.
  private func fillPush(
    _ request: inout SyncRequest, _ most: Int
  ) throws(RelayError) -> (keys: [DotKey], hasMore: Bool) {
    var (bytes, hasMore) = (0, false)
    var (push, keys): ([[UInt8]], [DotKey]) = ([], [])
    var part: TransactionPart?
    var replica: ReplicaID?
    var envelopes: [Int: Envelope] = [:]
    var followers: [DotKey] = []
    let earlier = try EarlierWork(core)
    let known = try core.versions.standing().hub
    func add(_ one: OutboxStore.Outgoing) throws(RelayError) -> Bool {
      guard known == 0 || one.schema <= known else { return false }
      let dot = try core.replicas.dot(one.key)
      guard part == nil, replica == nil || replica == dot.replica else {
        hasMore = true
        return false
      }
      replica = dot.replica
      if try earlier.precedes(one.key) {
        followers.append(one.key)
        return true
      }
      if one.size > most {
        hasMore = true
        guard push.isEmpty else { return false }
        part = try self.part(one, most, earlier)
        return false
      }
      guard bytes + one.size <= most, push.count < Limits.transactionsInPush else {
        hasMore = true
        return false
      }
      let sealed = try sealed(one)
      envelopes[push.count] = try envelope(sealed, one, earlier, isBehind: !envelopes.isEmpty)
      push.append(sealed.bytes)
      keys.append(one.key)
      bytes += one.size
      return true
    }
    // What the hub has lost comes before what it never had.
    try core.stores.lost.eachUnsent(add)
    if !hasMore { try core.outbox.eachUnsent(add) }
    for key in followers {
      try core.stores.lost.wait(key)
      core.waited.insert(key)
    }
    request.replica = replica ?? request.replica
    (request.push, request.part, request.envelopes) = (push, part, envelopes)
    return (keys, hasMore)
  }

  private func part(
    _ one: OutboxStore.Outgoing, _ most: Int, _ earlier: EarlierWork
  ) throws(RelayError) -> TransactionPart {
    let dot = try core.replicas.sealedDot(one.key)
    let offset = try partOffset(dot)
    // Looked at before its first part and before its last: without that one the hub has nothing.
    let isAtAnEnd = offset == 0 || offset + most >= one.size
    let whole = try isAtAnEnd ? sealed(one) : SealedTransaction(dot: dot, bytes: bytes(one.key), hash: one.hash)
    let (start, end) = (min(offset, whole.bytes.count), min(whole.bytes.count, offset + most))
    return TransactionPart(
      dot: dot, hash: one.hash, total: UInt64(one.size), offset: UInt64(start), bytes: Array(whole.bytes[start..<end]),
      envelope: try envelope(whole, one, earlier, isBehind: false))
  }

  /// What stands round a transaction whose bytes do not say any more what it had seen: the hub has lost what they name, or
  /// calls it otherwise.
  ///
  /// - Parameter isBehind: whether one before it in the push is in an envelope, and so may leave a gap.
  private func envelope(
    _ sealed: SealedTransaction, _ one: OutboxStore.Outgoing, _ earlier: EarlierWork, isBehind: Bool
  ) throws(RelayError) -> Envelope? {
    let (most, lost) = (try core.stores.lost.limit(one.key), try core.stores.lost.place(one.key))
    let told = lost.effective ?? one.told
    // What comes before it in its replica's order may be waiting for others.
    let isWaiting = isBehind ? true : try core.stores.lost.isWaiting()
    let isKnown = most == nil && lost.place == nil && told == nil && !isWaiting
    if isKnown { guard try core.replicas.isRenamed() else { return nil } }
    let seen = try sealed.header().seen
    let current = earlier.certain(try core.replicas.current(seen), of: one.key)
    guard !isKnown || current != seen else { return nil }
    var envelope = Envelope(base: most ?? Limits.sequence, seen: current, effective: told, lost: lost.place)
    if let most { envelope.openings = try core.stores.openings.names(one.key, after: most) }
    return envelope
  }

  /// Of own work that is sent.
  func bytes(_ key: DotKey) throws(RelayError) -> [UInt8] {
    if let stored = try core.outbox.stored(key) { return stored.bytes }
    guard let lost = try core.stores.lost.bytes(key) else { throw core.outbox.damaged("lost what is sent") }
    return lost
  }

  /// - Throws: `damaged_work`.
  private func sealed(_ one: OutboxStore.Outgoing) throws(RelayError) -> SealedTransaction {
    let sealed = SealedTransaction(dot: try core.replicas.sealedDot(one.key), bytes: try bytes(one.key), hash: one.hash)
    try checkIntact(sealed)
    return sealed
  }

  /// - Throws: `damaged_work`: what the file does not hold as it was sealed is not sent.
  private func checkIntact(_ sealed: SealedTransaction) throws(RelayError) {
    guard !sealed.isIntact else { return }
    throw RelayError(
      .damagedWork, "\(core.db.path): transaction \(sealed.dot), which waits to be sent, is not what was sealed")
  }

  /// How much of a transaction in parts the hub holds, as it said last.
  private func partOffset(_ dot: Dot) throws(RelayError) -> Int {
    core.partProgress.dot == dot ? core.partProgress.received : 0
  }

  /// Verdicts of a push: known from now on, pending until a pull confirms them (rule 7).
  ///
  /// - Returns: how many own transactions had none before.
  func learn(_ verdicts: [Verdict]) throws(RelayError) -> Int {
    var learnt = 0
    var own = OwnTransactions()
    var rows: Set<RowID> = []
    for verdict in verdicts {
      // A reply may come twice, the second time when all is settled.
      guard let key = try core.replicas.key(verdict.dot) else { continue }
      if try core.stores.lost.learn(key, verdict) { learnt += 1 }
      guard try core.outbox.waits(key) else { continue }
      try core.learn(key, verdict)
      learnt += 1
      if Mutation.isPlanted(.leaveOnAck), let one = try own.own(key, core.stores) {
        try core.leavePending(key, verdict, one.transaction)
      }
      guard !verdict.isAccepted, let one = try own.own(key, core.stores) else { continue }
      if try !core.resealing.sealApart(verdict, one.transaction), !Mutation.isPlanted(.refusalForgotten) {
        try core.tell(verdict, one.transaction)
      }
      rows.formUnion(one.changes.keys)
    }
    // Each row once, however many transactions on it were refused.
    if !rows.isEmpty, !Mutation.isPlanted(.refusedStays) {
      let state = try core.state()
      try core.view.applying { () throws(RelayError) in
        for row in rows.sorted() { try core.view.rebuild(row, try core.table(row.table), state, &own) }
      }
    }
    return learnt
  }
}
