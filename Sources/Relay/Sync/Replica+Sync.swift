public import RelayProtocol

extension Replica {
  /// Pushes what is unsent and pulls what is new. Safe to interrupt anywhere and to repeat; a pull that was cut goes on
  /// where it stopped. `SyncMachine` decides; this runs it over the transport and the file.
  ///
  /// - Parameter progress: called after each round trip.
  /// - Throws: `not_enrolled`, `revoked`, `hub_rolled_back`, `replica_forked`, `no_progress`, the codes of a line that
  ///   does not reach the hub (`ErrorCode.isUnreachable`), `file_replaced` and the other codes of the file. Local work
  ///   is kept whatever is thrown.
  public func sync(
    with transport: any Transport, options: SyncOptions, progress: @Sendable (SyncReport) -> Void = { _ in }
  ) async throws(RelayError) -> SyncReport {
    guard let link = try link() else {
      throw RelayError(.notEnrolled, "\(path): this replica belongs to no hub")
    }
    var run = try SyncRun(self, link, transport, options)
    var effect = run.machine.step(.start)
    while true {
      switch effect {
      case .ask(let shape):
        effect = run.machine.step(await run.exchange(shape))
        run.rememberSizes()
        progress(run.report)
      case .sleep(let delay, let error):
        // Who gives up waiting is told what the wait was for.
        guard await run.waits(delay, for: error) else { throw error }
        effect = run.machine.step(.slept)
      case .mend(let mend): effect = run.machine.step(.mended(try self.mend(mend)))
      case .done(let base):
        run.report.base = base
        return run.report
      case .fail(let error): throw error
      }
    }
  }
}
