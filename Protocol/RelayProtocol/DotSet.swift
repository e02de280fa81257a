/// A small version vector of pending dots: for each replica one or more closed intervals of counters.
///
/// Together with a base it is the whole causal context of a transaction: everything up to the base, and these.
public struct DotSet: Hashable, Sendable {
  public struct Interval: Hashable, Sendable {
    public var replica: ReplicaID
    public var low: UInt64
    public var high: UInt64

    /// - Precondition: `1 <= low <= high`.
    public init(replica: ReplicaID, low: UInt64, high: UInt64) {
      precondition(low >= 1 && low <= high, "an interval of dots runs upwards from 1")
      self.replica = replica
      self.low = low
      self.high = high
    }
  }

  /// Sorted by (replica, low); neither overlapping nor touching.
  public private(set) var intervals: [Interval] = []

  public init() {}

  public init(_ dots: some Sequence<Dot>) { for dot in dots { insert(dot) } }

  /// Takes intervals from outside; nil unless they are sorted, apart and not touching.
  public init?(intervals: [Interval]) {
    for (a, b) in zip(intervals, intervals.dropFirst())
    where !(a.replica < b.replica || (a.replica == b.replica && b.low > a.high && b.low - a.high > 1)) { return nil }
    self.intervals = intervals
  }

  public var isEmpty: Bool { intervals.isEmpty }

  /// How many dots; saturates at `Int.max`.
  public var count: Int {
    var sum: UInt64 = 0
    for interval in intervals {
      let (size, over) = (interval.high - interval.low).addingReportingOverflow(1)
      let (next, overflow) = sum.addingReportingOverflow(size)
      if over || overflow || next > UInt64(Int.max) { return Int.max }
      sum = next
    }
    return Int(sum)
  }

  /// O(intervals), of which there is one a replica with unconfirmed work: nearly always one.
  public func contains(_ dot: Dot) -> Bool {
    intervals.contains { $0.replica == dot.replica && $0.low <= dot.counter && dot.counter <= $0.high }
  }

  /// - Precondition: a counter of 1 or more, as every dot that was read has.
  public mutating func insert(_ dot: Dot) {
    guard !contains(dot) else { return }
    var added = Interval(replica: dot.replica, low: dot.counter, high: dot.counter)
    intervals.removeAll { other in
      guard other.replica == dot.replica else { return false }
      if other.high == dot.counter - 1 {
        added.low = other.low
        return true
      }
      if other.low - 1 == dot.counter {
        added.high = other.high
        return true
      }
      return false
    }
    let at = intervals.firstIndex { ($0.replica, $0.low) > (added.replica, added.low) } ?? intervals.count
    intervals.insert(added, at: at)
  }

  /// The dots of both.
  public func union(_ other: DotSet) -> DotSet {
    var joined: [Interval] = []
    for next in (intervals + other.intervals).sorted(by: { ($0.replica, $0.low) < ($1.replica, $1.low) }) {
      if let last = joined.last, last.replica == next.replica, next.low <= last.high || next.low - last.high == 1 {
        joined[joined.count - 1].high = max(last.high, next.high)
      } else {
        joined.append(next)
      }
    }
    var union = DotSet()
    union.intervals = joined
    return union
  }

  /// The dots of this one that are not in the other.
  public func subtracting(_ other: DotSet) -> DotSet {
    var left: [Interval] = []
    var taken = other.intervals[...]
    for var rest in intervals {
      while let next = taken.first, (next.replica, next.high) < (rest.replica, rest.low) { taken = taken.dropFirst() }
      var isGone = false
      // The last one that is looked at may reach into the next interval too: it stays.
      for gap in taken {
        guard gap.replica == rest.replica, gap.low <= rest.high else { break }
        if gap.low > rest.low { left.append(Interval(replica: rest.replica, low: rest.low, high: gap.low - 1)) }
        guard gap.high < rest.high else {
          isGone = true
          break
        }
        rest.low = gap.high + 1
      }
      if !isGone { left.append(rest) }
    }
    var difference = DotSet()
    difference.intervals = left
    return difference
  }

  /// Every dot in order. Only for sets whose `count` was checked against a limit.
  public var dots: [Dot] {
    intervals.flatMap { interval in (interval.low...interval.high).map { Dot(interval.replica, $0) } }
  }
}
