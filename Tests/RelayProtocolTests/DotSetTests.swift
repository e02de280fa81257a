import RelayProtocol
import RelaySimulation
import Testing

struct DotSetTests {
  @Test("dots that are inserted in any order are the set of them", arguments: 0..<UInt64(200))
  func model(_ seed: UInt64) {
    var random = SplitMix(state: seed)
    var set = DotSet()
    var model: Set<Dot> = []
    for _ in 0..<Int.random(in: 0..<120, using: &random) {
      let dot = Dot(
        ReplicaID(bits: UInt64.random(in: 0..<4, using: &random)), UInt64.random(in: 1...40, using: &random))
      set.insert(dot)
      model.insert(dot)
    }
    #expect(set.count == model.count)
    #expect(set.dots == model.sorted())
    #expect(set == DotSet(model.sorted()))
    for replica in 0..<UInt64(5) {
      for counter in 0...UInt64(42) {
        let dot = Dot(ReplicaID(bits: replica), counter)
        #expect(set.contains(dot) == model.contains(dot), "\(dot)")
      }
    }
    // One spelling: sorted, apart, and accepted from outside.
    #expect(DotSet(intervals: set.intervals) == set)
    for (a, b) in zip(set.intervals, set.intervals.dropFirst()) {
      #expect(a.replica < b.replica || a.high + 1 < b.low, "\(a) and \(b) should be one")
    }
  }

  @Test("intervals from outside are sorted and neither overlap nor touch")
  func intervals() {
    func interval(_ replica: UInt64, _ low: UInt64, _ high: UInt64) -> DotSet.Interval {
      DotSet.Interval(replica: ReplicaID(bits: replica), low: low, high: high)
    }
    #expect(DotSet(intervals: [interval(1, 1, 2), interval(1, 4, 4), interval(2, 1, 9)])?.count == 12)
    #expect(DotSet(intervals: [interval(1, 1, 2), interval(1, 3, 4)]) == nil)
    #expect(DotSet(intervals: [interval(1, 1, 5), interval(1, 3, 9)]) == nil)
    #expect(DotSet(intervals: [interval(2, 1, 1), interval(1, 1, 1)]) == nil)
    #expect(DotSet(intervals: [interval(1, 1, .max)])?.count == .max)
    #expect(DotSet(intervals: [interval(1, 1, .max), interval(2, 1, .max)])?.count == .max)
  }

  @Test("What is taken away of a set is what is in it and not in the other")
  func subtracting() {
    var bits: UInt64 = 7
    func dots() -> Set<Dot> {
      var dots: Set<Dot> = []
      for replica in 1...2 {
        for counter in 1...12 {
          bits = bits &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          if bits >> 63 == 1 { dots.insert(Dot(ReplicaID(bits: UInt64(replica)), UInt64(counter))) }
        }
      }
      return dots
    }
    for _ in 0..<200 {
      let (one, other) = (dots(), dots())
      #expect(DotSet(one).subtracting(DotSet(other)) == DotSet(one.subtracting(other)))
    }
    #expect(DotSet(dots()).subtracting(DotSet()).count > 0)
  }
}
