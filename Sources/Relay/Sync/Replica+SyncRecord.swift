internal import RelayProtocol

extension Replica {
  /// What the line carried when it was last used.
  func requestSizes(most: (push: Int, page: Int)) throws(RelayError) -> (push: AdaptiveSize, page: AdaptiveSize) {
    try reading { (core) throws(RelayError) in try core.syncRecord.sizes(most: most) }
  }

  func remember(_ push: AdaptiveSize, _ page: AdaptiveSize) throws(RelayError) {
    try changing { (core) throws(RelayError) in try core.syncRecord.save(push, page) }
  }

  /// Own transactions without a verdict, and their bytes.
  func unsent() throws(RelayError) -> (transactions: Int, bytes: Int) {
    try reading { (core) throws(RelayError) in
      let unsent = try core.outbox.unsent()
      return (Int(unsent.transactions), Int(unsent.bytes))
    }
  }

  /// Says in the file what this sync waits for, for `status` beside it. A file that cannot take it hinders nothing.
  func note(_ what: String, for wait: Duration) {
    try? locked { (core) throws(RelayError) in
      let now = core.environment.now()
      let (until, isFar) = now.addingReportingOverflow(min(wait.milliseconds, 86_400_000))
      try core.db.transaction { () throws(RelayError) in
        try core.syncRecord.begin(what, since: now, until: isFar ? now : until)
      }
    }
  }

  func noteNothing() {
    guard (try? reading { (core) throws(RelayError) in try core.syncRecord.isBusy() }) == true else { return }
    try? changing { (core) throws(RelayError) in try core.syncRecord.end() }
  }
}
