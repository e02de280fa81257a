internal import RelayMerge
internal import RelayProtocol

extension Pull {
  /// What closes the pull, from the same snapshot as the last page's rows.
  func closing() throws(RelayError) -> PullClosing {
    #if MUTATIONS
      let who = "\(session.store.name) \(device.id)"
      Mutation.memory.note(who, granted)
      let now = try session.head()
      let head = Mutation.isPlanted(.earlyW) ? Mutation.memory.first(who, now) : now
    #else
      let head = try session.head()
    #endif
    var closing = PullClosing(
      head: head, logHash: try session.logHash(head) ?? .zero, durable: min(session.durable, head))
    // A device may ask for its own alone, whatever it calls pending.
    let confirmed = try session.store.log.records(request.pending).filter { record in
      record.device == device.id && !(Mutation.isPlanted(.earlyW) && record.verdict.seq > head)
    }
    closing.confirmed = Mutation.isPlanted(.confirmsLost) ? [] : confirmed.prefix(Limits.confirmed).map(\.verdict)
    // What was few with the first page may have become many since.
    if token.wholeSince == nil, request.pull?.token.isEmpty == false, try Pull.losesTooMany(session, request, device) {
      throw RelayError(.pageVoid, "too much left meanwhile; the pull brings everything anew")
    }
    try checkHorizon()
    closing.exits = Mutation.isPlanted(.exitsLost) ? [] : try exits(confirmed)
    closing.notices = try notices()
    if head != request.base || request.pull?.digests == true || request.installed != nil {
      for grant in device.grants where grant.readable {
        closing.digests.append(try session.digest(grant.scope, device.role, view))
      }
    }
    return closing
  }

  /// What the hub remembered with the first page it may have forgotten since.
  private func checkHorizon() throws(RelayError) {
    guard request.pull?.token.isEmpty == false else { return }
    var isForgotten = try Pull.isForgotten(session, request, device, after: token.wholeSince ?? request.base)
    if token.wholeSince == nil, !isForgotten { isForgotten = try Pull.isOwnForgotten(session, request) }
    guard isForgotten else { return }
    throw RelayError(.pageVoid, "the hub has forgotten what left meanwhile; the pull brings everything anew")
  }

  private func exits(_ confirmed: [TransactionRecord]) throws(RelayError) -> [RowID] {
    var candidates: Set<RowID> = []
    // What a device says that it holds is no evidence: only what it was once granted can have left it.
    let installed = installed.intersection(try session.store.devices.everGranted(device.id))
    for scope in (Mutation.isPlanted(.exitInstalled) ? installed : installed.union(granted)).sorted() {
      candidates.formUnion(
        try session.store.feed.exits(scope, after: token.wholeSince ?? request.base))
    }
    for scope in token.wholeSince == nil ? installed.subtracting(granted).sorted() : [] {
      var walk = FeedWalk(session.store.feed, [(scope, .start)])
      while let row = try walk.next() { candidates.insert(row.row) }
    }
    var gone: Set<RowID> = []
    // What another role had brought, that change takes away.
    for row in candidates where door.mayName(row) {
      guard let stored = try session.load(row), door.reaches(stored), !Mutation.isPlanted(.exitHeld) else {
        gone.insert(row)
        continue
      }
    }
    gone.formUnion(try accountedFor(confirmed))
    return gone.sorted()
  }

  /// Rows of accepted transactions of which the device gets nothing: what goes up only leaves its author once it is
  /// accepted, and so does what came to lie where the device does not read. Their author has to hear of each row what
  /// became of it (rule 7).
  private func accountedFor(_ confirmed: [TransactionRecord]) throws(RelayError) -> Set<RowID> {
    var rows: Set<RowID> = []
    for record in confirmed where record.verdict.isAccepted {
      for change in try session.body(record.verdict.seq)?.rows ?? [] {
        guard door.mayName(change.row) else { continue }
        // One that is not here died, and is forgotten.
        guard let stored = try session.load(change.row), try door.holds(stored) != nil else {
          rows.insert(change.row)
          continue
        }
      }
    }
    return rows
  }

  private func notices() throws(RelayError) -> [NoticeRecord] {
    var list: [NoticeRecord] = []
    let told = try session.store.conflicts.notices(device.id, after: request.base)
    for var notice in told where door.knows(notice.cell, of: notice.row) {
      // Only what the device may read now.
      if let table = view.table(notice.row.table), let stored = try session.load(notice.row),
        try door.holds(stored) != nil && door.reads(notice.cell, table) || Mutation.isPlanted(.noticeShows),
        let shown = table.shownWrite(
          Cell(
            id: notice.cell,
            // Of a key that was inserted twice the other insert is what its author wants to know.
            writes: stored.state.writes(notice.cell).filter { notice.cell != .live || $0.dot != notice.lost.dot }))
      {
        notice.shown = try session.sibling(shown)
      }
      list.append(notice)
    }
    return PullClosing.fitting(list)
  }
}

extension HubSession {
  /// The newest transaction of the request's replica that has a verdict after its base and that it does not ask about: the
  /// request was overtaken by another one, which brought that.
  func unasked(_ request: SyncRequest) throws(RelayError) -> UInt64? {
    guard let count = try replica(request.replica)?.count, count > 0 else { return nil }
    let last = Dot(request.replica, count)
    guard !request.pending.contains(last), let verdict = try store.log.record(last)?.verdict,
      verdict.seq > request.base
    else { return nil }
    return count
  }
}

extension PullClosing {
  /// Notices that fit a message with everything else: of more than a person could read the newest, and where they are too
  /// large their texts and blobs are cut, shorter and shorter. The rows' histories have all of it.
  static func fitting(_ notices: [NoticeRecord]) -> [NoticeRecord] {
    var (fitting, longest) = (Array(notices.suffix(Limits.notices)), Limits.value)
    while longest > 64, fitting.reduce(0, { $0 + $1.byteCount }) > Limits.part / 2 {
      longest /= 4
      for at in fitting.indices { fitting[at].cut(to: longest) }
    }
    return fitting
  }
}

extension NoticeRecord {
  fileprivate var byteCount: Int { 256 + row.key.count + lost.value.byteCount + (shown?.write.value.byteCount ?? 0) }

  fileprivate mutating func cut(to longest: Int) {
    lost.value = lost.value.cut(to: longest)
    if let value = shown?.write.value { shown?.write.value = value.cut(to: longest) }
  }
}

extension CellValue {
  fileprivate func cut(to longest: Int) -> CellValue {
    guard case .values(let values) = self else { return self }
    return .values(
      values.map { value in
        switch value {
        case .text(let text) where text.utf8.count > longest: .text(text.clipped(to: longest - 3) + "…")
        case .blob(let bytes) where bytes.count > longest, .malformedText(let bytes) where bytes.count > longest:
          .blob(Array(bytes.prefix(longest)))
        default: value
        }
      })
  }
}
