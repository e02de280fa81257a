internal import RelayMerge
internal import RelayProtocol

extension ReplicaCore {
  /// Installs a complete pull in the transaction that is open: foreign writes sealed at the old base, rows upserted and
  /// evicted in key order, views rebuilt, digests compared, the base advanced.
  ///
  /// - Returns: false when the reply no longer fits this replica and was discarded (rule 8).
  func install(_ pull: CompletePull) throws(RelayError) -> Bool {
    if !Mutation.isPlanted(.sealLate) { try seal(.residue) }
    var state = try state()
    guard try fits(pull, state) else { return false }
    let head = pull.closing.head
    state.installs += 1
    var own = OwnTransactions()
    knownEmpty = try emptyTables()
    defer { knownEmpty = [] }
    var digests = try DigestChange(self, pull, state)
    let absent = try digests.subtract(self)
    try applying { () throws(RelayError) in
      var refused: [Refused] = []
      let confirmed = try confirm(pull, &own, state)
      state.accepted += UInt64(confirmed.accepted)
      for arrived in pull.rows {
        let isNew = absent.contains(arrived.record.row)
        if let one = try install(arrived, pull, isNew: isNew, state, &own) { refused.append(one) }
      }
      for row in pull.closing.exits {
        try forgetConflicts(row)
        try forgetEntered(row)
        try leave(row)
      }
      if state.base > 0 {
        // Another role reads other rows and columns, a newer schema more of them: nobody has seen all that is shown now.
        let startsAgain = pull.leavesTheRest
        if startsAgain || pull.schema.installed != nil { try noteEverythingEntered(state.installs) }
        if startsAgain { try evict(except: pull) }
      }
      try placeAgain(refused + heldRows(except: refused), head, state, &own)
      for row in confirmed.rows.sorted() {
        try settle(row, confirmed, hasArrived: pull.brings(row), state, &own)
      }
      try db.execute("UPDATE relay_image SET base = ? WHERE state = 0", [Value(head)])
    }
    for notice in pull.closing.notices { try tell(notice) }
    state.base = head
    state.logHash = pull.closing.logHash
    state.epoch = pull.epoch
    state.role = pull.newRole
    state.head = max(state.head, head)
    for arrived in pull.rows {
      for cell in arrived.record.stamps { for write in cell.writes { state.time = max(state.time, write.effective) } }
    }
    try save(state)
    try installed(pull.version, was: pull.schema.installed)
    if Mutation.isPlanted(.sealLate) { try seal(.residue) }
    try digests.addAndCompare(self, pull, state)
    try db.execute("DELETE FROM relay_page")
    try db.execute("DELETE FROM relay_pull")
    return true
  }

  /// Does what the pull was asked with still hold (rule 8)?
  private func fits(_ pull: CompletePull, _ state: ReplicaState) throws(RelayError) -> Bool {
    let scopes = try installedScopes()
    let isSameRoleView = pull.role == state.role && pull.scopes == scopes
    let isSameFloor = try pull.floor <= floor(state)
    guard pull.schema == (try spokenSchema()) else { return false }
    if Mutation.isPlanted(.anyFrom) { return true }
    return pull.base == state.base && (pull.epoch == state.epoch || state.epoch == .zero)
      && (isSameRoleView || Mutation.isPlanted(.fromIsN)) && (isSameFloor || Mutation.isPlanted(.floorStale))
      && pull.closing.head >= state.base
  }

  func installedScopes() throws(RelayError) -> [String] {
    try db.query("SELECT name FROM relay_scope WHERE readable = 1 ORDER BY name") { (row) throws(RelayError) in
      row[0].text ?? ""
    }
  }

