public import RelayMerge
public import RelayProtocol

/// The only writer of a hub's store; the invariant behind `@unchecked Sendable`: used from one thread at a time.
public final class HubWriter: @unchecked Sendable {
  let session: HubSession
  /// 64 random bits for each opening of the store; nil where its order needs no names, since nobody puts it back.
  private let newName: (@Sendable () -> UInt64)?
  /// The connection over which the order was given a name.
  private var named = 0

  /// - Parameter newName: draws 64 random bits (`Opening`).
  public convenience init(
    directory: String, vfs: String? = nil, resolvers: Resolvers = Resolvers(),
    newName: (@Sendable () -> UInt64)? = nil
  ) throws(RelayError) {
    try self.init(
      try SQLiteHub(directory: directory, .writes, vfs: vfs), resolvers: resolvers, newName: newName)
  }

  /// Over a database of its own; whoever else writes there waits for its transactions.
  package init(
    _ db: any HubSQL, resolvers: Resolvers = Resolvers(), newName: (@Sendable () -> UInt64)? = nil
  ) throws(RelayError) {
    try HubWriter.migrate(db)
    self.newName = newName
    session = try HubSession(SQLHubStore(db), resolvers: resolvers)
  }

  /// What was judged in the transaction that is open, if anything, begins the order of this opening.
  ///
  /// - Parameter before: the head at the transaction's beginning.
  /// - Returns: what the order is called now, and over which connection that is so once it is committed.
  func nameOrder(after before: UInt64) throws(RelayError) -> (openings: [Opening], connection: Int) {
    let connection = session.store.connections
    guard let newName, connection != named, session.news.head > before else { return (session.openings, named) }
    return (try session.open(after: before, newName()), connection)
  }

  func committed(over connection: Int) { named = connection }

  /// Brings a store of an older version to this one. Nodes that still run the older program stop at their next look.
  private static func migrate(_ db: any HubSQL) throws(RelayError) {
    guard try db.hasTables() else { return }
    let settings = SQLSettings(db: db)
    for version in HubSession.before where try settings.setting("version") == [version] {
      try db.transaction { () throws(RelayError) in
        // Another node may have been faster.
        guard try settings.setting("version") == [version] else { return }
        try db.script(HubTables.migration(from: version, db.dialect))
        if version == 4 { try SQLRows(db: db).shortenKeys() }
        try settings.set("version", [version + 1])
      }
    }
  }

  /// Judges pushes in one durable transaction; a job that fails leaves nothing and stops no other.
  ///
  /// - Parameter now: milliseconds since 1970.
  public func group(_ jobs: [PushJob], now: Int64) throws(RelayError) -> GroupOutcome {
    let session = session
    var outcome: GroupOutcome
    do throws(RelayError) {
      outcome = try group(jobs, now: now, .whole)
    } catch {
      // Also what was written for all of them together may have failed because of one.
      guard !Self.isOfStore(error) else { throw error }
      outcome = try group(jobs, now: now, .each)
    }
    session.store.announce()
    return outcome
  }

  private func group(_ jobs: [PushJob], now: Int64, _ undo: Undo) throws(RelayError) -> GroupOutcome {
    let session = session
    (session.undo, session.mustUndo) = (undo, false)
    var early: GroupOutcome?
    var connection = named
    do throws(RelayError) {
      let outcome = try session.store.transaction { () throws(RelayError) in
        try session.refresh()
        session.news = GroupNews(head: 0, devices: Set(jobs.map(\.device)))
        return try session.inGroup { () throws(RelayError) in
          let before = try session.head()
          let results = try judge(jobs, now: now)
          session.news.head = try session.head()
          if session.news.head > before { try session.store.news.add(session.news) }
          let openings: [Opening]
          (openings, connection) = try nameOrder(after: before)
          let outcome = GroupOutcome(results: results.map { $0.told(openings) }, news: session.news)
          if Mutation.isPlanted(.ackEarly) { early = outcome }
          return outcome
        }
      }
      committed(over: connection)
      return outcome
    } catch {
      session.kept = nil
      if let early { return early }
      throw error
    }
  }

