internal import RelayMerge
internal import RelayProtocol

/// Why something is sealed.
enum SealCause {
  /// A commit through the API: refused as a whole when it breaks a limit or the role's rights.
  case commit(Commit)
  /// What a foreign writer left: sealed as it is, cut into several transactions where it is large.
  case residue
}

/// What a commit through the API says of itself.
struct Commit {
  /// Empty for the replica's own author.
  var author = ""
  var mode = TransactionMode.merge
  /// What the author had seen, if not everything that this replica shows now.
  var moment: Moment?
  var decisions: [RowID: [GroupID: Decision]] = [:]
}

extension ReplicaCore {
  /// Turns what capture logged since the last seal into transactions, inside the transaction that is open.
  ///
  /// - Returns: the dots sealed, none if nothing changed.
  /// - Throws: for a commit `role_forbids`, `value_not_allowed` or `transaction_too_large`; the caller rolls back.
  @discardableResult
  func seal(_ cause: SealCause) throws(RelayError) -> [Dot] {
    if case .residue = cause { try lookAfterCapture() }
    var dots = try sealLog(cause)
    // A choice is a foreign write too: of a person who settles a conflict by SQL.
    if case .residue = cause { dots += try takeChoices() }
    return dots
  }

  private func sealLog(_ cause: SealCause) throws(RelayError) -> [Dot] {
    let logged = try loggedTables()
    var commit = Commit()
    var isResidue = true
    if case .commit(let given) = cause { (commit, isResidue) = (given, false) }
    guard !logged.isEmpty || !commit.decisions.isEmpty else { return [] }
    var state = try state()
    try commit.moment?.check(state)
    var changes: [RowChange] = []
    let concerned = logged.union(commit.decisions.keys.map(\.table))
    for table in schema.tables where concerned.contains(table.id) {
      changes += try self.changes(table, logged: logged.contains(table.id), commit, isResidue: isResidue, state)
    }
    for table in schema.tables where logged.contains(table.id) { try db.execute(sql(table).clearLog) }
    guard !changes.isEmpty else { return [] }
    sealed(changes)
    if commit.author.isEmpty { commit.author = state.author }
    var dots: [Dot] = []
    switch cause {
    case .commit:
      try check(changes, commit, state)
      dots.append(try seal(changes, commit, &state))
    case .residue:
      for chunk in chunks(changes, role: state.role) { dots.append(try seal(chunk, commit, &state)) }
    }
    try save(state)
    return dots
  }

  /// Tables that were written to since the last seal.
  func loggedTables() throws(RelayError) -> Set<UInt32> {
    let statement = schema.tables.map { "SELECT \($0.id) WHERE EXISTS (SELECT 1 FROM relay_log_\($0.id))" }
      .joined(separator: " UNION ALL ")
    return Set(try db.query(statement) { (row) throws(RelayError) in UInt32(row.int(0)) })
  }

