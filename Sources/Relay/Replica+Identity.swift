internal import RelayMerge
package import RelayProtocol

extension Replica {
  /// The file is another replica from now on, because it was restored or cloned (rule 26). What it had sealed before and
  /// nobody has confirmed keeps its dots, and is still sent.
  ///
  /// - Parameter id: fresh random bits.
  /// - Throws: `limit_exceeded` where the file has been a thousand replicas.
  package func become(_ id: ReplicaID) throws(RelayError) {
    try changing { (core) throws(RelayError) in
      try core.sealer.sealResidue()
      var state = try core.state()
      state.number = try core.replicas.add(id)
      (state.replica, state.counter, state.hash) = (id, 0, .zero)
      try core.save(state)
    }
  }
}
