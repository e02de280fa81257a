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
      try core.stores.dead.add(row, base: pull.closing.head)
      return nil
    }
    if try isRevived(row) { sums.noteRevived(row.table) }
    try core.stores.dead.remove(row)
    let one = Placing(
      row: row, table: table, values: values, stamps: try arrived.stamps(table), seq: arrived.record.seq)
    return try place(one) == nil ? nil : one
  }

  /// Puts a confirmed row in its place.
  ///
  /// - Returns: nil, or why this file refuses it; then nothing changed.
  private mutating func place(_ one: Placing) throws(RelayError) -> String? {
    if try core.localOnly.isAlone(one.row) { return "a larger row with this key stays on this device alone" }
    let isUnderWork = try core.view.isUnderWork(one.row)
    let new = Image(values: one.values, stamps: one.stamps, base: pull.closing.head, seq: one.seq)
    let shown = isUnderWork ? try core.view.view(one.row, one.table, image: new, state, &own) : one.values
    if let reason = try core.view.show(one.row, shown, one.table) { return reason }
    try core.view.show(seq: one.seq, one.row, one.table)
    if isUnderWork { try core.view.save(new, one.row, one.table) } else { try core.view.dropImage(one.row) }
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
      seqs[one.row] = try core.tables.shownSeq(one.row, one.table)
      locals[one.row] = try LocalColumns(of: one.row, one.table, in: core.db)
      _ = try core.view.show(one.row, nil, one.table)
    }
    var held: [(Placing, String)] = []
    for one in refused { if let reason = try place(one) { held.append((one, reason)) } }
    for (one, reason) in held {
      _ = try core.view.show(one.row, standing[one.row], one.table)
      try core.view.show(seq: seqs[one.row], one.row, one.table)
      if var image = try core.view.image(one.row, one.table) {
        image.state = .held
        try core.view.save(image, one.row, one.table)
      } else if let values = standing[one.row], try !core.view.isUnderWork(one.row) {
        try core.view.save(
          Image(values: values, base: state.base, state: .held, seq: seqs[one.row]), one.row, one.table)
      }
      try core.view.hold(one.row, one.table, one.values, one.stamps, seq: one.seq, reason)
    }
    for one in refused { try locals[one.row]?.restore(in: core.db) }
  }

  private func heldRows(except refused: Set<RowID>) throws(RelayError) -> [Placing] {
    var held: [Placing] = []
    for row in try core.stores.images.heldRows() where !refused.contains(row) {
      let table = try core.table(row.table)
      guard let image = try core.view.heldImage(row, table) else { continue }
      held.append(Placing(row: row, table: table, values: image.values, stamps: image.stamps, seq: image.seq))
    }
    return held
  }

  /// A row died or left this device's scopes. With pending work it stays readable until that is judged.
  func leave(_ row: RowID) throws(RelayError) {
    let table = try core.table(row.table)
    try core.forgetHeld(row)
    guard !Mutation.isPlanted(.dropLeft), try core.view.isUnderWork(row) else {
      try core.view.dropImage(row)
      if let reason = try core.view.show(row, nil, table) { try core.keepAlone(row, table, reason) }
      return
    }
    if Mutation.isPlanted(.leftForgets), try core.view.image(row, table) == nil { return }
    var image = try core.view.image(row, table) ?? Image(values: nil, base: 0)
    image.state = .left
    try core.view.save(image, row, table)
  }

  /// Rows whose parent leaves without them: a hub names what leaves with it, but for rows that only a history brought that it
  /// has lost. Nobody else would take them away, as they lie in no scope any more.
  ///
  /// - Complexity: O(rows of tables that follow one of which a row leaves), and nothing where no history was lost.
  func leftBehind() throws(RelayError) -> [RowID] {
    // Who only sends a row up may go on holding what hangs on it.
    var gone: Set<RowID> = []
    for row in pull.closing.exits {
      if case .never? = core.schema.table(row.table)?.access(pull.newRole).upOnly { gone.insert(row) }
    }
    var tables = Set(gone.map(\.table))
    let followers = core.schema.tables.filter { $0.parent != nil }
    guard followers.contains(where: { tables.contains($0.parent?.table ?? 0) }) else { return [] }
    guard try mayHoldLost() else { return [] }
    var found: [RowID] = []
    var grown = true
    while grown {
      grown = false
      for table in followers where tables.contains(table.parent?.table ?? 0) {
        for row in try core.known(table) where hot[row] == nil && !gone.contains(row) {
          guard let values = try core.view.confirmed(row, table), let parent = table.parentRow(values),
            gone.contains(parent)
          else { continue }
          gone.insert(row)
          tables.insert(row.table)
          found.append(row)
          grown = true
        }
      }
    }
    return found
  }

  /// May rows stand here that only a history brought that the hub has lost? What the first install after the loss leaves of
  /// them is told as a difference.
  func mayHoldLost() throws(RelayError) -> Bool {
    if try !core.stores.state.warnings().mismatch.isEmpty { return true }
    return try core.stores.lost.isBroken()
  }

  private func isRevived(_ row: RowID) throws(RelayError) -> Bool {
    try sums.mayBeParent(row.table) ? core.stores.dead.holds(row) : false
  }

  /// Under another role, and where too much left to be listed, everything that the device may hold arrives whole; what
  /// does not arrive is not its any more.
  func leaveTheRest() throws(RelayError) {
    guard state.base > 0 else { return }
    // Another role reads other rows and columns, a newer schema more of them: nobody has seen all that is shown now.
    if pull.leavesTheRest || pull.schema.installed != nil { try core.noteEverythingEntered(state.installs) }
    guard pull.leavesTheRest else { return }
    for table in core.schema.tables {
      for row in try core.known(table) where try !core.stores.arrived.holds(row) {
        try core.forgetConflicts(row)
        if try core.view.confirmed(row, table) != nil { try leave(row) }
      }
    }
    try core.stores.arrived.clear()
  }

  /// A row whose transaction left pending: what is confirmed stays shown on a row that left, everything else is as the
  /// image says.
  mutating func settle(_ row: RowID, _ confirmed: Confirmed) throws(RelayError) {
    let table = try core.table(row.table)
    let hasArrived = hot[row] != nil
    var kept = try core.view.image(row, table)
    // A row that this device may write and not read leaves without being told; it left all the same.
    if kept == nil, confirmed.inserts(row), !hasArrived, !Mutation.isPlanted(.leftForgets),
      try core.view.isUnderWork(row)
    {
      kept = Image(values: nil, base: 0, state: .left)
    }
    if var image = kept, image.state == .left {
      var cells = RowState(image: image.values, stamps: image.stamps, table: table)
      let livesAgain = try isLetLiveAgain(row, image)
      for one in try joining(row, confirmed) {
        guard let change = one.changes[row], change.operations[0].kind != .delete || !livesAgain else { continue }
        core.view.apply(one, change, table, to: &cells)
      }
      image.values = try table.shownValues(row, cells)
      image.stamps = []
      try core.view.save(image, row, table)
    }
    try core.outbox.forgetSettled(row)
    // What this pull brought is in its place already.
    if try core.view.image(row, table) == nil, hasArrived, try !core.view.isUnderWork(row) { return }
    try core.view.rebuild(row, table, state, &own)
  }

  /// Accepted work on a row that left that its image gets: up to the first that waits, since that may have been seen by what came
  /// after it.
  private mutating func joining(_ row: RowID, _ confirmed: Confirmed) throws(RelayError) -> [OwnTransactions.Own] {
    var first: DotKey?
    for (one, _) in confirmed.transactions(on: row) {
      if let key = try core.replicas.key(one.transaction.dot) { first = min(first ?? key, key) }
    }
    guard let first else { return [] }
    var joining: [OwnTransactions.Own] = []
    for touch in try core.outbox.touches(row).prefix(while: { $0.fate != .pending }) where touch.key >= first {
      guard touch.fate == .accepted, let one = try own.accepted(touch.key, core.stores) else { continue }
      joining.append(one)
    }
    return joining
  }

  /// Does own work that waits say that the row lives? It says nothing of the values, which the deletion before it, confirmed
  /// alone, would take from here.
  private mutating func isLetLiveAgain(_ row: RowID, _ image: Image) throws(RelayError) -> Bool {
    try core.view.overlay(row, image: image, state, &own).contains { $0.1.operations[0].kind == .touch }
  }
}

extension ReplicaCore {
  /// Every row of a table that this file holds in any way, ascending.
  func known(_ table: TableSchema) throws(RelayError) -> [RowID] {
    var rows = try stores.images.besideTheTable(table.id)
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
    try localOnly.stayAlone(row)
    try tell(held: row, table, "the row is gone at the hub and cannot be deleted here: \(reason)")
  }
}