  /// The net changes of one table, ascending by key; keeps the confirmed image of each row at its first touch.
  private func changes(
    _ table: TableSchema, logged: Bool, _ commit: Commit, isResidue: Bool, _ state: ReplicaState
  ) throws(RelayError) -> [RowChange] {
    var before: [RowID: [Value]?] = [:]
    var seqs: [RowID: UInt64] = [:]
    if logged {
      try db.run(sql(table).selectLog, []) { (record) throws(RelayError) in
        let values = (0..<table.columns.count).map { record[$0 + 1] }
        let row = RowID(table: table.id, values: table.key.map { values[$0] })
        // The first touch tells what the row was; later ones saw this transaction's own work.
        if before[row] == nil {
          before[row] = .some(record.int(0) == Touch.was.rawValue ? values : nil)
          if table.seqColumn != nil { seqs[row] = record[values.count + 1].integer.map { UInt64(max(0, $0)) } }
        }
        return true
      }
    }
    for row in commit.decisions.keys where row.table == table.id && before[row] == nil {
      before[row] = .some(try tableRow(row, table))
    }
    let standing = schema.newest > 1 ? try schemaStanding() : nil
    // Of a few rows it is cheaper to ask one by one.
    if before.count > 64 { knownEmpty = try emptyTables() }
    defer { knownEmpty = [] }
    var changes: [RowChange] = []
    for (row, logged) in before.sorted(by: { $0.key < $1.key }) {
      guard row.key.count <= Limits.key else {
        let reason = "a key of \(row.key.count) bytes, at most \(Limits.key) can be sent"
        try refuse(row, table, outgrown: reason, isResidue: isResidue)
        continue
      }
      // Of a row that stayed here alone the hub knows nothing, whatever the table had of it.
      let isAlone = try isAlone(row)
      let was = isAlone ? nil : logged
      var after = try tableRow(row, table)
      if isAlone, after == nil { try forgetAlone(row, table) }
      if let written = after, let was, let meant = commit.moment?.meant(row, table, was: was, written: written),
        meant != written
      {
        if let reason = try show(row, meant, table) { throw RelayError(.constraint, reason) }
        after = meant
      }
      let operations = table.difference(
        before: was, after: after, role: state.role, decisions: commit.decisions[row] ?? [:],
        known: standing.map(knownVersion) ?? .max)
      guard !operations.isEmpty else { continue }
      if let reason = outgrown(operations, was, after, table) {
        try refuse(row, table, outgrown: reason, isResidue: isResidue)
        // Beside own work that waits there is an image, and the row is no stranger to the hub.
        if was == nil, try !isUnderWork(row), try image(row, table) == nil { try stayAlone(row) }
        continue
      }
      if isAlone { try forgetAlone(row, table) }
      var base = isAlone ? 0 : try base(row, before: was, seq: seqs[row], table, state)
      if let moment = commit.moment { base = try self.base(base, of: row, seenAt: moment) }
      var change = RowChange(row: row, base: base, operations: operations)
      change.parentBase = try parentBase(change, table, commit, state)
      // Of a column that is newer than the confirmed rows the author has seen nothing, whatever the row's image says.
      if let installed = standing?.installed, installed > 0, schema.needs([change]) > installed { change.base = 0 }
      changes.append(change)
    }
    return changes
  }

  /// What the author knew of the parent that a change names, where that is not what the header says: of an own insert
  /// that nobody confirmed, or of a row that left or never was here.
  private func parentBase(
    _ change: RowChange, _ table: TableSchema, _ commit: Commit, _ state: ReplicaState
  ) throws(RelayError) -> UInt64? {
    guard let row = table.namedParent(change), let parent = schema.table(row.table), parent.deletes != .never else {
      return nil
    }
    // Of a confirmed row in its table everything is known up to the base.
    let (isUnderWork, hasImage) = (try isUnderWork(row), try image(row, parent) != nil)
    let isShown = try tableRow(row, parent) != nil
    let isPlain = (isShown || Mutation.isPlanted(.parentSeen)) && !isUnderWork && !hasImage
    var known = isPlain ? state.base : try base(row, before: nil, seq: nil, parent, state)
    if let moment = commit.moment { known = try base(known, of: row, seenAt: moment) }
    let header = commit.moment?.base ?? state.base
    return known < header ? known : nil
  }

  /// The seq at which the replica's confirmed image of the row was valid (rule 6).
  private func base(
    _ row: RowID, before: [Value]?, seq: UInt64?, _ table: TableSchema, _ state: ReplicaState
  ) throws(RelayError) -> UInt64 {
    if !knownEmpty.contains(.image),
      let found = try db.first("SELECT base FROM relay_image WHERE tbl = ? AND key = ?", row.bindings)
    {
      return Mutation.isPlanted(.headerBase) ? state.base : UInt64(max(0, found[0].integer ?? 0))
    }
    if let before, try !isUnderWork(row) {
      var image = Image(values: before, base: state.base, seq: seq)
      if seq == nil { image.seq = try shownSeq(row, table) }
      try save(image, row, table)
      return state.base
    }
    // An own insert waits: what was known before it, the insert has covered.
    let inserted = "SELECT 1 FROM relay_pending WHERE tbl = ? AND key = ? AND done = 0 AND kind = 1 AND verdict <> 2"
    if !knownEmpty.contains(.pending), try db.first(inserted, row.bindings) != nil { return 0 }
    if knownEmpty.contains(.dead) { return 0 }
    let dead = try db.first("SELECT base FROM relay_dead WHERE tbl = ? AND key = ?", row.bindings)
    if Mutation.isPlanted(.deadBaseZero) { return 0 }
    return Mutation.isPlanted(.headerBase) ? state.base : UInt64(max(0, dead?[0].integer ?? 0))
  }

