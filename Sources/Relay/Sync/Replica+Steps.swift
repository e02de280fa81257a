internal import RelayMerge
package import RelayProtocol

/// What a received response led to.
package enum SyncStep: Sendable, Equatable {
  /// Ask again: more to push, or the next page.
  case again
  /// The pull was installed; the replica stands at this base.
  case installed(base: UInt64)
  /// The reply no longer fitted (another process synced meanwhile); ask again from the start.
  case discarded
}

extension Replica {
  /// A sync begins: what waited for what others have to offer first goes out once more, and so does what is called by a name that is
  /// not certain any more.
  package func beginSync() throws(RelayError) {
    let isNeeded = try reading { (core) throws(RelayError) in
      try core.stores.lost.hasWaiting() ? true : core.replicas.areSeveral()
    }
    guard isNeeded else { return }
    try changing { (core) throws(RelayError) in
      try core.stores.lost.offerWaiting()
      guard try core.replicas.areSeveral(), !Mutation.isPlanted(.namesUnheard) else { return }
      // What other programs wrote names it too.
      try core.sealer.sealResidue()
      try core.stores.lost.offerAgainWhatIsNamed(core.state().epoch)
    }
  }

  /// The next request: pushes what is unsent, and pulls once everything is on its way.
  ///
  /// - Parameters:
  ///   - pushBytes: the most bytes of transactions in one request; at least one transaction goes, in parts if need be.
  package func nextRequest(pushBytes: Int = Limits.part, pageBytes: UInt64 = 4 << 20, wait: UInt64 = 0)
    throws(RelayError) -> SyncRequest
  {
    try checkFile()
    return try changing { (core) throws(RelayError) in
      try core.sealer.sealResidue()
      return try core.exchange.request(pushBytes: pushBytes, pageBytes: pageBytes, wait: wait)
    }
  }

  /// Takes the answer to a request of `nextRequest`.
  package func receive(_ response: SyncResponse, to request: SyncRequest) throws(RelayError) -> SyncStep {
    try take(response, to: request).step
  }

  /// - Parameter mostStaged: bytes of pages that may wait for the last one of their pull.
  package func take(
    _ response: SyncResponse, to request: SyncRequest, mostStaged: UInt64 = .max
  ) throws(RelayError) -> SyncTaken {
    try checkFile()
    var taken: SyncTaken
    do throws(RelayError) {
      taken = try take(response, to: request, mostStaged, isCautious: false)
    } catch {
      // Nothing of it stays; the same answer is taken once more, row by row.
      guard error.code == .malformedMessage else { throw error }
      taken = try take(response, to: request, mostStaged, isCautious: true)
    }
    // What was written to a file that is gone is not there.
    try checkFile()
    if case .installed(let base) = taken.step, response.page?.closing?.digests.isEmpty == false {
      try locked { (core) throws(RelayError) in core.compared = base }
    }
    return taken
  }

  private func take(
    _ response: SyncResponse, to request: SyncRequest, _ mostStaged: UInt64, isCautious: Bool
  ) throws(RelayError) -> SyncTaken {
    try changing(fromHub: true) { (core) throws(RelayError) in
      if !Mutation.isPlanted(.sealLate) { try core.sealer.sealResidue() }
      // What people had chosen is shown in their own name.
      core.changes.countAsOwn()
      return try core.exchange.take(response, to: request, mostStaged, isCautious: isCautious)
    }
  }

  private func checkFile() throws(RelayError) { try locked { (core) throws(RelayError) in try core.db.checkFile() } }

  /// Forgets the pages of a pull that the hub called void.
  package func abandonPull() throws(RelayError) {
    try changing { (core) throws(RelayError) in try core.stores.stage.forget() }
  }

  /// - Returns: whether there is reason to ask again.
  package func mend(_ mend: SyncMachine.Mend) throws(RelayError) -> Bool {
    switch mend {
    case .abandonPull:
      try abandonPull()
      return true
    case .holdBackWhatIsNewer: return try holdBackWhatIsNewer()
    case .speakOwnSchema: return try speakOwnSchema()
    case .stepBack: return try stepBack()
    }
  }

  /// The hub knows less than it said once: it was put back to an older copy, or another answers at its address.
  ///
  /// - Returns: false where nothing more can be held back.
  func holdBackWhatIsNewer() throws(RelayError) -> Bool {
    try changing { (core) throws(RelayError) in
      let known = try core.versions.standing().hub
      guard let least = try core.outbox.leastNewSchema(known: known), least > 0 else { return false }
      _ = try core.versions.learn(hub: least - 1)
      return true
    }
  }

  /// The hub no longer serves the version that it knew when it was last heard of; the app may have brought a newer one.
  ///
  /// - Returns: false where the app's own is too old.
  func speakOwnSchema() throws(RelayError) -> Bool {
    try changing { (core) throws(RelayError) in
      guard try core.versions.spoken().version < core.schema.version else { return false }
      try core.stores.schema.save(hub: 0)
      return true
    }
  }

  /// Binds the replica to a hub; work done before goes out with the first sync.
  package func enrolled(_ response: EnrolResponse, hub: String) throws(RelayError) {
    try changing { (core) throws(RelayError) in
      try core.sealer.sealResidue()
      var state = try core.state()
      guard state.organisation == .zero || state.organisation == response.organisation else {
        throw RelayError(.wrongOrganisation, "\(core.db.path): this file belongs to another organisation")
      }
      state.organisation = response.organisation
      state.device = response.device
      if state.base == 0 { state.epoch = response.epoch }
      try core.save(state)
      _ = try core.versions.learn(hub: response.schemaVersion)
      try core.stores.state.link(to: hub, response.token)
    }
  }

  /// Where and as whom this replica syncs; nil before enrolment.
  package func link() throws(RelayError) -> (hub: String, token: String, device: String)? {
    try locked { (core) throws(RelayError) in try core.stores.state.link() }
  }

  package func replicaID() throws(RelayError) -> ReplicaID {
    try locked { (core) throws(RelayError) in try core.state().replica }
  }
}

extension Replica {
  func organisation() throws(RelayError) -> Hash128 {
    try locked { (core) throws(RelayError) in try core.state().organisation }
  }

  func nonce() throws(RelayError) -> Hash128 { try locked { (core) in core.environment.nonce() } }

  func randomBits() -> UInt64 { (try? locked { (core) in core.environment.random() }) ?? 0 }
}
