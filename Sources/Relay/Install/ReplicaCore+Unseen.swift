internal import RelayMerge
internal import RelayProtocol

/// Rows that were written to while nothing was captured, because a tool had rebuilt their table.
extension ReplicaCore {
  /// Rows with pending work whose table shows something else than image and work give. A confirmed row can only be
  /// compared with the hub.
  func unseenUnderWork() throws(RelayError) -> [Verification.Difference] {
    let rows = try outbox.rowsUnderWork()
    guard !rows.isEmpty else { return [] }
    let state = try state()
    var own = OwnTransactions()
    var list: [Verification.Difference] = []
    for row in rows {
      let table = try table(row.table)
      // A row that a constraint keeps out shows something else, and everybody knows.
      let isHeld = "SELECT 1 FROM relay_inbox WHERE tbl = ? AND key = ? AND kind = 'held'"
      guard try db.first(isHeld, row.bindings) == nil else { continue }
      let should = try view(row, table, image: try image(row, table), state, &own)
      let shown = try tableRow(row, table)
      guard !table.difference(before: should, after: shown, role: state.role).isEmpty else { continue }
      list.append(.init(row, shown == nil ? .missing : should == nil ? .extra : .different, in: table))
    }
    return list
  }

  /// What the table would show of a row if nothing had been written unseen.
  ///
  /// - Parameter hub: the row as the hub has it for this device at its base.
  func shouldShow(_ row: RowID, _ table: TableSchema, hub: [Value]?) throws(RelayError) -> [Value]? {
    guard try isUnderWork(row) else { return hub }
    let state = try state()
    var image = try image(row, table)
    let readable = table.readableColumns(state.role)
    let mine = image?.values.map { values in readable.map { values[$0] } }
    if image?.state ?? .underWork == .underWork, mine != hub.map({ values in readable.map { values[$0] } }) {
      // It was taken from a table that had been written to unseen.
      image = Image(values: hub, base: state.base)
      if let image { try save(image, row, table) }
    }
    var own = OwnTransactions()
    return try view(row, table, image: image, state, &own)
  }

  /// Writes the record that capture would have written had it seen the row change.
  func logUnseen(_ row: RowID, _ table: TableSchema, was should: [Value]?) throws(RelayError) {
    let role = try state().role
    var values = table.columns.map { _ in Value.null }
    var touch = Touch.inserted
    if let should {
      touch = .was
      values = should
      // Of what this role does not read the hub said nothing.
      if let shown = try tableRow(row, table) {
        let readable = table.readableColumns(role)
        for at in table.others where !readable.contains(at) { values[at] = shown[at] }
      }
    } else {
      for (at, value) in zip(table.key, try row.values()) { values[at] = value }
    }
    try CaptureLog(db: db).add(touch, values, table, try capture(table).slots)
  }

  /// A row as its table should show it.
  struct Should {
    var row: RowID
    var table: TableSchema
    /// Nil for a row that should not be there.
    var values: [Value]?
    /// Of the hub's row.
    var seq: UInt64?
  }

  /// Makes tables show what they should. A row that the file's constraints refuse keeps what it shows and is held.
  func revert(_ rows: [Should]) throws(RelayError) {
    try applying { () throws(RelayError) in
      var shown: [RowID: [Value]] = [:]
      var locals: [LocalColumns] = []
      // All out of the way first, so that two rows may get back a UNIQUE value that they had exchanged.
      for one in rows {
        shown[one.row] = try tableRow(one.row, one.table)
        if let local = try LocalColumns(of: one.row, one.table, in: db) { locals.append(local) }
        _ = try show(one.row, nil, one.table)
      }
      for one in rows {
        guard let values = one.values, let reason = try show(one.row, values, one.table) else {
          try show(seq: one.seq, one.row, one.table)
          continue
        }
        _ = try show(one.row, shown[one.row], one.table)
        if try isUnderWork(one.row) {
          try tell(held: one.row, one.table, reason)
        } else {
          try hold(one.row, one.table, values, [], seq: one.seq, reason)
        }
      }
      for local in locals { try local.restore(in: db) }
    }
  }

  /// The confirmed rows are the hub's, row by row: the sums are made anew, and what had warned of a difference is
  /// settled.
  ///
  /// - Complexity: O(rows of the replica).
  func agreesWithHub() throws(RelayError) {
    let digests = try confirmedDigests(Set(try installedScopes()), try state().role)
    for (name, digest) in digests.sorted(by: { $0.key < $1.key }) {
      try db.execute(
        "UPDATE relay_scope SET digest = ?, count = ? WHERE name = ?",
        [.blob(digest.bytes), Value(digest.count), .text(name)])
    }
    try db.execute("UPDATE relay_state SET mismatch = NULL, rebuilt = 0")
  }

  /// The digests of scopes, from every confirmed row.
  ///
  /// - Complexity: O(rows of the replica).
  func confirmedDigests(_ scopes: Set<String>, _ role: String) throws(RelayError) -> [String: ScopeDigest] {
    var digests = Dictionary(uniqueKeysWithValues: scopes.map { ($0, ScopeDigest()) })
    var places = Places(schema)
    for table in schema.tables where table.access(role).reads {
      let readable = table.readableColumns(role)
      try eachConfirmed(table, role) { (row, values) throws(RelayError) in
        let hash = table.rowHash(row, values, readable: readable)
        for name in try self.scopes(of: row, table, values, &places) + [ScopeGrant.everything] {
          digests[name]?.add(hash)
        }
      }
    }
    return digests
  }
}
