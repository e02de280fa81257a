internal import RelayMerge
internal import RelayProtocol

/// Why something is sealed.
enum SealCause {
  /// A commit through the API: refused as a whole when it breaks a limit or the role's rights.
  case commit(Commit)
  /// What foreign writers left: sealed as it is, in the transactions that it can be known to have been (`SealPlan`).
  case residue
  /// Rows that are left of a history that the hub has lost: who took them had seen what others did to them there.
  case taken(Past)
}

/// Turns what was written into transactions in the outbox. It reads the log and the rows as they are, and writes no row of the
/// app but where a commit comes to something else than was written.
struct Sealer {
  let core: ReplicaCore

  /// Turns what foreign writers left into transactions, and then the choices that people wrote into `relay_inbox`: each is
  /// planned and committed.
  ///
  /// - Returns: the dots sealed, none if nothing changed.
  @discardableResult
  func sealResidue() throws(RelayError) -> [Dot] {
    try core.attachment.lookAfterCapture()
    return try sealLog(.residue) + settleChoices()
  }

  /// The same before a commit, which mostly finds nothing.
  ///
  /// - Parameter footing: what the last commit left, if nobody has written since.
  /// - Returns: the footing, if it holds still.
  func sealResidue(on footing: CommitFooting?) throws(RelayError) -> CommitFooting? {
    let isAsLeft = try !core.attachment.lookAfterCapture() && footing != nil
    let dots = try (isAsLeft ? [] : sealLog(.residue)) + settleChoices()
    return isAsLeft && dots.isEmpty ? footing : nil
  }

  /// Turns what capture logged since the last seal into transactions, inside the transaction that is open.
  ///
  /// - Returns: the dots sealed, none if nothing changed.
  /// - Throws: for a commit `role_forbids`, `value_not_allowed` or `transaction_too_large`; the caller rolls back.
  func sealLog(_ cause: SealCause, on footing: CommitFooting? = nil) throws(RelayError) -> [Dot] {
    let log = CaptureLog(db: core.db)
    var commit = Commit()
    var isResidue = true
    switch cause {
    case .commit(let given): (commit, isResidue) = (given, false)
    case .residue: break
    case .taken(let past): commit.past = past
    }
    core.db.tap.isListening = false
    defer { core.db.tap.isListening = true }
    var isTapped = !isResidue && commit.decisions.isEmpty && !core.db.tap.isEmpty
    if isTapped { isTapped = try log.isEmpty() }
    if !isTapped { try core.attachment.logTapped() }
    try logDecided(commit)
    let logged = isTapped ? [] : try loggedCounts()
    guard isTapped || !logged.isEmpty else { return [] }
    var state = if let footing { footing.state } else { try core.state() }
    commit.lastSeen = try commit.moment?.check(core, state)
    if commit.author.isEmpty { commit.author = state.author }
    // Where little was written, bookkeeping is asked row by row.
    let records = isTapped ? Int64(core.db.tap.count) : logged.reduce(0) { $0 + $1.records }
    let standing = core.schema.newest > 1 ? try core.versions.standing() : nil
    let version = standing.map(core.versions.known) ?? .max
    let known = FileKnowledge(
      schema: standing, newer: version < core.schema.version ? NewerWork(core, above: version) : nil,
      filled: records > 64 ? try RowMarks.filled(core.db) : .all)
    if isTapped { return try sealTapped(commit, &state, known, on: footing) }
    let tables = logged.compactMap { core.schema.table($0.table) }
    let dots =
      isResidue
      ? try sealResidue(tables, log, commit, &state, known) : try sealCommit(tables, log, commit, &state, known)
    try core.db.execute(core.logCommands.clear)
    return dots
  }

  /// Seals what this connection heard of its own writes as one transaction.
  private func sealTapped(
    _ commit: Commit, _ state: inout ReplicaState, _ known: FileKnowledge, on footing: CommitFooting?
  ) throws(RelayError) -> [Dot] {
    try check(commit)
    guard core.db.tap.count <= 4 * Limits.operations else {
      throw RelayError(.transactionTooLarge, "\(core.db.tap.count) changes of rows in one transaction")
    }
    var sealing = Sealing(headerBase: commit.base(state))
    let before = state
    let plain = commit.moment == nil ? PlainRows(core, before, known.filled) : nil
    try core.attachment.eachTapped(
      plain: { (table, row) throws(RelayError) in try plain?.seal(row, of: table, into: &sealing) ?? false }
    ) { (table, touched) throws(RelayError) in
      // A closer look may ask for the images of other rows.
      try plain?.finish()
      var one: RowChange?
      try changes(touched, table, commit, isResidue: false, before, known) { one = $1.change }
      guard let one else { return }
      if table.isAppendOnly, !one.operations[0].isInsert {
        throw RelayError(.constraint, "append_only: rows of \(table.name) are never changed; write a reversal")
      }
      try check(one, table, role: before.role)
      sealing.append(one, core.schema)
    }
    try plain?.finish()
    core.db.tap.clear()
    guard sealing.rows.count > 0 else { return [] }
    return [try seal(sealing, commit, &state, isBatch: false, on: footing)]
  }

