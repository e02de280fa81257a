internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// Installs a complete pull inside the transaction that is open: what is cold straight from its bytes, what is under work
/// with thought, then what left; the sums compared and the base advanced at the end.
struct Install {
  let core: ReplicaCore
  let pull: CompletePull
  var state: ReplicaState
  var own = OwnTransactions()
  var sums: ScopeSums
  /// The newest effective time of what arrived.
  private var newestTime = HybridTime(bits: 0)
  /// Own work that came back as it was; nil where every row is to be looked at.
  let ownRows: OwnRows?
  /// Rows that need thought, the newest version of each.
  private(set) var hot: [RowID: CompletePull.Arrived] = [:]
  /// Rows that leave, ascending.
  private var exits: [RowID] = []

  /// - Returns: nil when the reply no longer fits this replica and has to be discarded (rule 8).
  init?(_ core: ReplicaCore, _ pull: CompletePull, isCautious: Bool) throws(RelayError) {
    if !Mutation.isPlanted(.sealLate) { try core.sealer.sealResidue() }
    let state = try core.state()
    guard try core.fits(pull, state) else { return nil }
    (self.core, self.pull, self.state) = (core, pull, state)
    sums = try ScopeSums(core, pull, state)
    ownRows = try OwnRows(core, pull, isCautious: isCautious)
    self.state.installs += 1
  }

  mutating func run() throws(RelayError) {
    if Mutation.isPlanted(.cursorFirst) { try advanceFirst() }
    try core.view.applying { () throws(RelayError) in
      try writeColdRows()
      exits = Set(pull.closing.exits + (try leftBehind()) + (try LetGo(core, pull, arriving: hot).rows())).sorted()
      try subtractTheRest()
      let confirmed = try confirm()
      state.accepted += UInt64(confirmed.accepted)
      // Verdicts set a clock back, and a refusal may have sealed something anew.
      let sealed = try core.state()
      (state.counter, state.hash, state.time) = (sealed.counter, sealed.hash, max(sealed.time, newestTime))
      var refused: [Placing] = []
      for row in hot.keys.sorted() {
        if let arrived = hot[row], let one = try place(arrived) { refused.append(one) }
      }
      for row in exits {
        try core.forgetConflicts(row)
        try core.forgetEntered(row)
        try leave(row)
      }
      try leaveTheRest()
      try placeAgain(refused)
      for row in confirmed.rows.sorted() { try settle(row, confirmed) }
    }
    try core.accepted.forget(durable: min(pull.closing.durable, pull.closing.head))
    for notice in pull.closing.notices { try core.tell(notice) }
    let mustCount = try sums.hasRevived ? core.stores.lost.hasGoneBack() : false
    try advance()
    if Mutation.isPlanted(.sealLate) { try core.sealer.sealResidue() }
    try finishSums(mustCount)
  }

  /// Without triggers where the app has none: Relay's own would only find out that nothing is to be logged.
  private mutating func writeColdRows() throws(RelayError) {
    var cold = try ColdRows(core, pull, state.installs, ownRows)
    let triggers = try core.tables.appTriggers()
    if triggers.tables.isEmpty {
      try core.db.withoutTriggers { () throws(RelayError) in try write(&cold) }
    } else {
      try write(&cold)
    }
    hot = cold.hot
    newestTime = Mutation.isPlanted(.timeNotMerged) ? state.time : pull.newest(cold.newest)
    state.time = max(state.time, newestTime)
  }

  private mutating func write(_ cold: inout ColdRows) throws(RelayError) {
    var sums = sums
    try pull.eachRow(core.stores.stage) { (row) throws(RelayError) in try cold.write(&row, &sums) }
    try cold.finish()
    self.sums = sums
  }

  /// What no install may do: it says where the replica stands before the rows are there.
  private func advanceFirst() throws(RelayError) {
    var early = state
    (early.base, early.logHash) = (pull.closing.head, pull.closing.logHash)
    try core.save(early)
    try core.db.script("COMMIT; BEGIN IMMEDIATE")
  }

  private mutating func advance() throws(RelayError) {
    state.base = pull.closing.head
    if !Mutation.isPlanted(.hashStays) { state.logHash = pull.closing.logHash }
    state.epoch = pull.epoch
    if !Mutation.isPlanted(.roleStays) { state.role = pull.newRole }
    state.head = max(state.head, pull.closing.head)
    try core.save(state)
    try core.versions.installed(pull.version, was: pull.schema.installed)
    try core.stores.stage.forget()
    try core.stores.forgotten.tidy()
    if pull.closing.head != pull.base { try core.stores.lost.stood(at: state.base, state.logHash) }
    try core.stores.lost.forgetHealed(at: state.base)
    try core.stores.age.stood(at: state.base, install: state.installs, now: pull.hubTime)
  }

  // MARK: Sums