  /// The least base of pending operations and held rows; the replica's base if there is none (rule 22).
  func floor(_ state: ReplicaState) throws(RelayError) -> UInt64 {
    if Mutation.isPlanted(.floorIsN) { return state.base }
    // An operation's base is its row's image's base or 0 for a row without an image.
    let insertsOnly = try db.first(
      """
      SELECT 1 FROM relay_pending AS p WHERE done = 0
        AND NOT EXISTS (SELECT 1 FROM relay_image AS i WHERE i.tbl = p.tbl AND i.key = p.key)
      """)
    if insertsOnly != nil { return 0 }
    var least = state.base
    if let row = try db.first(
      "SELECT min(base) FROM relay_image" + (Mutation.isPlanted(.floorPending) ? " WHERE state = 0" : "")),
      let base = row[0].integer
    {
      least = min(least, UInt64(max(0, base)))
    }
    // Bases are fixed when an operation is sealed; an image may have moved on since.
    let pending = try db.first("SELECT min(floor) FROM relay_transaction WHERE installed = 0")?[0].integer
    return min(least, pending.map { UInt64(max(0, $0)) } ?? .max)
  }

  // MARK: Verdicts

  struct Confirmed {
    var accepted = 0
    /// Rows of the transactions that left pending.
    var rows: Set<RowID> = []
    var transactions: [(own: OwnTransactions.Own, verdict: Verdict)] = []
  }

  /// Records what the hub said of a transaction; its effect leaves the view if it was refused.
  func learn(_ verdict: Verdict) throws(RelayError) {
    var refusal = Value.null
    if let refused = verdict.refusal { refusal = .blob(Array("\(refused.rule.rawValue): \(refused.message)".utf8)) }
    try db.execute(
      "UPDATE relay_transaction SET seq = ?, effective = ?, refusal = ? WHERE counter = ?",
      [Value(verdict.seq), .integer(Int64(bitPattern: verdict.effective.bits)), refusal, Value(verdict.dot.counter)])
    try db.execute(
      "UPDATE relay_pending SET verdict = ? WHERE counter = ? AND verdict <> 3",
      [.integer(verdict.isAccepted ? 1 : 2), Value(verdict.dot.counter)])
  }

  /// Takes confirmed dots out of pending. Refused transactions stay, with their reason in the inbox; one that the hub
  /// calls accepted without showing what became of its rows stays pending and is offered again (rule 7).
  private func confirm(
    _ pull: CompletePull, _ own: inout OwnTransactions, _ state: ReplicaState
  ) throws(RelayError) -> Confirmed {
    var confirmed = Confirmed()
    for verdict in pull.closing.confirmed where verdict.dot.replica == state.replica {
      guard let one = try own.own(verdict.dot.counter, db) else { continue }
      let isExplained = try isExplained(one, verdict, pull)
      guard isExplained || !verdict.isAccepted else {
        try doubt(verdict.dot)
        continue
      }
      try learn(verdict)
      confirmed.transactions.append((one, verdict))
      confirmed.rows.formUnion(one.changes.keys)
      try db.execute("UPDATE relay_pending SET done = 1 WHERE counter = ?", [Value(verdict.dot.counter)])
      if verdict.isAccepted {
        confirmed.accepted += 1
        try db.execute("DELETE FROM relay_transaction WHERE counter = ?", [Value(verdict.dot.counter)])
      } else {
        try db.execute("UPDATE relay_transaction SET installed = 1 WHERE counter = ?", [Value(verdict.dot.counter)])
        try tell(verdict, one.transaction)
      }
    }
    return confirmed
  }

  /// Is each row of an accepted transaction accounted for: by what the pull brings of it, by an exit, or because this
  /// device knows already that the row is not its any more?
  private func isExplained(
    _ one: OwnTransactions.Own, _ verdict: Verdict, _ pull: CompletePull
  ) throws(RelayError) -> Bool {
    // What such a pull does not bring has left.
    if pull.leavesTheRest { return true }
    for change in one.transaction.rows {
      let row = change.row
      guard let table = schema.table(row.table), table.access(pull.newRole).reads else { continue }
      if let seq = pull.seq(of: row), seq >= verdict.seq { continue }
      if pull.exits(row) { continue }
      guard let image = try image(row, table) else { return false }
      // Another process on this file installed the pull that brought it, before it asked about this transaction.
      let cameBefore = verdict.seq <= pull.base && image.seq.map { $0 >= verdict.seq } ?? false
      guard image.state == .left || cameBefore else { return false }
    }
    return true
  }