  /// Synced tables that were written to since the last seal, ascending, and how many records the log has of each.
  private func loggedCounts() throws(RelayError) -> [(table: UInt32, records: Int64)] {
    var list: [(UInt32, Int64)] = []
    try core.db.run(core.logCommands.counts, []) { (row) throws(RelayError) in
      list.append((UInt32(truncatingIfNeeded: row.int(0)), row.int(1)))
      return true
    }
    return list
  }

  private func sealResidue(
    _ tables: [TableSchema], _ log: CaptureLog, _ commit: Commit, _ state: inout ReplicaState, _ known: FileKnowledge
  ) throws(RelayError) -> [Dot] {
    let runs = try log.runs()
    var items: [[Connected.Item]] = runs.map { _ in [] }
    let inserts = runs.count > 1 ? try insertsOfParents(tables, log, runs) : [:]
    for table in tables {
      try log.eachTouched(table, try core.attachment.capture(table), runs: runs) { (touched) throws(RelayError) in
        try changes(touched, table, commit, isResidue: true, state, known, inserts) { items[$0].append($1) }
      }
    }
    let plan = SealPlan(schema: core.schema, role: state.role, uniques: core.attachment.uniques)
    var dots: [Dot] = []
    var commit = commit
    for (run, items) in zip(runs, items) {
      commit.writtenAt = run.at
      for piece in plan.pieces(items.sorted { $0.change.row < $1.change.row }, run) {
        dots.append(try seal(piece.changes, commit, &state, isBatch: piece.isBatch))
      }
    }
    return dots
  }

  /// Rows that others may follow and that were inserted since the last seal, each with the run that did it: of such a row
  /// nobody outside of that run had a confirmed image.
  private func insertsOfParents(
    _ tables: [TableSchema], _ log: CaptureLog, _ runs: [CaptureRun]
  ) throws(RelayError) -> [RowID: Int] {
    let parents = Set(core.schema.tables.compactMap { $0.parent?.table })
    var inserts: [RowID: Int] = [:]
    for table in tables where parents.contains(table.id) {
      for (row, id) in try log.firstInserts(table, try core.attachment.capture(table)) {
        inserts[row] = CaptureLog.run(of: id, in: runs)
      }
    }
    return inserts
  }

  /// Seals what was written through the API as one transaction, row by row as the log is read.
  private func sealCommit(
    _ tables: [TableSchema], _ log: CaptureLog, _ commit: Commit, _ state: inout ReplicaState, _ known: FileKnowledge
  ) throws(RelayError) -> [Dot] {
    try check(commit)
    var sealing = Sealing(headerBase: commit.base(state))
    for table in tables {
      try log.eachTouched(table, try core.attachment.capture(table), runs: [CaptureRun(first: 0)]) {
        (touched) throws(RelayError) in
        var one: RowChange?
        try changes(touched, table, commit, isResidue: false, state, known) { one = $1.change }
        guard let one else { return }
        try check(one, table, role: state.role)
        sealing.append(one, core.schema)
      }
    }
    guard sealing.rows.isAscending else {
      // Keys of mixed types: SQL cannot say their order.
      var changes: [RowChange] = []
      for table in tables {
        try log.eachTouched(table, try core.attachment.capture(table), runs: [CaptureRun(first: 0)]) {
          (touched) throws(RelayError) in
          try self.changes(touched, table, commit, isResidue: false, state, known) { changes.append($1.change) }
        }
      }
      return [try seal(changes.sorted { $0.row < $1.row }, commit, &state)]
    }
    guard sealing.rows.count > 0 else { return [] }
    return [try seal(sealing, commit, &state, isBatch: false)]
  }

