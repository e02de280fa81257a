package import RelayProtocol

/// Where a replica's file stands, for whoever watches it from outside.
package struct ReplicaPosition: Sendable, Equatable {
  package var replica: ReplicaID
  /// Transactions that were sealed, of the replica that the file is now.
  package var counter: UInt64
  package var base: UInt64
  /// Pulls that were installed, ever.
  package var installs: UInt64
  /// The time of what was sealed last, or of what was heard of since.
  package var time: HybridTime
}

extension Replica {
  package func position() throws(RelayError) -> ReplicaPosition {
    try locked { (core) throws(RelayError) in
      let state = try core.state()
      return ReplicaPosition(
        replica: state.replica, counter: state.counter, base: state.base, installs: state.installs,
        time: state.time)
    }
  }

  /// Does an own transaction still wait for its verdict?
  package func awaits(_ dot: Dot) throws(RelayError) -> Bool {
    try locked { (core) throws(RelayError) in
      guard let key = try core.replicas.key(dot) else { return false }
      return try core.outbox.waits(key)
    }
  }
}