  /// Whatever was said of this transaction is not believed: it waits as if nobody had heard of it.
  private func doubt(_ dot: Dot) throws(RelayError) {
    let counter = Value(dot.counter)
    try db.execute("UPDATE relay_transaction SET seq = NULL, effective = NULL WHERE counter = ?", [counter])
    try db.execute("UPDATE relay_pending SET verdict = 0 WHERE counter = ? AND verdict <> 3", [counter])
  }

  // MARK: Rows

  /// A confirmed row that a constraint of this file keeps out of its table.
  private struct Refused {
    var row: RowID
    var table: TableSchema
    var values: [Value]
    var stamps: [Cell]
    var seq: UInt64?
  }

  private func install(
    _ arrived: CompletePull.Arrived, _ pull: CompletePull, isNew: Bool, _ state: ReplicaState,
    _ own: inout OwnTransactions
  ) throws(RelayError) -> Refused? {
    let (row, head) = (arrived.record.row, pull.closing.head)
    let table = try table(row.table)
    try replaceEntries(row, table, arrived.record.entries)
    let given = try arrived.values(table)
    if isNew { try noteEntered(row, table, given, arrived.record.stamps, pull, state.installs) }
    guard let values = given else {
      try leave(row)
      knownEmpty.remove(.dead)
      try db.execute(
        "INSERT OR REPLACE INTO relay_dead (tbl, key, base) VALUES (?, ?, ?)", row.bindings + [Value(head)])
      return nil
    }
    if !knownEmpty.contains(.dead) { try db.execute("DELETE FROM relay_dead WHERE tbl = ? AND key = ?", row.bindings) }
    let one = Refused(row: row, table: table, values: values, stamps: arrived.record.stamps, seq: arrived.record.seq)
    return try place(one, head, state, &own) == nil ? nil : one
  }

  /// Puts a confirmed row in its place.
  ///
  /// - Returns: nil, or why this file's constraints refuse it; then nothing changed.
  private func place(
    _ one: Refused, _ head: UInt64, _ state: ReplicaState, _ own: inout OwnTransactions
  ) throws(RelayError) -> String? {
    if try isAlone(one.row) { return "a larger row with this key stays on this device alone" }
    let isUnderWork = try isUnderWork(one.row)
    let new = Image(values: one.values, stamps: one.stamps, base: head, seq: one.seq)
    let shown = isUnderWork ? try view(one.row, one.table, image: new, state, &own) : one.values
    if let reason = try show(one.row, shown, one.table) { return reason }
    try show(seq: one.seq, one.row, one.table)
    if isUnderWork { try save(new, one.row, one.table) } else { try dropImage(one.row) }
    try forgetHeld(one.row)
    return nil
  }

  /// Tries refused rows once more with all of them out of the way, so that two rows may swap a UNIQUE value. What is
  /// still refused is held: the table keeps the older image, and the image keeps its base.
  private func placeAgain(
    _ refused: [Refused], _ head: UInt64, _ state: ReplicaState, _ own: inout OwnTransactions
  ) throws(RelayError) {
    var standing: [RowID: [Value]] = [:]
    var seqs: [RowID: UInt64] = [:]
    var locals: [RowID: LocalColumns] = [:]
    for one in refused {
      standing[one.row] = try tableRow(one.row, one.table)
      seqs[one.row] = try shownSeq(one.row, one.table)
      locals[one.row] = try LocalColumns(of: one.row, one.table, in: db)
      _ = try show(one.row, nil, one.table)
    }
    var held: [(Refused, String)] = []
    for one in refused { if let reason = try place(one, head, state, &own) { held.append((one, reason)) } }
    for (one, reason) in held {
      _ = try show(one.row, standing[one.row], one.table)
      try show(seq: seqs[one.row], one.row, one.table)
      if var image = try image(one.row, one.table) {
        image.state = .held
        try save(image, one.row, one.table)
      } else if let values = standing[one.row], try !isUnderWork(one.row) {
        try save(Image(values: values, base: state.base, state: .held, seq: seqs[one.row]), one.row, one.table)
      }
      try hold(one.row, one.table, one.values, one.stamps, seq: one.seq, reason)
    }
    for one in refused { try locals[one.row]?.restore(in: db) }
  }

