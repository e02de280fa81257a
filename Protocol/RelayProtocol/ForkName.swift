extension ReplicaID {
  /// What the transactions of a copy are called from the first on that the other copy does not have (rule 16). A function of
  /// the content: whoever meets them, hub or device, gives them the same name.
  ///
  /// - Parameters:
  ///   - sealed: as the bytes name the first divergent transaction.
  ///   - hash: its H(T).
  public static func fork(_ sealed: Dot, _ hash: Hash128) -> ReplicaID {
    let place = Hash128(high: sealed.replica.bits, low: sealed.counter)
    return ReplicaID(bits: hash128(Array("fork".utf8), place.bytes, hash.bytes).high)
  }
}

extension DotSet {
  /// The same dots under other names.
  ///
  /// - Parameter rename: what an interval is called; several where it falls into parts.
  public func renamed<Failure: Error>(
    _ rename: (Interval) throws(Failure) -> [Interval]
  ) throws(Failure) -> DotSet {
    var renamed = DotSet()
    for interval in intervals {
      for part in try rename(interval) { renamed = renamed.union(DotSet(intervals: [part]) ?? DotSet()) }
    }
    return renamed
  }
}
