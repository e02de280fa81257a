internal import RelayMerge
internal import RelayProtocol

/// Own transactions decoded while one database transaction lasts.
struct OwnTransactions {
  struct Own {
    var transaction: Transaction
    var seq: UInt64?
    var effective: HybridTime?
    var changes: [RowID: RowChange]
  }

  private var cache: [DotKey: Own] = [:]

  /// A transaction that is pending, or refused and kept.
  mutating func own(_ key: DotKey, _ core: ReplicaCore) throws(RelayError) -> Own? {
    if let own = cache[key] { return own }
    var stored = try core.outbox.stored(key)
    if stored == nil { stored = try core.refusals.stored(key) }
    guard let stored else { return nil }
    return try decode(stored, key, core)
  }

  mutating func pending(_ key: DotKey, _ core: ReplicaCore) throws(RelayError) -> Own? {
    guard let stored = try core.outbox.stored(key) else { return nil }
    if let own = cache[key] { return own }
    return try decode(stored, key, core)
  }

  private mutating func decode(
    _ stored: StoredTransaction, _ key: DotKey, _ core: ReplicaCore
  ) throws(RelayError) -> Own {
    var transaction = try Transaction(decoding: stored.bytes)
    // A replica that forked is called differently from then on; what it had sealed is not.
    transaction.dot = try core.replicas.dot(key)
    let own = Own(
      transaction: transaction, seq: stored.seq, effective: stored.effective,
      changes: Dictionary(transaction.rows.map { ($0.row, $0) }) { first, _ in first })
    cache[key] = own
    return own
  }
}

extension ReplicaCore {
  /// view = confirmed image ⊕ own pending operations, by the merge that the hub runs too.
  ///
  /// - Returns: the values to show; nil for a row that should not be there.
  func view(
    _ row: RowID, _ table: TableSchema, image: Image?, _ state: ReplicaState, _ own: inout OwnTransactions
  ) throws(RelayError) -> [Value]? {
    var cells = RowState(image: image?.values, stamps: image?.stamps ?? [], table: table)
    var hasValues = image?.values != nil
    for (one, change) in try overlay(row, image: image, state, &own) {
      apply(one, change, table, to: &cells)
      if change.operations[0].isInsert { hasValues = true }
    }
    // A row that only an undelete speaks of has its values at the hub.
    return hasValues ? try table.shownValues(row, cells) : nil
  }

  func apply(_ one: OwnTransactions.Own, _ change: RowChange, _ table: TableSchema, to cells: inout RowState) {
    let transaction = one.transaction
    let role = table.access(transaction.role)
    cells.apply(
      change,
      WriteContext(
        dot: transaction.dot, seq: WriteContext.pendingSeq + transaction.dot.counter,
        effective: one.effective ?? transaction.time, seen: transaction.seen, base: change.base,
        author: role, now: role),
      table: table)
  }

  /// The own transactions whose effect on a row is not in its image; none that was refused or builds on a refused one.
  func overlay(
    _ row: RowID, image: Image?, _ state: ReplicaState, _ own: inout OwnTransactions
  ) throws(RelayError) -> [(OwnTransactions.Own, RowChange)] {
    var out: [(OwnTransactions.Own, RowChange)] = []
    var judged: [(dot: Dot, kind: Int64, refused: Bool)] = []
    for touch in try outbox.touches(row) {
      var refused = touch.isRefused
      if touch.fate == .pending, !refused, let one = try own.own(touch.key, self) {
        var standing: Standing?
        for earlier in judged where one.transaction.seen.contains(earlier.dot) {
          standing = Standing.after(standing, kind: earlier.kind, dot: earlier.dot, refused: earlier.refused)
        }
        refused = Standing.lacks(standing, inserts: touch.kind == 1) != nil
        let isInImage = image.map { image in one.seq.map { $0 <= image.base } ?? false } ?? false
        if !refused, !isInImage, let change = one.changes[row] { out.append((one, change)) }
      }
      // Only inserts and deletes say what later work builds on; a row may be edited a hundred thousand times.
      if touch.kind != 0 { judged.append((try replicas.dot(touch.key), touch.kind, refused)) }
    }
    return out
  }

  /// Writes a row into its table, or takes it out; a row that shows this already is left alone.
  ///
  /// - Returns: nil, or why this file does not take it: a constraint, a function that this connection lacks, a declared
  ///   type that would change a value (rule 31). Then nothing changed.
  func show(_ row: RowID, _ values: [Value]?, _ table: TableSchema) throws(RelayError) -> String? {
    do throws(RelayError) {
      let before = try tableRow(row, table)
      if before != values {
        try write(row, values, table)
        if let values, shownRows == nil, let column = try changedByAffinity(row, values, table) {
          try write(row, before, table)
          return "\(table.name).\(column) is declared with a type that would change the value"
        }
        shown(table)
      }
      try shownRows?.note(row, values, table)
      return nil
    } catch {
      guard error.isOfTheRow, db.isInTransaction else { throw error }
      return error.message
    }
  }

  private func write(_ row: RowID, _ values: [Value]?, _ table: TableSchema) throws(RelayError) {
    if let values {
      try db.execute(sql(table).upsert, values)
    } else {
      try db.execute(sql(table).delete, try row.values())
    }
  }

  /// Makes the table show image ⊕ pending again, after a verdict or an install changed one of them.
  func rebuild(
    _ row: RowID, _ table: TableSchema, _ state: ReplicaState, _ own: inout OwnTransactions
  ) throws(RelayError) {
    let image = try image(row, table)
    if try isUnderWork(row) {
      let values = try view(row, table, image: image, state, &own)
      if let reason = try show(row, values, table) { try tell(held: row, table, reason) }
      try show(seq: image?.seq, row, table)
      return
    }
    switch image?.state {
    case .underWork:
      try dropImage(row)
      if let reason = try show(row, image?.values, table), let values = image?.values {
        try hold(row, table, values, image?.stamps ?? [], seq: image?.seq, reason)
      }
      try show(seq: image?.seq, row, table)
    case .left, nil:
      try dropImage(row)
      _ = try show(row, nil, table)
    case .held:
      _ = try show(row, image?.values, table)
      try show(seq: image?.seq, row, table)
    }
  }

  /// Keeps a confirmed row that a constraint refuses, for the next install to try again.
  func hold(
    _ row: RowID, _ table: TableSchema, _ values: [Value], _ stamps: [Cell], seq: UInt64?, _ reason: String
  ) throws(RelayError) {
    knownEmpty.remove(.held)
    try db.execute(
      "INSERT OR REPLACE INTO relay_held (tbl, key, image, stamps, reason, seq) VALUES (?, ?, ?, ?, ?, ?)",
      row.bindings + [
        .blob(RowBlob.encode(values, table)), .blob(RowBlob.encode(cells: stamps)), .text(reason),
        seq.map { Value($0) } ?? .null,
      ])
    try tell(held: row, table, reason)
  }
}

extension RelayError {
  /// Does it say that the file does not take this row, and nothing of the file itself?
  var isOfTheRow: Bool { [.constraint, .sql, .limitExceeded].contains(code) }
}
