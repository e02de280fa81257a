internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// A confirmed row on its way into its table.
struct Placing {
  var row: RowID
  var table: TableSchema
  var values: [Value]
  var stamps: [Cell]
  var seq: UInt64?
}

/// Rows that need thought: under work, in conflict, held, refused by the file, or gone.
extension Install {
  /// - Returns: the row if the file refuses it as it stands now.
  mutating func place(_ arrived: CompletePull.Arrived) throws(RelayError) -> Placing? {
    let row = arrived.record.row
    let table = try core.table(row.table)
    try core.replaceEntries(row, table, arrived.record.entries)
    guard let values = try arrived.values(table) else {
      try leave(row)
      try core.db.execute(
        "INSERT OR REPLACE INTO relay_dead (tbl, key, base) VALUES (?, ?, ?)",
        row.bindings + [Value(pull.closing.head)])
      return nil
    }
    try core.db.execute("DELETE FROM relay_dead WHERE tbl = ? AND key = ?", row.bindings)
    let one = Placing(
      row: row, table: table, values: values, stamps: try arrived.stamps(table), seq: arrived.record.seq)
    return try place(one) == nil ? nil : one
  }

  /// Puts a confirmed row in its place.
  ///
  /// - Returns: nil, or why this file refuses it; then nothing changed.
  private mutating func place(_ one: Placing) throws(RelayError) -> String? {
    if try core.isAlone(one.row) { return "a larger row with this key stays on this device alone" }
    let isUnderWork = try core.isUnderWork(one.row)
    let new = Image(values: one.values, stamps: one.stamps, base: pull.closing.head, seq: one.seq)
    let shown = isUnderWork ? try core.view(one.row, one.table, image: new, state, &own) : one.values
    if let reason = try core.show(one.row, shown, one.table) { return reason }
    try core.show(seq: one.seq, one.row, one.table)
    if isUnderWork { try core.save(new, one.row, one.table) } else { try core.dropImage(one.row) }
    try core.forgetHeld(one.row)
    return nil
  }

  /// Tries refused rows once more with all of them out of the way, so that two rows may swap a UNIQUE value. What is
  /// still refused is held: the table keeps the older image, and the image keeps its base.
  mutating func placeAgain(_ arrived: [Placing]) throws(RelayError) {
    let refused = arrived + (try heldRows(except: Set(arrived.map(\.row))))
    var standing: [RowID: [Value]] = [:]
    var seqs: [RowID: UInt64] = [:]
    var locals: [RowID: LocalColumns] = [:]
    for one in refused {
      standing[one.row] = try core.tableRow(one.row, one.table)
      seqs[one.row] = try core.shownSeq(one.row, one.table)
      locals[one.row] = try LocalColumns(of: one.row, one.table, in: core.db)
      _ = try core.show(one.row, nil, one.table)
    }
    var held: [(Placing, String)] = []
    for one in refused { if let reason = try place(one) { held.append((one, reason)) } }
    for (one, reason) in held {
      _ = try core.show(one.row, standing[one.row], one.table)
      try core.show(seq: seqs[one.row], one.row, one.table)
      if var image = try core.image(one.row, one.table) {
        image.state = .held
        try core.save(image, one.row, one.table)
      } else if let values = standing[one.row], try !core.isUnderWork(one.row) {
        try core.save(Image(values: values, base: state.base, state: .held, seq: seqs[one.row]), one.row, one.table)
      }
      try core.hold(one.row, one.table, one.values, one.stamps, seq: one.seq, reason)
    }
    for one in refused { try locals[one.row]?.restore(in: core.db) }
  }

  private func heldRows(except refused: Set<RowID>) throws(RelayError) -> [Placing] {
    let rows = try core.db.query("SELECT tbl, key FROM relay_held ORDER BY tbl, key") { (row) throws(RelayError) in
      RowID(table: UInt32(row.int(0)), key: row.blob(1))
    }
    var held: [Placing] = []
    for row in rows where !refused.contains(row) {
      let table = try core.table(row.table)
      guard let image = try core.heldImage(row, table) else { continue }
      held.append(Placing(row: row, table: table, values: image.values, stamps: image.stamps, seq: image.seq))
    }
    return held
  }

  /// A row died or left this device's scopes. With pending work it stays readable until that is judged.
  func leave(_ row: RowID) throws(RelayError) {
    let table = try core.table(row.table)
    try core.forgetHeld(row)
    guard !Mutation.isPlanted(.dropLeft), try core.isUnderWork(row) else {
      try core.dropImage(row)
      if let reason = try core.show(row, nil, table) { try core.keepAlone(row, table, reason) }
      return
    }
    if Mutation.isPlanted(.leftForgets), try core.image(row, table) == nil { return }
    var image = try core.image(row, table) ?? Image(values: nil, base: 0)
    image.state = .left
    try core.save(image, row, table)
  }

  /// Under another role, and where too much left to be listed, everything that the device may hold arrives whole; what
  /// does not arrive is not its any more.
  func leaveTheRest() throws(RelayError) {
    guard state.base > 0 else { return }
    // Another role reads other rows and columns, a newer schema more of them: nobody has seen all that is shown now.
    if pull.leavesTheRest || pull.schema.installed != nil { try core.noteEverythingEntered(state.installs) }
    guard pull.leavesTheRest else { return }
    for table in core.schema.tables {
      for row in try core.known(table) where try !arrived(row) {
        try core.forgetConflicts(row)
        if try core.confirmed(row, table) != nil { try leave(row) }
      }
    }
    try core.db.execute("DELETE FROM temp.relay_arrived")
  }

  private func arrived(_ row: RowID) throws(RelayError) -> Bool {
    try core.db.first("SELECT 1 FROM temp.relay_arrived WHERE tbl = ? AND key = ?", row.bindings) != nil
  }

  /// A row whose transaction left pending: what is confirmed stays shown on a row that left, everything else is as the
  /// image says.
  mutating func settle(_ row: RowID, _ confirmed: Confirmed) throws(RelayError) {
    let table = try core.table(row.table)
    let hasArrived = hot[row] != nil
    var kept = try core.image(row, table)
    // A row that this device may write and not read leaves without being told; it left all the same.
    if kept == nil, confirmed.inserts(row), !hasArrived, !Mutation.isPlanted(.leftForgets), try core.isUnderWork(row) {
      kept = Image(values: nil, base: 0, state: .left)
    }
    if var image = kept, image.state == .left {
      var cells = RowState(image: image.values, stamps: image.stamps, table: table)
      for (one, verdict) in confirmed.transactions(on: row) where verdict.isAccepted {
        if let change = one.changes[row] { core.apply(one, change, table, to: &cells) }
      }
      image.values = try table.shownValues(row, cells)
      image.stamps = []
      try core.save(image, row, table)
    }
    try core.outbox.forgetSettled(row)
    // What this pull brought is in its place already.
    if try core.image(row, table) == nil, hasArrived, try !core.isUnderWork(row) { return }
    try core.rebuild(row, table, state, &own)
  }
}

extension ReplicaCore {
  /// Every row of a table that this file holds in any way, ascending.
  func known(_ table: TableSchema) throws(RelayError) -> [RowID] {
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
    return rows.sorted()
  }

  /// A row that is not this device's any more and that the file does not let go: it stays here alone, and somebody is
  /// told.
  func keepAlone(_ row: RowID, _ table: TableSchema, _ reason: String) throws(RelayError) {
    try stayAlone(row)
    try tell(held: row, table, "the row is gone at the hub and cannot be deleted here: \(reason)")
  }
}
