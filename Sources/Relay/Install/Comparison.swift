internal import RelayMerge
internal import RelayProtocol

/// Rows that were written to while nothing was captured, because a tool had rebuilt their table.
/// Compares confirmed rows with the hub and puts right what a tool wrote unseen.
struct Comparison {
  let core: ReplicaCore

  /// Rows with pending work whose table shows something else than image and work give. A confirmed row can only be
  /// compared with the hub.
  func unseenUnderWork() throws(RelayError) -> [Verification.Difference] {
    let rows = try core.outbox.rowsUnderWork()
    guard !rows.isEmpty else { return [] }
    let state = try core.state()
    var own = OwnTransactions()
    var list: [Verification.Difference] = []
    for row in rows {
      let table = try core.table(row.table)
      // A row that a constraint keeps out shows something else, and everybody knows.
      guard try !core.inbox.store.holds(.held, of: row) else { continue }
      let should = try core.view.view(row, table, image: try core.view.image(row, table), state, &own)
      let shown = try core.tableRow(row, table)
      guard !table.difference(before: should, after: shown, role: state.role).isEmpty else { continue }
      list.append(.init(row, shown == nil ? .missing : should == nil ? .extra : .different, in: table))
    }
    return list
  }

  /// What the table would show of a row if nothing had been written unseen.
  ///
  /// - Parameter hub: the row as the hub has it for this device at its base.
  func shouldShow(_ row: RowID, _ table: TableSchema, hub: [Value]?) throws(RelayError) -> [Value]? {
    guard try core.view.isUnderWork(row) else { return hub }
    let state = try core.state()
    var image = try core.view.image(row, table)
    let readable = table.readableColumns(state.role)
    let mine = image?.values.map { values in readable.map { values[$0] } }
    if image?.state ?? .underWork == .underWork, mine != hub.map({ values in readable.map { values[$0] } }) {
      // It was taken from a table that had been written to unseen.
      image = Image(values: hub, base: state.base)
      if let image { try core.view.save(image, row, table) }
    }
    var own = OwnTransactions()
    return try core.view.view(row, table, image: image, state, &own)
  }

  /// Makes edits of what tables show. Of rows that a hub that was put back lacks their author is gone, perhaps, and what others
  /// had done to them may come back after this: whoever shows it had seen it.
  func take(_ rows: [Should]) throws(RelayError) {
    let past = Mutation.isPlanted(.pastForgotten) ? nil : try core.stores.past.newest()
    let lost = try past == nil ? [] : self.lost(of: rows)
    for one in rows where lost.contains(one.row) { try logUnseen(one.row, one.table, was: nil) }
    if let past, !lost.isEmpty { _ = try core.sealer.sealLog(.taken(past)) }
    for one in rows where !lost.contains(one.row) { try logUnseen(one.row, one.table, was: one.values) }
  }

  /// Those that the hub lacks, and that hang on nothing but what it has or gets with them. Not what this device may not write: that
  /// would wait for a right that nobody brings; nor what it knows to be deleted, which its base of now says.
  private func lost(of rows: [Should]) throws(RelayError) -> Set<RowID> {
    let role = try core.state().role
    let writable = Set(try core.stores.scopes.granted().filter(\.isWritable).map(\.name))
    var lost: Set<RowID> = []
    var parents: [RowID: RowID] = [:]
    for one in rows where one.values == nil && one.table.access(role).writes {
      guard let shown = try core.tableRow(one.row, one.table), try !core.stores.dead.holds(one.row),
        try lies(one.table, shown, in: writable)
      else { continue }
      lost.insert(one.row)
      parents[one.row] = one.table.parentRow(shown)
    }
    let lacked = Set(rows.filter { $0.values == nil }.map(\.row))
    while true {
      let apart = lost.filter { row in parents[row].map { lacked.contains($0) && !lost.contains($0) } ?? false }
      if apart.isEmpty { return lost }
      lost.subtract(apart)
    }
  }

