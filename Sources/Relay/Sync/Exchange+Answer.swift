internal import RelayMerge
internal import RelayProtocol

extension Exchange {
  /// Takes an answer in the transaction that is open: verdicts first, then the page.
  func take(
    _ response: SyncResponse, to request: SyncRequest, _ mostStaged: UInt64, isCautious: Bool
  ) throws(RelayError) -> SyncTaken {
    var taken = SyncTaken(step: .again)
    let now = core.environment.now()
    // A late answer does not say how late it is; what was installed since does.
    let hubTime = max(try core.syncRecord.times().hub ?? 0, Int64(min(response.time, 1 << 47)))
    let clock = HybridTime(milliseconds: max(now, hubTime))
    let found = try core.state()
    let isRenamed = try rename(response.verdicts, of: request)
    try setTime(response, clock)
    if try learn(response.verdicts) > 0 { taken.progress = .some }
    if try noteWaiting(response.verdicts, of: request) { taken.progress = .some }
    try take(partReceived: response.partReceived, of: request.part, &taken)
    let judged = try judgedDots(upTo: request)
    if let page = response.page { try take(page, response, request, mostStaged, (clock, hubTime), isCautious, &taken) }
    // After the install, which only fits what was asked.
    let hasMore = try core.versions.learn(hub: response.schemaVersion)
    try core.syncRecord.end()
    if case .installed = taken.step {
      let isDoubted = try offerAgain(judged, told: response.verdicts, after: response.page?.closing, request)
      try core.syncRecord.pulled(at: now, hubTime: response.time)
      if try !core.outbox.hasUnsent() { try core.syncRecord.pushed(at: now) }
      if hasMore || isDoubted, case .installed(let base) = taken.step {
        taken.reopenedAt = base
        taken.step = .again
      }
    }
    // What was lost with this answer is called as it was before.
    if found.base == request.base, found.logHash == request.logHash {
      try core.stores.openings.learn(response.openings, after: request.base)
    }
    // The pull was asked about work by the names that it had before; the next one tells of it.
    if isRenamed, taken.step != .discarded { (taken.step, taken.progress) = (.again, .some) }
    return taken
  }

  /// - Throws: `malformed_message` where the hub says that it holds more than there is.
  private func take(
    partReceived: UInt64, of part: TransactionPart?, _ taken: inout SyncTaken
  ) throws(RelayError) {
    guard let part else { return }
    guard partReceived <= part.total else {
      throw RelayError(
        .malformedMessage, "the hub says that it holds \(partReceived) bytes of a transaction of \(part.total)")
    }
    defer { core.partProgress = (part.dot, Int(partReceived)) }
    // With its verdict the hub needs to hold no part any more.
    guard taken.progress == .none else { return }
    // A hub takes a part whole or not at all.
    if partReceived >= part.offset + UInt64(part.bytes.count), !part.bytes.isEmpty {
      taken.progress = .some
    } else if partReceived != part.offset {
      taken.progress = .setback
    } else {
      taken.misfit = "the hub takes no more of a transaction that goes in parts"
    }
  }

  /// Stages a page, or installs the pull with its last one. Staged pages are not read again before that.
  private func take(
    _ page: PullPage, _ response: SyncResponse, _ request: SyncRequest, _ mostStaged: UInt64,
    _ time: (clock: HybridTime, hub: Int64),
    _ isCautious: Bool, _ taken: inout SyncTaken
  ) throws(RelayError) {
    // Pages belong together only when each was asked with the token that the one before gave. A page that comes out of
    // turn was asked for by another process too, which was faster: what that one staged stays, and both go on there.
    let asked = request.pull?.token ?? []
    guard try asked == core.stores.stage.pull()?.token ?? [] || Mutation.isPlanted(.anyPage) else {
      (taken.step, taken.progress) = (.discarded, .some)
      return
    }
    guard let closing = page.closing else {
      guard page.token != asked else {
        taken.misfit = "the hub sends the same page again"
        return
      }
      var body = CBORWriter()
      body.pullPage(page)
      guard try core.stores.stage.byteCount() + UInt64(body.bytes.count) <= mostStaged else {
        taken.isEndless = true
        taken.misfit = "a pull of more than \(mostStaged) bytes, and no end of it"
        return
      }
      try core.stores.stage.add(
        body.bytes,
        StageStore.Pull(base: request.base, floor: request.floor, asked: Self.asked(request), token: page.token))
      taken.pulled = body.bytes.count
      if taken.progress == .none { taken.progress = page.rowCount > 0 ? .some : .emptyPage }
      return
    }
    if try isOvertaken(response, request) {
      try discard("an answer in which work counts that was sent later", &taken)
      taken.progress = .some
      return
    }
    // What is wrong with the rest of the push is told with the next request.
    if try confirmsAnother(closing, response.verdicts, of: request) { return }
    let stands = try stands(as: request)
    guard let hasPages = try fitsStagedPages(page) else {
      return try discard("pages of one pull that are of different grants", &taken)
    }
    let pull = CompletePull(
      request: request, epoch: response.epoch, hub: response.schemaVersion, last: page, closing: closing,
      hasPages: hasPages, clock: time.clock, hubTime: time.hub)
    if try core.install(pull, isCautious: isCautious) {
      taken.step = .installed(base: closing.head)
      taken.progress = .some
      return
    }
    // Another process has moved the file meanwhile, or the answer is about something else than what was asked.
    try discard("the hub's answer is of another history, or older than what this device has", &taken)
    if !stands { taken.progress = .some }
  }

