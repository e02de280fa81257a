internal import RelayMerge
internal import RelayProtocol

/// A transaction as it was offered: its bytes, and what stands round them.
struct Offer {
  var bytes: [UInt8]
  var envelope: Envelope?
  /// The replica that the request speaks for: where that is a copy's other name, the device knows of the fork.
  var claim: ReplicaID
  /// The copy as whose work something earlier of the same push turned out to be, which the device may not know yet.
  var copy: ReplicaID?
  /// The history that the request was recognised with.
  var epoch: Hash128
  /// Where it was read before its turn.
  var ahead: ReadAhead?
  /// What follows what among those that it came with.
  var links: PushLinks

  init(
    _ bytes: [UInt8], _ envelope: Envelope?, _ request: SyncRequest, _ links: PushLinks, _ ahead: ReadAhead? = nil
  ) {
    (self.bytes, self.envelope, self.ahead, self.links) = (bytes, envelope, ahead, links)
    (claim, epoch) = (request.replica, request.epoch)
  }

  /// Does the device say that the hub has lost something? Then what is not here is not waited for.
  var fillsGaps: Bool {
    envelope != nil || Mutation.isPlanted(.gapAccepted) || Mutation.isPlanted(.orderIgnored)
  }
}

/// Where an offered transaction belongs (rule 16): in the chain of the replica that sealed it, or in the work of a copy of
/// it, which has another name and the same bytes.
enum Placing {
  case known(TransactionRecord)
  /// It is the next of this name's work.
  case next(Dot, Fork?)
  /// It is the first that one copy has and the other has not.
  case fork(Fork)
}

extension HubSession {
  /// How many copies of one replica a hub tells apart.
  private static let mostForks = 1000

  /// - Parameters:
  ///   - sealed: the name in its bytes.
  ///   - previous: H of the transaction before it, by its bytes.
  /// - Throws: `unauthorized` for another device's replica, `out_of_order`, `replica_forked`.
  func place(
    _ sealed: Dot, _ hash: Hash128, previous: Hash128, _ offer: Offer, _ device: HubDevice
  ) throws(RelayError) -> Placing {
    let chain = try ownChain(sealed, device)
    let (count, last) = (chain?.count ?? 0, chain?.last ?? .zero)
    let forks = try forks(of: sealed.replica)
    // One that begins the fork which it is claimed for begins it here too, whatever else it would go on with.
    let begins = offer.claim != sealed.replica && offer.claim == .fork(sealed, hash)
    let copy = forks.first { $0.id == offer.copy } ?? forks.first { $0.id == offer.claim }
    let isClaimed = begins || copy != nil
    if Mutation.isPlanted(.twice), sealed.counter <= count { return .next(sealed, nil) }
    // What a copy has already by another name may fit the end of this name's work, of which a put-back hub has less.
    if let record = try known(sealed, hash, count, forks) { return .known(record) }
    if !isClaimed, sealed.counter == count + 1, previous == last { return .next(sealed, nil) }
    if !begins, let place = try end(sealed, after: previous, of: forks) { return place }
    // Only what fits no work that is here stands before or behind a gap.
    if offer.fillsGaps, !begins, let gap = try gap(for: sealed, chain, copy, offer),
      try belongs(gap.name, hash, offer.links)
    {
      try noteGap(before: gap.name, hash, offer.links)
      return .next(gap.name, gap.fork)
    }
    // A copy that lost nothing says nothing of gaps; but one of them may have been left for this.
    if !isClaimed, try isAwaited(sealed, hash, offer.links) {
      try noteGap(before: sealed, hash, offer.links)
      return .next(sealed, nil)
    }
    // What an envelope's work follows may stay refused, or be kept by nobody.
    let parent = try predecessor(sealed, previous, forks)
    guard parent != nil || offer.fillsGaps else {
      throw RelayError(.outOfOrder, "\(sealed): the hub does not have what it follows, and \(count) of its replica")
    }
    guard forks.count < Self.mostForks else {
      throw RelayError(.replicaForked, "\(sealed): \(forks.count) copies of its replica have written already")
    }
    var id = ReplicaID.fork(sealed, hash)
    if Mutation.isPlanted(.forkByFinder) { id = ReplicaID(bits: id.bits ^ epoch.high) }
    return .fork(Fork(id: id, sealed: sealed.replica, first: sealed.counter, parent: parent ?? sealed.replica))
  }

  /// The work of a copy that a transaction continues; nil where it continues none.
  private func end(_ sealed: Dot, after previous: Hash128, of forks: [Fork]) throws(RelayError) -> Placing? {
    for fork in forks {
      guard let name = fork.name(sealed.counter), let own = try replica(fork.id) else { continue }
      if name.counter == own.count + 1, previous == own.last { return .next(name, fork) }
    }
    return nil
  }

  /// - Throws: `unauthorized` for another device's replica.
  private func ownChain(_ sealed: Dot, _ device: HubDevice) throws(RelayError) -> ReplicaRecord? {
    let chain = try replica(sealed.replica)
    guard chain == nil || chain?.device == device.id else {
      throw RelayError(.unauthorized, "\(sealed): not this device's replica")
    }
    return chain
  }

  /// By which name does the hub know the transaction before this one?
  private func predecessor(
    _ sealed: Dot, _ previous: Hash128, _ forks: [Fork]
  ) throws(RelayError) -> ReplicaID? {
    guard sealed.counter > 1 else { return previous == .zero ? sealed.replica : nil }
    let before = Dot(sealed.replica, sealed.counter - 1)
    if try store.log.record(before)?.hash == previous { return sealed.replica }
    for fork in forks {
      if let name = fork.name(before.counter), try store.log.record(name)?.hash == previous { return fork.id }
    }
    return nil
  }

  /// The record of a transaction that has its verdict already, under whatever name.
  func known(_ sealed: Dot, _ hash: Hash128, _ device: HubDevice) throws(RelayError) -> TransactionRecord? {
    let count = try ownChain(sealed, device)?.count ?? 0
    return try known(sealed, hash, count, forks(of: sealed.replica))
  }

  /// - Parameter count: the newest counter of its replica.
  private func known(
    _ sealed: Dot, _ hash: Hash128, _ count: UInt64, _ forks: [Fork]
  ) throws(RelayError) -> TransactionRecord? {
    if sealed.counter <= count, let record = try store.log.record(sealed), record.hash == hash { return record }
    for fork in forks {
      if let name = fork.name(sealed.counter), let record = try store.log.record(name), record.hash == hash {
        return record
      }
    }
    return nil
  }
}
