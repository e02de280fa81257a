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
      } else if try rename(header.dot, hash128(header.previous.bytes, bytes), verdict.dot) {
        rest.removeFirst()
        isRenamed = true
      }
    }
    if let part = request.part, let verdict = rest.last, try rename(part.dot, part.hash, verdict.dot) {
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
      isNews = true
    }
    return isNews
  }

  /// - Returns: false for a name that does not follow from the transaction.
  private func rename(_ sealed: Dot, _ hash: Hash128, _ name: Dot) throws(RelayError) -> Bool {
    guard let key = try core.replicas.key(sealed) else { return false }
    let isBegun = try core.replicas.takeBack(key, to: name)
    if !isBegun {
      guard name == Dot(.fork(sealed, hash), 1) else { return false }
      try core.replicas.rename(from: key, name.replica)
    }
    var state = try core.state()
    state.renames += 1
    try core.save(state)
    if state.number == key.number { try core.becomeAnother() }
    return true
  }
}
