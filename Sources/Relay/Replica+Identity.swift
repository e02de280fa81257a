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
      try core.become(id)
    }
  }
}

extension ReplicaCore {
  func become(_ id: ReplicaID) throws(RelayError) {
    var state = try state()
    state.number = try replicas.add(id)
    (state.replica, state.counter, state.hash) = (id, 0, .zero)
    try save(state)
  }

  /// The same under an id that nobody has.
  func becomeAnother() throws(RelayError) {
    try become(freshID(try replicas.nextNumber()))
  }

  /// The bits of a source that was copied along are not fresh; with the place in this file they are at least not its own.
  func freshID(_ number: Int64) -> ReplicaID {
    let bits = Hash128(high: environment.random(), low: UInt64(number)).bytes
    return ReplicaID(bits: hash128(Array("replica".utf8), bits).high)
  }
}
