extension CBORWriter {
  mutating func hash(_ hash: Hash128) { byteString(hash.bytes) }

  package mutating func dotSet(_ set: DotSet) {
    array(set.intervals.count * 3)
    for interval in set.intervals {
      unsigned(interval.replica.bits)
      unsigned(interval.low)
      unsigned(interval.high)
    }
  }

  mutating func dot(_ dot: Dot) {
    unsigned(dot.replica.bits)
    unsigned(dot.counter)
  }
}

extension CBORReader {
  mutating func hash() throws(RelayError) -> Hash128 {
    guard let hash = Hash128(bytes: try byteString(most: 16)) else { throw malformed("a hash has 16 bytes") }
    return hash
  }

  mutating func tableID() throws(RelayError) -> UInt32 { UInt32(try unsigned(most: UInt64(UInt32.max))) }

  /// The place of a transaction in its replica.
  mutating func counter() throws(RelayError) -> UInt64 {
    let counter = try unsigned(most: Limits.sequence)
    guard counter > 0 else { throw malformed("counter 0") }
    return counter
  }

  /// A dot as two items.
  mutating func dot() throws(RelayError) -> Dot {
    let replica = ReplicaID(bits: try unsigned())
    return Dot(replica, try counter())
  }

  package mutating func dotSet(most: Int = Limits.intervals) throws(RelayError) -> DotSet {
    let items = try array(most: most * 3)
    guard items % 3 == 0 else { throw malformed("an interval has three numbers") }
    var intervals: [DotSet.Interval] = []
    intervals.reserveCapacity(items / 3)
    for _ in 0..<items / 3 {
      let replica = ReplicaID(bits: try unsigned())
      let low = try counter()
      let high = try counter()
      guard low <= high else { throw malformed("an empty interval") }
      intervals.append(DotSet.Interval(replica: replica, low: low, high: high))
    }
    guard let set = DotSet(intervals: intervals) else { throw malformed("intervals out of order") }
    guard set.count <= Limits.pendingDots else {
      throw limit("pending dots", UInt64(set.count), Limits.pendingDots)
    }
    return set
  }
}
