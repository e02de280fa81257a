internal import RelayMerge
internal import RelayProtocol

/// Which transaction of a push follows which, by their hashes: the chain, as far as the push holds it.
struct PushLinks {
  /// Hashes of transactions that follow each other, after that of the one which the first of them follows.
  private var runs: [[Hash128]] = []
  private var places: [Hash128: (run: Int, at: Int)] = [:]

  init() {}

  /// - Parameter ahead: those that were read already. What cannot be read links nothing; it is told when its turn comes.
  init(_ push: [[UInt8]], _ ahead: [ReadAhead?] = []) {
    for (at, bytes) in push.enumerated() {
      let read = at < ahead.count ? ahead[at]?.read : nil
      guard let previous = read?.transaction.previous ?? (try? TransactionHeader(of: bytes))?.previous else { continue }
      let hash = read?.hash ?? hash128(previous, then: bytes)
      if runs.last?.last != previous { runs.append([previous]) }
      runs[runs.count - 1].append(hash)
      places[hash] = (runs.count - 1, runs[runs.count - 1].count - 1)
    }
  }

  /// The hash of the transaction that lies so many counters behind one of the push, or before it; nil where the push does not
  /// tell it.
  func hash(_ distance: Int, from hash: Hash128) -> Hash128? {
    guard let place = places[hash] else { return nil }
    let run = runs[place.run]
    return run.indices.contains(place.at + distance) ? run[place.at + distance] : nil
  }
}

/// Work that comes before what it follows, or after what follows it (rule 26): a put-back hub is offered what it lacks, while
/// some of it waits for others and some is refused for good.
extension HubSession {
  /// - Parameter copy: whose work it is said or known to be.
  /// - Returns: the name that a transaction has before or behind a gap of the chain that its request speaks for; nil where
  ///   there is no such gap.
  func gap(
    for sealed: Dot, _ chain: ReplicaRecord?, _ copy: Fork?, _ offer: Offer
  ) throws(RelayError) -> (name: Dot, fork: Fork?)? {
    var (name, count): (Dot?, UInt64) = (nil, 0)
    if let copy {
      guard let own = try replica(copy.id) else { return nil }
      (name, count) = (copy.name(sealed.counter), own.count)
    } else if offer.claim == sealed.replica {
      (name, count) = (sealed, chain?.count ?? 0)
    }
    // Right after the last one it is the previous hash that has told.
    guard let name, name.counter != count + 1, try store.log.record(name) == nil else { return nil }
    return (name, copy)
  }

  /// Two copies may speak for one chain. Whose a gap there is told who left it; else the last one before it tells, and the
  /// one after it, as far as the push shows how they are linked.
  ///
  /// - Complexity: three searches, whatever is in the push.
  func belongs(_ name: Dot, _ hash: Hash128, _ links: PushLinks) throws(RelayError) -> Bool {
    if let its = try store.healing.gap(name) { return its == hash }
    if let before = try store.log.neighbour(before: name),
      let its = links.hash(-distance(before.verdict.dot, name), from: hash), its != before.hash
    {
      return false
    }
    return try leads(name, hash, links) ?? true
  }

  /// Is it known that a transaction belongs into a gap: by who left that, or as the push links it to what stands behind it?
  func isAwaited(_ name: Dot, _ hash: Hash128, _ links: PushLinks) throws(RelayError) -> Bool {
    guard try hasGaps() else { return false }
    if let its = try store.healing.gap(name) { return its == hash }
    return try leads(name, hash, links) ?? false
  }

  /// Does the push lead from a transaction to the next one that its chain has here? nil where it does not tell, or none is
  /// there.
  private func leads(_ name: Dot, _ hash: Hash128, _ links: PushLinks) throws(RelayError) -> Bool? {
    guard let after = try store.log.neighbour(after: name),
      let its = links.hash(distance(name, after.verdict.dot) - 1, from: hash),
      let bytes = try store.log.body(after.verdict.seq, most: .max)
    else { return nil }
    return try TransactionHeader(of: bytes).previous == its
  }

  /// Keeps what belongs between a transaction and the one before it in its chain, as far as its push says it.
  func noteGap(before name: Dot, _ hash: Hash128, _ links: PushLinks) throws(RelayError) {
    memory?.hasGaps = nil
    try store.healing.dropGap(name)
    let first = try store.log.neighbour(before: name)?.verdict.dot.counter ?? 0
    var at = name
    while at.counter > first + 1, let its = links.hash(-distance(at, name) - 1, from: hash) {
      at.counter -= 1
      try store.healing.addGap(at, its)
    }
  }

  /// How many counters lie between two names of one chain; more than a push has are as many as that.
  private func distance(_ name: Dot, _ later: Dot) -> Int { Int(min(later.counter - name.counter, UInt64(Int32.max))) }
}
