internal import RelayMerge
internal import RelayProtocol

/// What the author knew.
extension Sealer {
  /// Up to which version of the sync schema an insert says what is at its default. Where own work that waits wrote something
  /// newer to the row, it says all: it takes that back, and cannot be sent before it.
  ///
  /// - Parameter hasNewer: whether such work is sealed together with it.
  func told(of row: RowID, _ known: FileKnowledge, hasNewer: Bool) throws(RelayError) -> UInt64 {
    guard let newer = known.newer, let standing = known.schema, !hasNewer else { return .max }
    return try newer.writes(row) ? .max : core.versions.known(standing)
  }

  /// What the author knew of the parent that a change names, where that is not what the header says: of an own insert
  /// that nobody confirmed, or of a row that left or never was here.
  ///
  /// - Parameter isInsertedApart: whether a row was inserted since the last seal, by another transaction than this one.
  func parentBase(
    _ change: RowChange, _ table: TableSchema, _ commit: Commit, _ state: ReplicaState,
    isInsertedApart: (RowID) -> Bool
  ) throws(RelayError) -> UInt64? {
    guard let row = table.namedParent(change), let parent = core.schema.table(row.table), parent.deletes != .never
    else {
      return nil
    }
    // Of a confirmed row in its table everything is known up to the base.
    let (isUnderWork, hasImage) = (try core.view.isUnderWork(row), try core.view.image(row, parent) != nil)
    let isShown = try core.tableRow(row, parent) != nil
    let isConfirmed = !isUnderWork && !hasImage && !isInsertedApart(row)
    let isPlain = (isShown || Mutation.isPlanted(.parentSeen)) && isConfirmed
    var known =
      isPlain ? state.base : try base(row, before: nil, seq: nil, parent, state, .all, upTo: commit.lastSeen)
    if let moment = commit.moment { known = try base(known, of: row, seenAt: moment) }
    let header = commit.moment?.base ?? state.base
    return known < header ? known : nil
  }

  /// The seq at which the replica's confirmed image of the row was valid (rule 6).
  ///
  /// - Parameter last: the newest own transaction that the author had seen; nil for the newest there is.
  func base(
    _ row: RowID, before: [Value]?, seq: UInt64?, _ table: TableSchema, _ state: ReplicaState, _ filled: RowMark,
    upTo last: DotKey?
  ) throws(RelayError) -> UInt64 {
    if filled.contains(.image),
      let found = try core.stores.images.base(row)
    {
      return Mutation.isPlanted(.headerBase) ? state.base : found
    }
    let isUnderWork = filled.contains(.pending) ? try core.view.isUnderWork(row) : false
    if let before, !isUnderWork {
      var image = Image(values: before, base: state.base, seq: seq)
      if seq == nil { image.seq = try core.tables.shownSeq(row, table) }
      try core.view.save(image, row, table)
      return state.base
    }
    // An own insert waits: what was known before it, the insert has covered. A form that was open before knows it itself.
    if filled.contains(.pending), try core.outbox.hasPendingInsert(row, upTo: last) { return 0 }
    guard filled.contains(.dead) else { return 0 }
    let dead = try core.stores.dead.base(row)
    if Mutation.isPlanted(.deadBaseZero) { return 0 }
    return Mutation.isPlanted(.headerBase) ? state.base : dead ?? 0
  }

  /// What somebody knew of a row who looked at `moment`.
  ///
  /// - Parameter base: what is known of it now.
  func base(_ base: UInt64, of row: RowID, seenAt moment: Moment) throws(RelayError) -> UInt64 {
    let isKnown = try !core.stores.entered.entered(row, after: moment.installs)
    return isKnown || Mutation.isPlanted(.formClaims) ? min(base, moment.base) : 0
  }

  /// Was the row's deletion pulled, or is it this replica's own and not confirmed yet?
  func knowsDeleted(_ row: RowID) throws(RelayError) -> Bool {
    if try core.stores.dead.holds(row) { return true }
    return try core.outbox.hasPendingDelete(row)
  }
}