  /// Does a row lie in one of these scopes, as the tables show it and what it hangs on? Not where they do not show that.
  private func lies(
    _ table: TableSchema, _ shown: [Value], in scopes: Set<String>
  ) throws(RelayError) -> Bool {
    var (table, values) = (table, shown)
    for _ in 0...Limits.ancestors {
      guard let parent = table.parentRow(values) else {
        return scopes.contains(ScopeGrant.everything) || !scopes.isDisjoint(with: table.ownHomes(values))
      }
      let above = try core.table(parent.table)
      guard let found = try core.tableRow(parent, above) else { return false }
      (table, values) = (above, found)
    }
    return false
  }

  /// Writes the record that capture would have written had it seen the row change.
  func logUnseen(_ row: RowID, _ table: TableSchema, was should: [Value]?) throws(RelayError) {
    let role = try core.state().role
    var values = table.columns.map { _ in Value.null }
    var touch = Touch.inserted
    if let should {
      touch = .was
      values = should
      // Of what this role does not read the hub said nothing.
      if let shown = try core.tableRow(row, table) {
        let readable = table.readableColumns(role)
        for at in table.others where !readable.contains(at) { values[at] = shown[at] }
      }
    } else {
      for (at, value) in zip(table.key, try row.values()) { values[at] = value }
    }
    try CaptureLog(db: core.db).add(touch, values, table, try core.attachment.capture(table).slots)
  }

  /// Makes tables show what they should. A row that the file's constraints refuse keeps what it shows and is held.
  func revert(_ rows: [Should]) throws(RelayError) {
    try core.view.applying { () throws(RelayError) in
      var shown: [RowID: [Value]] = [:]
      var locals: [LocalColumns] = []
      // All out of the way first, so that two rows may get back a UNIQUE value that they had exchanged.
      for one in rows {
        shown[one.row] = try core.tableRow(one.row, one.table)
        if let local = try LocalColumns(of: one.row, one.table, in: core.db) { locals.append(local) }
        _ = try core.view.show(one.row, nil, one.table)
      }
      for one in rows {
        guard let values = one.values, let reason = try core.view.show(one.row, values, one.table) else {
          try core.view.show(seq: one.seq, one.row, one.table)
          continue
        }
        _ = try core.view.show(one.row, shown[one.row], one.table)
        if try core.view.isUnderWork(one.row) {
          try core.tell(held: one.row, one.table, reason)
        } else {
          try core.view.hold(one.row, one.table, values, [], seq: one.seq, reason)
        }
      }
      for local in locals { try local.restore(in: core.db) }
    }
  }

  /// The confirmed rows are the hub's, row by row: the sums are made anew, and what had warned of a difference is
  /// settled.
  ///
  /// - Complexity: O(rows of the replica).
  func agreesWithHub() throws(RelayError) {
    let digests = try confirmedDigests(Set(try core.installedScopes()), try core.state().role)
    for (name, digest) in digests.sorted(by: { $0.key < $1.key }) {
      try core.stores.scopes.save(digest, of: name)
    }
    try core.stores.state.clearWarnings()
  }

  /// The digests of scopes, from every confirmed row.
  ///
  /// - Complexity: O(rows of the replica).
  func confirmedDigests(_ scopes: Set<String>, _ role: String) throws(RelayError) -> [String: ScopeDigest] {
    var digests = Dictionary(uniqueKeysWithValues: scopes.map { ($0, ScopeDigest()) })
    var places = Places(core.schema)
    for table in core.schema.tables where table.access(role).reads {
      let readable = table.readableColumns(role)
      try eachConfirmed(table, role) { (row, values) throws(RelayError) in
        let hash = table.rowHash(row, values, readable: readable)
        for name in try core.scopes(of: row, table, values, &places) + [ScopeGrant.everything] {
          digests[name]?.add(hash)
        }
      }
    }
    return digests
  }
}
