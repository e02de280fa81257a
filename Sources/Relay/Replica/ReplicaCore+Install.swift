internal import RelayProtocol

extension ReplicaCore {
  /// Installs a complete pull in the transaction that is open: foreign writes sealed at the old base, rows upserted and
  /// evicted in key order, views rebuilt, digests compared, the base advanced.
  ///
  /// - Returns: false when the reply no longer fits this replica and was discarded (rule 8).
  func install(_ pull: CompletePull) throws(RelayError) -> Bool {
    try seal(.residue)
    var state = try state()
    guard pull.base == state.base, pull.epoch == state.epoch || state.epoch == .zero, pull.role == state.role,
      pull.scopes == (try installedScopes()), pull.floor <= (try floor(state))
    else { return false }
    let head = pull.closing.head
    guard head >= state.base else { return false }
    var own = OwnTransactions()
    var digests = try DigestChange(self, pull, state)
    try digests.subtract(self)
    try applying { () throws(RelayError) in
      let confirmed = try confirm(pull.closing.confirmed, &own, state)
      state.accepted += UInt64(confirmed.accepted)
      for arrived in pull.rows.sorted(by: { $0.key < $1.key }) {
        try install(arrived.value, head, pull.newRole == state.role, state, &own)
      }
      for row in pull.closing.exits { try leave(row) }
      for row in confirmed.rows.sorted() {
        try settle(row, confirmed, hasArrived: pull.rows[row] != nil, state, &own)
      }
      try db.execute("UPDATE relay_image SET base = ? WHERE state = 0", [Value(head)])
      try retryHeld(head, state, &own)
    }
    for notice in pull.closing.notices { try tell(notice) }
    state.base = head
    state.logHash = pull.closing.logHash
    state.epoch = pull.epoch
    state.role = pull.newRole
    state.head = max(state.head, head)
    for arrived in pull.rows.values {
      for cell in arrived.record.stamps { for write in cell.writes { state.time = max(state.time, write.effective) } }
    }
    try save(state)
    try digests.addAndCompare(self, pull, state)
    try db.execute("DELETE FROM relay_page")
    try db.execute("DELETE FROM relay_pull")
    return true
  }

  func installedScopes() throws(RelayError) -> [String] {
    try db.query("SELECT name FROM relay_scope WHERE readable = 1 ORDER BY name") { (row) throws(RelayError) in
      row[0].text ?? ""
    }
  }

