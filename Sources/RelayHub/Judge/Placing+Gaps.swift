internal import RelayMerge
internal import RelayProtocol

/// Which transaction of a push follows which, by their hashes: the chain, as far as the push holds it.
struct PushLinks {
  /// By the hash of a transaction: that of the one before it.
  private(set) var before: [Hash128: Hash128] = [:]
  /// By the hash of a transaction: that of the one after it.
  private(set) var after: [Hash128: Hash128] = [:]

  init() {}

  /// - Parameter ahead: those that were read already. What cannot be read links nothing; it is told when its turn comes.
  init(_ push: [[UInt8]], _ ahead: [ReadAhead?]) {
    for (at, bytes) in push.enumerated() {
      guard let previous = ahead[at]?.read.transaction.previous ?? (try? TransactionHeader(of: bytes))?.previous else {
        continue
      }
      let hash = ahead[at]?.read.hash ?? hash128(previous, then: bytes)
      before[hash] = previous
      after[previous] = hash
    }
  }
}

/// Work that comes before what it follows, or after what follows it (rule 26): a put-back hub is offered what it lacks, while
/// some of it waits for others and some is refused for good.
extension HubSession {
  /// - Returns: the name that a transaction has before or behind a gap of the chain that its request speaks for; nil where
  ///   there is no such gap.
  func gap(
    for sealed: Dot, _ chain: ReplicaRecord?, _ forks: [Fork], _ offer: Offer
  ) throws(RelayError) -> (name: Dot, fork: Fork?)? {
    var (name, fork, count): (Dot?, Fork?, UInt64) = (nil, nil, 0)
    if offer.claim == sealed.replica {
      (name, count) = (sealed, chain?.count ?? 0)
    } else if let spoken = forks.first(where: { $0.id == offer.claim }), let own = try replica(spoken.id) {
      (name, fork, count) = (spoken.name(sealed.counter), spoken, own.count)
    }
    // Right after the last one it is the previous hash that has told.
    guard let name, name.counter != count + 1, try store.log.record(name) == nil else { return nil }
    return (name, fork)
  }

  /// Two copies may speak for one chain. Whose it is, the next one there tells after a gap, and the last one there before it,
  /// as far as the push shows how they are linked.
  func belongs(
    _ name: Dot, _ hash: Hash128, _ previous: Hash128, _ links: PushLinks
  ) throws(RelayError) -> Bool {
    var (at, its) = (name, previous)
    while at.counter > 1 {
      at.counter -= 1
      if let record = try store.log.record(at) {
        guard record.hash == its else { return false }
        break
      }
      guard let earlier = links.before[its] else { break }
      its = earlier
    }
    (at, its) = (name, hash)
    while true {
      at.counter += 1
      if let record = try store.log.record(at) { return try self.previous(of: record) == its }
      guard let later = links.after[its] else { break }
      its = later
    }
    return true
  }

  private func previous(of record: TransactionRecord) throws(RelayError) -> Hash128? {
    try store.log.body(record.verdict.seq, most: .max).map { (bytes) throws(RelayError) in
      try TransactionHeader(of: bytes).previous
    }
  }
}