  private func judge(_ jobs: [PushJob], now: Int64) throws(RelayError) -> [Result<PushOutcome, RelayError>] {
    var results: [Result<PushOutcome, RelayError>] = []
    results.reserveCapacity(jobs.count)
    session.group?.heads.reserveCapacity(jobs.count)
    let ahead = try session.readAhead(jobs)
    for (job, ahead) in zip(jobs, ahead) {
      do throws(RelayError) {
        results.append(
          .success(try session.attempt { () throws(RelayError) in try session.accept(job, ahead, now: now) }))
      } catch {
        guard session.store.isInTransaction, !Self.isOfStore(error), !session.mustUndo else { throw error }
        results.append(.failure(error))
      }
      // One of several transactions of a push may have failed, and the push gone on without it.
      if session.mustUndo { throw RelayError(.invariant, "a group is committed with a part of a failed push") }
    }
    return results
  }

  /// What broke the store itself is nobody's push: nothing of the group may be acknowledged.
  private static func isOfStore(_ error: RelayError) -> Bool {
    [.diskFull, .ioError, .corrupt, .busy].contains(error.code)
  }

  /// One group's outcomes alone.
  public func commit(
    _ jobs: [PushJob], now: Int64
  ) throws(RelayError) -> [Result<PushOutcome, RelayError>] { try group(jobs, now: now).results }

  /// Puts a newer version of the sync schema in force, or the same under other names. Connections that are open, also in
  /// other processes, take it up with their next transaction.
  ///
  /// - Parameters:
  ///   - schema: the file's bytes.
  ///   - checkOnly: says what would change and changes nothing.
  /// - Returns: what changes, a line each; none where nothing does.
  /// - Throws: `schema_invalid`; `schema_mismatch` naming the table or column that differs where it does not continue
  ///   the schema in force.
  public func update(schema: [UInt8], checkOnly: Bool = false) throws(RelayError) -> [String] {
    try session.write { (session) throws(RelayError) in
      try session.update(schema: schema, checkOnly: checkOnly)
    }
  }

  /// The hub was put back to an older copy, which is what is here: it goes on as another history (rule 27).
  ///
  /// - Parameters:
  ///   - epoch: random, drawn by the caller.
  ///   - now: milliseconds since 1970.
  /// - Returns: the seq that it goes on from.
  public func beginEpoch(_ epoch: Hash128, now: Int64) throws(RelayError) -> UInt64 {
    try session.write { (session) throws(RelayError) in
      let head = try session.head()
      try session.beginEpoch(epoch, fork: head, now: now)
      return head
    }
  }

  /// Nothing waits any longer for what others might offer to this hub, which was put back: it is judged by what is here. It
  /// holds until the hub is put back once more.
  public func endWaiting() throws(RelayError) {
    try session.write { (session) throws(RelayError) in try session.endWaiting() }
  }

  /// Keeps when devices were last answered, in milliseconds since 1970.
  public func noteSyncs(_ times: [Int64: Int64]) throws(RelayError) {
    let times = times.sorted { $0.key < $1.key }.map { (device: $0.key, at: $0.value) }
    try session.write { (session) throws(RelayError) in try session.store.devices.noteSyncs(times) }
  }

  /// Tells devices that a backup covers the log up to a seq; call it once the backup cannot be lost any more.
  public func noteBackup(upTo seq: UInt64) throws(RelayError) {
    try session.write { (session) throws(RelayError) in
      try session.noteBackup(upTo: min(seq, session.head()))
    }
  }

  /// Where the store is, for messages.
  package var place: String { session.store.name }

  public func checkpoint() throws(RelayError) { try session.store.checkpoint() }
}

extension Result<PushOutcome, RelayError> {
  fileprivate func told(_ openings: [Opening]) -> Self {
    map { outcome in
      var outcome = outcome
      outcome.openings = openings
      return outcome
    }
  }
}
