public import RelayProtocol

extension HubWriter {
  /// How much one step of pruning removes: so much that nobody who pushes waits long for it.
  public static let pruneBudget = 500

  /// Forgets a bounded piece of what is older than the retention. Where something stops between two steps nothing is half
  /// done; the next run begins with what is left.
  ///
  /// - Parameters:
  ///   - now: milliseconds since 1970.
  ///   - cursor: what the step before gave; nil begins a run.
  ///   - most: how much to remove.
  public func prune(
    now: Int64, from cursor: PruneCursor? = nil, most: Int = HubWriter.pruneBudget
  ) throws(RelayError) -> PruneStep {
    let session = session
    return try session.store.transaction { () throws(RelayError) in
      try session.refresh()
      return try session.prune(now: now, from: cursor, most: most)
    }
  }

  /// Sets how long the hub keeps what is gone. What it has forgotten does not come back.
  ///
  /// - Throws: `usage` for what is no retention.
  public func setRetention(days: Int64) throws(RelayError) {
    let session = session
    try session.store.transaction { () throws(RelayError) in
      try session.refresh()
      try session.store.settings.set(
        Retention.setting, try Retention.bytes(days: days, grace: session.grace))
      session.retention = days * Grace.dayLength
    }
  }
}