  /// The least base of pending operations and held rows; the replica's base if there is none (rule 22).
  func floor(_ state: ReplicaState) throws(RelayError) -> UInt64 {
    // An operation's base is its row's image's base or 0 for a row without an image.
    let insertsOnly = try db.first(
      """
      SELECT 1 FROM relay_pending AS p WHERE done = 0
        AND NOT EXISTS (SELECT 1 FROM relay_image AS i WHERE i.tbl = p.tbl AND i.key = p.key)
      """)
    if insertsOnly != nil { return 0 }
    var least = state.base
    if let row = try db.first("SELECT min(base) FROM relay_image"), let base = row[0].integer {
      least = min(least, UInt64(max(0, base)))
    }
    // Bases are fixed when an operation is sealed; an image may have moved on since.
    let pending = try db.query("SELECT bytes FROM relay_transaction WHERE installed = 0") {
      (row) throws(RelayError) in try Transaction(decoding: row.blob(0)).rows.map(\.base).min() ?? .max
    }
    return min(least, pending.min() ?? .max)
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
      "UPDATE relay_pending SET verdict = ? WHERE counter = ?",
      [.integer(verdict.isAccepted ? 1 : 2), Value(verdict.dot.counter)])
  }

  /// Takes confirmed dots out of pending. Refused transactions stay, with their reason in the inbox.
  private func confirm(
    _ verdicts: [Verdict], _ own: inout OwnTransactions, _ state: ReplicaState
  ) throws(RelayError) -> Confirmed {
    var confirmed = Confirmed()
    for verdict in verdicts where verdict.dot.replica == state.replica {
      try learn(verdict)
      guard let one = try own.own(verdict.dot.counter, db) else { continue }
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

  // MARK: Rows

  private func install(
    _ arrived: CompletePull.Arrived, _ head: UInt64, _ sameRole: Bool, _ state: ReplicaState,
    _ own: inout OwnTransactions
  ) throws(RelayError) {
    let row = arrived.record.row
    let table = try table(row.table)
    try replaceEntries(row, table, arrived.record.entries)
    guard let values = try arrived.values(table) else {
      try leave(row)
      try db.execute("INSERT OR REPLACE INTO relay_dead (tbl, key, base) VALUES (?, ?, ?)", row.bindings + [Value(head)])
      return
    }
    try db.execute("DELETE FROM relay_dead WHERE tbl = ? AND key = ?", row.bindings)
    try place(row, table, values, arrived.record.stamps, head, state, &own)
  }

  /// Puts a confirmed row in place; where this file's constraints refuse it, keeps the older image and its base.
  private func place(
    _ row: RowID, _ table: TableSchema, _ values: [Value], _ stamps: [Cell], _ head: UInt64, _ state: ReplicaState,
    _ own: inout OwnTransactions
  ) throws(RelayError) {
    let old = try image(row, table)
    let isUnderWork = try isUnderWork(row)
    let new = Image(values: values, stamps: stamps, base: head)
    let shown = isUnderWork ? try view(row, table, image: new, state, &own) : values
    guard let reason = try show(row, shown, table) else {
      if isUnderWork { try save(new, row, table) } else if old != nil { try dropImage(row) }
      try forgetHeld(row)
      return
    }
    if var old {
      old.state = .held
      try save(old, row, table)
    } else if !isUnderWork, let standing = try tableRow(row, table) {
      try save(Image(values: standing, base: state.base, state: .held), row, table)
    }
    try hold(row, table, values, stamps, reason)
  }

  /// A row died or left this device's scopes. With pending work it stays readable until that is judged.
  private func leave(_ row: RowID) throws(RelayError) {
    let table = try table(row.table)
    try forgetHeld(row)
    try db.execute("DELETE FROM relay_inbox WHERE tbl = ? AND key = ? AND kind = 'conflict'", row.bindings)
    guard try isUnderWork(row) else {
      try dropImage(row)
      _ = try show(row, nil, table)
      return
    }
    var image = try image(row, table) ?? Image(values: nil, base: 0)
    image.state = .left
    try save(image, row, table)
  }

  /// A row whose transaction left pending: what is confirmed stays shown on a row that left, everything else is as the
  /// image says.
  private func settle(
    _ row: RowID, _ confirmed: Confirmed, hasArrived: Bool, _ state: ReplicaState, _ own: inout OwnTransactions
  ) throws(RelayError) {
    let table = try table(row.table)
    if var image = try image(row, table), image.state == .left {
      var cells = RowState(image: image.values, stamps: image.stamps, table: table)
      for (one, verdict) in confirmed.transactions where verdict.isAccepted {
        if let change = one.changes[row] { apply(one, change, table, to: &cells) }
      }
      image.values = try table.shownValues(row, cells)
      image.stamps = []
      try save(image, row, table)
    }
    try db.execute(
      """
      DELETE FROM relay_pending WHERE tbl = ?1 AND key = ?2 AND done = 1 AND NOT EXISTS
        (SELECT 1 FROM relay_pending WHERE tbl = ?1 AND key = ?2 AND (done = 0 OR verdict = 2))
      """, row.bindings)
    // What this pull brought is in its place already.
    if try image(row, table) == nil, hasArrived, try !isUnderWork(row) { return }
    try rebuild(row, table, state, &own)
  }

  private func retryHeld(
    _ head: UInt64, _ state: ReplicaState, _ own: inout OwnTransactions
  ) throws(RelayError) {
    let rows = try db.query("SELECT tbl, key FROM relay_held ORDER BY tbl, key") { (row) throws(RelayError) in
      RowID(table: UInt32(row.int(0)), key: row.blob(1))
    }
    for row in rows {
      let table = try table(row.table)
      guard let held = try heldImage(row, table) else { continue }
      try place(row, table, held.values, held.stamps, head, state, &own)
    }
  }
}
