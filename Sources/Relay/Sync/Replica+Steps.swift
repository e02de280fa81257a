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
  /// The next request: pushes what is unsent, and pulls once everything is on its way.
  ///
  /// - Parameters:
  ///   - pushBytes: the most bytes of transactions in one request; at least one transaction goes, in parts if need be.
  package func nextRequest(pushBytes: Int = Limits.part, pageBytes: UInt64 = 4 << 20, wait: UInt64 = 0)
    throws(RelayError) -> SyncRequest
  {
    let hash = schema.hash
    return try locked { (core) throws(RelayError) in
      try core.db.transaction { () throws(RelayError) in
        try core.seal(.residue)
        return try core.request(schemaHash: hash, pushBytes: pushBytes, pageBytes: pageBytes, wait: wait)
      }
    }
  }

  /// Takes the answer to a request of `nextRequest`.
  package func receive(_ response: SyncResponse, to request: SyncRequest) throws(RelayError) -> SyncStep {
    try locked { (core) throws(RelayError) in
      try core.db.transaction { () throws(RelayError) in
        try core.seal(.residue)
        core.isFromHub = true
        try core.learn(response.verdicts)
        if let part = request.part { core.partProgress = (part.dot, Int(response.partReceived)) }
        guard let page = response.page else { return .again }
        return try core.receive(page, response.epoch, request)
      }
    }
  }

  /// Forgets the pages of a pull that the hub called void.
  package func abandonPull() throws(RelayError) {
    try locked { (core) throws(RelayError) in
      try core.db.transaction { () throws(RelayError) in
        try core.db.execute("DELETE FROM relay_page")
        try core.db.execute("DELETE FROM relay_pull")
      }
    }
  }

  /// Binds the replica to a hub; work done before goes out with the first sync.
  package func enrolled(_ response: EnrolResponse, hub: String) throws(RelayError) {
    try locked { (core) throws(RelayError) in
      try core.db.transaction { () throws(RelayError) in
        try core.seal(.residue)
        var state = try core.state()
        guard state.organisation == .zero || state.organisation == response.organisation else {
          throw RelayError(.wrongOrganisation, "\(core.db.path): this file belongs to another organisation")
        }
        state.organisation = response.organisation
        state.device = response.device
        if state.base == 0 { state.epoch = response.epoch }
        try core.save(state)
        try core.db.execute("UPDATE relay_state SET hub = ?, token = ?", [.text(hub), .text(response.token)])
      }
    }
  }

  /// Where and as whom this replica syncs; nil before enrolment.
  package func link() throws(RelayError) -> (hub: String, token: String)? {
    try locked { (core) throws(RelayError) in
      let row = try core.db.first("SELECT hub, token FROM relay_state")
      guard let hub = row?[0].text, let token = row?[1].text, !token.isEmpty else { return nil }
      return (hub, token)
    }
  }

  package func replicaID() throws(RelayError) -> ReplicaID {
    try locked { (core) throws(RelayError) in try core.state().replica }
  }
}

extension Replica {
  func organisation() throws(RelayError) -> Hash128 {
    try locked { (core) throws(RelayError) in try core.state().organisation }
  }

  func randomBits() -> UInt64 { (try? locked { (core) in core.environment.random() }) ?? 0 }
}