  /// Rows that were decided on count as touched, written or not.
  private func logDecided(_ commit: Commit) throws(RelayError) {
    for row in commit.decisions.keys.sorted() {
      let table = try core.table(row.table)
      let slots = try core.attachment.capture(table).slots
      if let values = try core.tableRow(row, table) {
        try CaptureLog(db: core.db).add(.was, values, table, slots)
      } else {
        var values = table.columns.map { _ in Value.null }
        for (at, value) in zip(table.key, try row.values()) { values[at] = value }
        try CaptureLog(db: core.db).add(.inserted, values, table, slots)
      }
    }
  }

  /// The net changes of one row, a run of the log at most one; keeps its confirmed image at the first touch.
  private func changes(
    _ touched: TouchedRow, _ table: TableSchema, _ commit: Commit, isResidue: Bool, _ state: ReplicaState,
    _ known: FileKnowledge, _ inserts: [RowID: Int] = [:], _ body: (Int, Connected.Item) -> Void
  ) throws(RelayError) {
    let row = touched.row
    if touched.lacksKey { return try core.localOnly.refuse(keyless: row, table, isResidue: isResidue) }
    guard row.key.count <= Limits.key else {
      let reason = "a key of \(row.key.count) bytes, at most \(Limits.key) can be sent"
      return try core.localOnly.refuse(row, table, outgrown: reason, isResidue: isResidue)
    }
    // Of a row that stayed here alone the hub knows nothing, whatever the table had of it.
    let isAlone = known.filled.contains(.localOnly) ? try core.localOnly.isAlone(row) : false
    if isAlone, touched.after == nil { try core.localOnly.forgetAlone(row, table) }
    var steps = touched.before.map { (run: $0.run, before: isAlone ? nil : $0.values) }
    if isAlone { steps.removeFirst(steps.count - 1) }
    var base: UInt64?
    var hasNewer = false
    for (at, step) in steps.enumerated() {
      var after = at + 1 < steps.count ? steps[at + 1].before : touched.after
      if let written = after, let was = step.before,
        let meant = commit.moment?.meant(row, table, was: was, written: written), meant != written
      {
        if let reason = try core.view.show(row, meant, table) { throw RelayError(.constraint, reason) }
        after = meant
      }
      let operations = table.difference(
        before: step.before, after: after, role: state.role, decisions: commit.decisions[row] ?? [:],
        known: step.before == nil ? try told(of: row, known, hasNewer: hasNewer) : .max)
      guard !operations.isEmpty else { continue }
      if let reason = core.localOnly.outgrown(operations, step.before, after, table) {
        try core.localOnly.refuse(row, table, outgrown: reason, isResidue: isResidue)
        // Beside own work that waits there is an image, and the row is no stranger to the hub.
        if step.before == nil, try !core.view.isUnderWork(row), try core.view.image(row, table) == nil {
          try core.localOnly.stayAlone(row)
        }
        continue
      }
      if isAlone { try core.localOnly.forgetAlone(row, table) }
      if base == nil {
        base =
          isAlone
          ? 0
          : try self.base(
            row, before: step.before, seq: touched.seq, table, state, known.filled, upTo: commit.lastSeen)
      }
      var change = RowChange(row: row, base: base ?? 0, operations: operations)
      if let moment = commit.moment { change.base = try self.base(change.base, of: row, seenAt: moment) }
      if let past = commit.past { change.base = past.base }
      change.parentBase = try parentBase(change, table, commit, state) { inserts[$0].map { $0 != step.run } ?? false }
      // Of a column that is newer than the confirmed rows the author has seen nothing, whatever the row's image says.
      if let installed = known.schema?.installed, installed > 0, core.schema.needs([change]) > installed {
        change.base = 0
      }
      if let standing = known.schema, core.schema.needs([change]) > core.versions.known(standing) { hasNewer = true }
      body(step.run, Connected.Item(change: change, before: step.before))
      // What was known before it, an own insert has covered; a confirmed row under own work keeps the base that it has.
      let hasImage = known.filled.contains(.image) ? try core.stores.images.base(row) != nil : false
      if operations[0].isInsert, touched.before[0].values == nil, !hasImage { base = 0 }
    }
  }

  private func check(_ commit: Commit) throws(RelayError) {
    guard commit.author.utf8.count <= Limits.label else {
      throw RelayError(.valueNotAllowed, "an author of \(commit.author.utf8.count) bytes, at most \(Limits.label)")
    }
  }

  private func check(_ change: RowChange, _ table: TableSchema, role: String) throws(RelayError) {
    guard let refusal = table.refusal(change, role: role) else { return }
    throw RelayError(refusal.rule == .valueNotAllowed ? .valueNotAllowed : .roleForbids, refusal.message)
  }
}