  /// Of rows under work, and of those that leave: as they are confirmed before any of that changes.
  private mutating func subtractTheRest() throws(RelayError) {
    for row in Set(hot.keys).union(exits).sorted() {
      guard let table = core.schema.table(row.table) else { continue }
      let values = try core.view.confirmed(row, table)
      try sums.keepPlace(row, table, values, core)
      if let values {
        try sums.remove(row, table, values, core)
      } else if sums.kind == .change, let arrived = hot[row] {
        try core.noteEntered(row, table, try arrived.values(table), try arrived.stamps(table), pull, state.installs)
      }
    }
  }

  /// - Parameter mustCount: whether sums that add up may be wrong all the same.
  private mutating func finishSums(_ mustCount: Bool) throws(RelayError) {
    var places = Places(core.schema)
    for row in hot.keys.sorted() {
      guard let table = core.schema.table(row.table), let values = try core.view.confirmed(row, table) else { continue }
      try sums.add(row, table, values, core, &places)
    }
    var digests = try sums.finish(core, &places)
    let isKnownWrong = try !core.stores.state.warnings().mismatch.isEmpty
    // Below nothing a count wraps round. Sums that do not add up, because rows were written while nothing was captured,
    // are made anew from the rows once; what then still differs is told.
    let isImpossible = digests.values.contains { $0.count > Limits.sequence }
    // What only a lost history brought does not move, or go, by itself with what it hangs on.
    var isElsewhere = false
    if isKnownWrong, try core.stores.lost.hasGoneBack() { isElsewhere = try sums.hasMoved(core, &places) }
    if isImpossible || mustCount || isElsewhere || (!isKnownWrong && !wrongScopes(digests).isEmpty) {
      digests = try core.comparison.confirmedDigests(Set(pull.grants.filter(\.readable).map(\.scope)), pull.newRole)
    }
    if !Mutation.isPlanted(.scopesStay) || state.installs == 1 {
      try core.stores.scopes.replace(pull.grants, digests)
    }
    guard !pull.closing.digests.isEmpty else { return }
    try core.stores.state.setMismatch(wrongScopes(digests))
  }

  /// Scopes whose sum is not the hub's.
  private func wrongScopes(_ digests: [String: ScopeDigest]) -> [String] {
    // Who is granted everything gets rows as they are written, not as they move: the one sum says all.
    let holdsAll = pull.grants.contains { $0.readable && $0.scope == ScopeGrant.everything }
    return zip(pull.grants.filter(\.readable), pull.closing.digests).filter { grant, hub in
      hub != digests[grant.scope] ?? ScopeDigest() && (!holdsAll || grant.scope == ScopeGrant.everything)
    }.map(\.0.scope)
  }
}

extension ReplicaCore {
  /// - Returns: false when the reply no longer fits this replica and was discarded.
  func install(_ pull: CompletePull, isCautious: Bool) throws(RelayError) -> Bool {
    guard var install = try Install(self, pull, isCautious: isCautious) else { return false }
    try install.run()
    return true
  }

  /// Does what the pull was asked with still hold (rule 8)?
  func fits(_ pull: CompletePull, _ state: ReplicaState) throws(RelayError) -> Bool {
    let scopes = try installedScopes()
    let isSameRoleView = pull.role == state.role && pull.scopes == scopes
    let isSameFloor = try pull.floor <= floor(state)
    guard pull.schema == (try versions.spoken()) else { return false }
    if Mutation.isPlanted(.anyFrom) { return true }
    // A hub answers only where it knows the place at which the file stood, whatever its history is called: it may go on from
    // the file's, or have been put back to before that one began.
    let isAsked = pull.askedIn == state.epoch && pull.logHash == state.logHash
    let isHistory = isAsked || pull.epoch == state.epoch
    return pull.base == state.base && isHistory
      && (isSameRoleView || Mutation.isPlanted(.fromIsN)) && (isSameFloor || Mutation.isPlanted(.floorStale))
      && pull.closing.head >= state.base
  }

  func installedScopes() throws(RelayError) -> [String] { try stores.scopes.readable() }

  /// The least base of pending operations and held rows; the replica's base if there is none (rule 22).
  func floor(_ state: ReplicaState) throws(RelayError) -> UInt64 {
    if Mutation.isPlanted(.floorIsN) { return state.base }
    // Rows under work are confirmed at the replica's own base; those that left or are held stay behind.
    let least = min(state.base, try stores.images.leastBase() ?? .max)
    // Bases are fixed when an operation is sealed.
    return min(least, try outbox.floor() ?? .max)
  }

  /// The scopes of a confirmed row: its own, or those of the parent that it follows.
  func scopes(
    of row: RowID, _ table: TableSchema, _ values: [Value], _ places: inout Places
  ) throws(RelayError) -> [String] {
    guard let parent = table.parentRow(values) else { return table.ownScopes(values) }
    return try places.place(of: parent) { (row) throws(RelayError) in
      guard let table = schema.table(row.table), let values = try view.confirmed(row, table) else { return nil }
      return (values, isAlive: true)
    }.scopes
  }
}