  private func heldRows(except refused: [Refused]) throws(RelayError) -> [Refused] {
    let rows = try db.query("SELECT tbl, key FROM relay_held ORDER BY tbl, key") { (row) throws(RelayError) in
      RowID(table: UInt32(row.int(0)), key: row.blob(1))
    }
    var held: [Refused] = []
    for row in rows where !refused.contains(where: { $0.row == row }) {
      let table = try table(row.table)
      guard let image = try heldImage(row, table) else { continue }
      held.append(Refused(row: row, table: table, values: image.values, stamps: image.stamps, seq: image.seq))
    }
    return held
  }

  /// A row died or left this device's scopes. With pending work it stays readable until that is judged.
  private func leave(_ row: RowID) throws(RelayError) {
    let table = try table(row.table)
    try forgetHeld(row)
    guard !Mutation.isPlanted(.dropLeft), try isUnderWork(row) else {
      try dropImage(row)
      _ = try show(row, nil, table)
      return
    }
    if Mutation.isPlanted(.leftForgets), try image(row, table) == nil { return }
    var image = try image(row, table) ?? Image(values: nil, base: 0)
    image.state = .left
    try save(image, row, table)
  }

  /// Under another role, and where too much left to be listed, everything that the device may hold arrives whole; what
  /// does not arrive is not its any more.
  private func evict(except pull: CompletePull) throws(RelayError) {
    for table in schema.tables {
      // Those that are held, deleted here, or asked about as a whole show in no table.
      let beside = """
        SELECT key FROM relay_held WHERE tbl = ?1 UNION SELECT key FROM relay_image WHERE tbl = ?1
        UNION SELECT key FROM relay_inbox WHERE tbl = ?1 AND kind = 'conflict'
        """
      var rows = Set(
        try db.query(beside, [.integer(Int64(table.id))]) {
          (record) throws(RelayError) in RowID(table: table.id, key: record.blob(0))
        })
      try db.run(sql(table).scan, []) { (record) throws(RelayError) in
        let row = RowID(table: table.id, values: table.key.map { record[$0] })
        // One whose key cannot travel came from no hub.
        if row.key.count <= Limits.key { rows.insert(row) }
        return true
      }
      for row in rows.sorted() where !pull.brings(row) {
        try forgetConflicts(row)
        if try confirmed(row, table) != nil { try leave(row) }
      }
    }
  }

  /// A row whose transaction left pending: what is confirmed stays shown on a row that left, everything else is as the
  /// image says.
  private func settle(
    _ row: RowID, _ confirmed: Confirmed, hasArrived: Bool, _ state: ReplicaState, _ own: inout OwnTransactions
  ) throws(RelayError) {
    let table = try table(row.table)
    var kept = try image(row, table)
    let isOwn = confirmed.transactions.contains { one, verdict in
      verdict.isAccepted && one.changes[row]?.operations.first?.isInsert == true
    }
    // A row that this device may write and not read leaves without being told; it left all the same.
    if kept == nil, isOwn, !hasArrived, !Mutation.isPlanted(.leftForgets), try isUnderWork(row) {
      kept = Image(values: nil, base: 0, state: .left)
    }
    if var image = kept, image.state == .left {
      var cells = RowState(image: image.values, stamps: image.stamps, table: table)
      for (one, verdict) in confirmed.transactions where verdict.isAccepted {
        if let change = one.changes[row] { apply(one, change, table, to: &cells) }
      }
      image.values = try table.shownValues(row, cells)
      image.stamps = []
      try save(image, row, table)
    }
    try forgetSettled(row)
    // What this pull brought is in its place already.
    if try image(row, table) == nil, hasArrived, try !isUnderWork(row) { return }
    try rebuild(row, table, state, &own)
  }
}
