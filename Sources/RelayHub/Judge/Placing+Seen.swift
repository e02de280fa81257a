internal import RelayMerge
internal import RelayProtocol

extension HubSession {
  /// Does a transaction come after what its replica did later?
  func comesLate(_ dot: Dot) throws(RelayError) -> Bool { dot.counter <= (try replica(dot.replica)?.count ?? 0) }

  /// What the author of judged work had seen, by the names that the hub has for it.
  func seen(of transaction: Transaction, called dot: Dot) throws(RelayError) -> DotSet {
    guard let fork = try store.healing.fork(dot.replica) else { return transaction.seen }
    return try seen(transaction.seen, on: fork)
  }

  /// What the author of a copy's work had seen, by the names that the hub has for it: its own work by the copy's, and what
  /// both copies have by the name that it kept.
  ///
  /// - Parameter claim: the fork that its request speaks for, where that is another one: so its author calls its own work.
  func seen(_ seen: DotSet, on fork: Fork, claim: ReplicaID? = nil) throws(RelayError) -> DotSet {
    var seen = seen.calling(fork.sealed, from: 1, by: fork)
    if let claim, let spoken = try store.healing.fork(claim), spoken.sealed == fork.sealed {
      seen = seen.calling(spoken.id, from: spoken.first, by: fork)
    }
    guard let parent = try store.healing.fork(fork.parent) else { return seen }
    return try self.seen(seen, on: parent)
  }
}

extension DotSet {
  /// - Parameters:
  ///   - name: a name of its author's own work.
  ///   - first: the counter, in the bytes, of the first transaction that has that name.
  /// - Returns: the same work by the name of a fork, from where that begins.
  fileprivate func calling(_ name: ReplicaID, from first: UInt64, by fork: Fork) -> DotSet {
    let start = fork.first > first ? fork.first - first + 1 : 1
    let own = intervals.filter { $0.replica == name && $0.high >= start }
    guard !own.isEmpty else { return self }
    let renamed = own.map { interval in
      Interval(
        replica: fork.id, low: max(interval.low, start) + first - fork.first, high: interval.high + first - fork.first)
    }
    let all = Interval(replica: name, low: start, high: own[own.count - 1].high)
    return subtracting(DotSet(intervals: [all]) ?? DotSet()).union(DotSet(intervals: renamed) ?? DotSet())
  }
}