  private func check(_ changes: [RowChange], _ commit: Commit, _ state: ReplicaState) throws(RelayError) {
    guard commit.author.utf8.count <= Limits.label else {
      throw RelayError(.valueNotAllowed, "an author of \(commit.author.utf8.count) bytes, at most \(Limits.label)")
    }
    let count = changes.reduce(0) { $0 + $1.operations.count }
    guard count <= Limits.operations else {
      throw RelayError(.transactionTooLarge, "\(count) operations in one transaction, at most \(Limits.operations)")
    }
    for change in changes {
      let table = try table(change.row.table)
      guard let refusal = table.refusal(change, role: state.role) else { continue }
      let code: ErrorCode = refusal.rule == .valueNotAllowed ? .valueNotAllowed : .roleForbids
      throw RelayError(code, refusal.message)
    }
  }

  /// Cuts what a foreign tool left where it is large. A few rows stay together, as their writer meant them; of thousands
  /// no table takes another with it when it is refused, and what is known to be refused takes nothing with it.
  private func chunks(_ changes: [RowChange], role: String) -> [[RowChange]] {
    guard changes.count > Limits.operations / 100 else { return cut(changes) }
    var chunks: [[RowChange]] = []
    // Parents before what hangs on them.
    for table in schema.tables.sorted(by: { (schema.depth($0), $0.id) < (schema.depth($1), $1.id) }) {
      let own = changes.filter { $0.row.table == table.id }
      chunks += cut(own.filter { table.refusal($0, role: role) == nil })
      chunks += cut(own.filter { table.refusal($0, role: role) != nil })
    }
    return chunks
  }

  private func cut(_ changes: [RowChange]) -> [[RowChange]] {
    var chunks: [[RowChange]] = []
    var (count, size) = (0, 0)
    for change in changes {
      let bytes = change.operations.reduce(0) { $0 + $1.byteCount }
      if chunks.isEmpty || count + change.operations.count > Limits.operations / 10
        || size + bytes > Limits.transaction / 4
      {
        chunks.append([])
        (count, size) = (0, 0)
      }
      chunks[chunks.count - 1].append(change)
      count += change.operations.count
      size += bytes
    }
    return chunks
  }

  private func seal(_ changes: [RowChange], _ commit: Commit, _ state: inout ReplicaState) throws(RelayError) -> Dot {
    let now = HybridTime(milliseconds: environment.now())
    state.time = max(HybridTime(bits: state.time.bits &+ 1), now)
    let pending = try pendingDots(state.replica)
    state.counter += 1
    let dot = Dot(state.replica, state.counter)
    let transaction = Transaction(
      dot: dot, previous: state.hash, time: state.time, epoch: state.epoch, base: commit.moment?.base ?? state.base,
      seen: commit.moment?.seen ?? pending, schemaVersion: schema.needs(changes), role: state.role, mode: commit.mode,
      author: commit.author, rows: changes)
    let sealed = SealedTransaction(transaction)
    guard sealed.bytes.count <= Limits.transaction else {
      throw RelayError(
        .transactionTooLarge, "\(sealed.bytes.count) bytes in one transaction, at most \(Limits.transaction)")
    }
    state.hash = sealed.hash
    try db.execute(
      "INSERT INTO relay_transaction (counter, hash, floor, bytes, schema) VALUES (?, ?, ?, ?, ?)",
      [
        Value(dot.counter), .blob(sealed.hash.bytes), Value(changes.map(\.base).min() ?? state.base),
        .blob(sealed.bytes), Value(transaction.schemaVersion),
      ])
    knownEmpty.remove(.pending)
    for change in changes {
      try db.execute(
        "INSERT INTO relay_pending (tbl, key, counter, kind, verdict, done) VALUES (?, ?, ?, ?, 0, 0)",
        change.row.bindings + [Value(dot.counter), .integer(Standing.kind(change))])
    }
    return dot
  }
}
