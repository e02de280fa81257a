internal import RelayMerge
internal import RelayProtocol

/// A copy of this file has written under the same name, or this file is an older copy of itself (rule 16).
extension Exchange {
  /// Takes over the names that the hub gave own work because another copy's lies under those that it was sealed with. From
  /// then on the file writes as a replica of its own (rule 26).
  ///
  /// - Parameter verdicts: in the order of the push.
  /// - Returns: whether anything is called otherwise now.
  func rename(_ verdicts: [Verdict], of request: SyncRequest) throws(RelayError) -> Bool {
    var isOther = false
    for verdict in verdicts where !isOther { isOther = try core.replicas.named(verdict.dot) == nil }
    guard isOther else { return false }
    var isRenamed = false
    var rest = verdicts[...]
    for bytes in request.push {
      guard let verdict = rest.first else { break }
      let header = try TransactionHeader(of: bytes)
      guard let key = try core.replicas.key(header.dot) else { continue }
      // Nearly always the hub calls it as this file does. One without a verdict waits.
      if try core.replicas.dot(key) == verdict.dot {
        rest.removeFirst()
      } else if try rename(header.dot, hash128(header.previous.bytes, bytes), after: header.previous, verdict.dot) {
        rest.removeFirst()
        isRenamed = true
      }
    }
    if let part = request.part, let verdict = rest.last, try rename(part.dot, part.hash, after: nil, verdict.dot) {
      isRenamed = true
    }
    return isRenamed
  }

  /// Work that came in an envelope and has no verdict, while others of the push have theirs or nothing was wrong with it,
  /// waits for what others have to offer first.
  ///
  /// - Returns: whether anything waits that did not wait before.
  func noteWaiting(_ verdicts: [Verdict], of request: SyncRequest) throws(RelayError) -> Bool {
    guard !request.envelopes.isEmpty, verdicts.count < request.push.count else { return false }
    let told = Set(verdicts.map(\.dot))
    var isNews = false
    for at in request.envelopes.keys.sorted() {
      guard let key = try core.replicas.key(try TransactionHeader(of: request.push[at]).dot),
        try !told.contains(core.replicas.dot(key))
      else { continue }
      try core.stores.lost.wait(key)
      core.waited.insert(key)
      isNews = true
    }
    return isNews
  }

  /// Does a closing confirm what was sent as it is and not judged? Then it tells of another copy's work by that name: the
  /// hub would have known its own by the bytes.
  func confirmsAnother(
    _ closing: PullClosing, _ verdicts: [Verdict], of request: SyncRequest
  ) throws(RelayError) -> Bool {
    guard verdicts.count < request.push.count, !closing.confirmed.isEmpty else { return false }
    let confirmed = Set(closing.confirmed.map(\.dot))
    for (at, bytes) in request.push.enumerated() where request.envelopes[at] == nil {
      guard let key = try core.replicas.key(try TransactionHeader(of: bytes).dot), try core.outbox.waits(key) else {
        continue
      }
      if try confirmed.contains(core.replicas.dot(key)) { return true }
    }
    return false
  }

  /// - Parameter previous: the hash of the transaction before it, where it is at hand.
  /// - Returns: false for a name that does not follow from the transaction, or from one before it.
  private func rename(
    _ sealed: Dot, _ hash: Hash128, after previous: Hash128?, _ name: Dot
  ) throws(RelayError) -> Bool {
    guard let key = try core.replicas.key(sealed) else { return false }
    if try !core.replicas.takeBack(key, to: name) {
      guard name.counter > 0, name.counter <= key.counter else { return false }
      let first = DotKey(number: key.number, counter: key.counter - name.counter + 1)
      // Where it is not the first of the fork, the one that is was judged before, or another copy brought it.
      var begun: Hash128? = first == key ? hash : nil
      if name.counter == 2 { begun = previous }
      if begun == nil { begun = try core.replicas.hash(first) }
      guard let begun else { return false }
      let right = ReplicaID.fork(try core.replicas.sealedDot(first), begun)
      guard name.replica == right || Mutation.isPlanted(.forkByFinder) else { return false }
      try core.replicas.rename(from: first, name.replica)
      _ = try core.replicas.takeBack(key, to: name)
    }
    var state = try core.state()
    state.renames += 1
    try core.save(state)
    if state.number == key.number { try core.becomeAnother() }
    return true
  }
}