  /// Do the pages that wait say of grants and role what this one says?
  ///
  /// - Returns: whether there are any; nil where one says something else.
  private func fitsStagedPages(_ page: PullPage) throws(RelayError) -> Bool? {
    var (hasPages, isSame) = (false, true)
    try core.stores.stage.eachPage { (body) throws(RelayError) in
      hasPages = true
      let kept = try KeptPage(body)
      isSame = kept.grants == page.grants && kept.role == page.role
      return isSame
    }
    return isSame ? hasPages : nil
  }

  /// Was the request overtaken by another one, whose work counts in this answer? The closing does not confirm that work, so
  /// that it would count twice here until the next pull.
  private func isOvertaken(_ response: SyncResponse, _ request: SyncRequest) throws(RelayError) -> Bool {
    guard let unasked = response.unasked, !Mutation.isPlanted(.overtakenIn) else { return false }
    var isOvertaken = false
    try core.outbox.eachUnsent { (one) throws(RelayError) in
      let dot = try core.replicas.dot(one.key)
      isOvertaken = dot.replica == request.replica && dot.counter <= unasked && !request.pending.contains(dot)
      return !isOvertaken
    }
    return isOvertaken
  }

  private func discard(_ reason: String, _ taken: inout SyncTaken) throws(RelayError) {
    try core.stores.stage.forget()
    taken.step = .discarded
    taken.misfit = reason
  }

  /// Does the file still stand where the request was made?
  private func stands(as request: SyncRequest) throws(RelayError) -> Bool {
    let state = try core.state()
    let scopes = try core.installedScopes()
    return state.base == request.base && state.role == request.role && scopes == request.scopes
  }

  /// A clock that was wrong once, here or at whoever wrote, does not win for ever (rule 12): where the hub took a write for
  /// earlier than its author did, hybrid time comes back to what the hub fixed; and it lies no further ahead of both clocks
  /// than the hub lets any write lie. What an install brings is held to the same (`CompletePull.newest`).
  private func setTime(_ response: SyncResponse, _ clock: HybridTime) throws(RelayError) {
    let time = try core.state().time
    // Of several, the last: what is written next is not earlier than what the hub made of any of them.
    var (fixed, isAhead) = (HybridTime.zero, false)
    for verdict in response.verdicts + (response.page?.closing?.confirmed ?? []) {
      guard let key = try core.replicas.key(verdict.dot) else { continue }
      fixed = max(fixed, verdict.effective)
      // No own work is later than the time of the file.
      guard !isAhead, verdict.effective < time else { continue }
      isAhead = try core.outbox.ranAhead(key, of: verdict.effective)
    }
    var latest = isAhead ? fixed : max(time, fixed)
    latest = latest.atMost(aheadOf: clock)
    if time < latest { try core.stores.state.advance(to: latest) }
    guard latest < time else { return }
    try core.outbox.setBack(to: latest)
    try core.stores.state.setBack(to: latest)
  }

  // MARK: Verdicts that no pull explains

  private static let fullClosing = 100_000

  private struct Judged {
    var dot: Dot
    var key: DotKey
    var seq: UInt64
  }

  /// Own transactions that are said to be judged and that the pull was asked about: a late answer tells nothing of others.
  private func judgedDots(upTo request: SyncRequest) throws(RelayError) -> [Judged] {
    guard request.pull != nil else { return [] }
    return try (core.stores.lost.judged() + core.outbox.judged()).map { (one) throws(RelayError) in
      Judged(dot: try core.replicas.dot(one.key), key: one.key, seq: one.seq)
    }.filter { request.pending.contains($0.dot) }
  }

  /// A verdict whose pull does not tell of it is not believed any longer: the transaction is offered again (rule 7). A late
  /// reply may know less than a verdict that came before it; what one answer says itself its own head has reached.
  ///
  /// - Returns: whether there is such a one.
  private func offerAgain(
    _ judged: [Judged], told: [Verdict], after closing: PullClosing?,
    _ request: SyncRequest
  ) throws(RelayError) -> Bool {
    guard !judged.isEmpty, let closing else { return false }
    try loseVerdicts(judged, closing, request)
    // Under the same name another copy's work may have another seq, or the other verdict.
    let confirmed = Dictionary(closing.confirmed.map { ($0.dot, $0) }) { first, _ in first }
    let here = Set(told.map(\.dot))
    // A closing that is full lists the oldest; the rest comes with the next pull.
    let last = closing.confirmed.count < Self.fullClosing ? UInt64.max : closing.confirmed.map(\.seq).max() ?? 0
    var doubted: [DotKey] = []
    for one in judged where one.seq <= closing.head || here.contains(one.dot) {
      guard one.seq <= last else { continue }
      var isSaid = false
      // One that waits again was not believed already.
      if let said = confirmed[one.dot], try !core.outbox.waits(one.key) { isSaid = try core.fits(one.key, said) }
      if !isSaid { doubted.append(one.key) }
    }
    guard !doubted.isEmpty else { return false }
    try takeBack(doubted) { () throws(RelayError) in
      for key in doubted {
        try core.outbox.doubt(key)
        try core.stores.lost.doubt(key)
      }
    }
    return true
  }

  /// Verdicts that were known when the request was made, of seqs that the hub does not have: it was put back to before them,
  /// and this device stands before them too.
  private func loseVerdicts(
    _ judged: [Judged], _ closing: PullClosing, _ request: SyncRequest
  ) throws(RelayError) {
    // Of a verdict that came after the request the answer may know nothing.
    guard judged.contains(where: { $0.seq > closing.head && $0.seq <= request.judged }) else { return }
    let state = try core.state()
    try takeBack(core.outbox.refused(after: closing.head)) { () throws(RelayError) in
      // The file stands in another epoch by now, perhaps.
      try core.stores.lost.lose(after: closing.head, from: state.base, request.epoch, upTo: state.key)
    }
    try core.beginAnew(after: state.key, upTo: closing.head)
  }
}
