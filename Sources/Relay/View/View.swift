internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// What rows show: the confirmed image with the own pending operations merged in, by the merge that the hub runs too. It
/// writes synced tables in Relay's own name, and nothing that would have to be sent.
final class View {
  let db: Database
  let stores: Stores
  let tables: SyncedTables
  let schema: SyncSchema
  let inbox: Inbox
  let attachment: Attachment
  let changes: Changes
  /// Keeps what Relay shows while it writes beside the app's triggers (`applying`).
  private(set) var shownRows: ShownRows?

  init(_ stores: Stores, _ tables: SyncedTables, _ attachment: Attachment, _ inbox: Inbox, _ changes: Changes) {
    (db, schema) = (stores.db, tables.schema)
    (self.stores, self.tables, self.attachment, self.inbox, self.changes) = (stores, tables, attachment, inbox, changes)
  }

  /// Keeps in `meant` what is shown meanwhile.
  func watching<T>(_ meant: ShownRows, _ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    shownRows = meant
    defer { shownRows = nil }
    return try body()
  }

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
        dot: transaction.dot, seq: WriteContext.pendingSeq,
        effective: one.effective ?? transaction.time, seen: transaction.seen, base: change.base,
        author: role, now: role),
      table: table)
  }

  /// The own transactions whose effect on a row is not in its image; none that was refused or builds on a refused one. The image of
  /// a row that left has no accepted one that came after what waits still.
  func overlay(
    _ row: RowID, image: Image?, _ state: ReplicaState, _ own: inout OwnTransactions
  ) throws(RelayError) -> [(OwnTransactions.Own, RowChange)] {
    var out: [(OwnTransactions.Own, RowChange)] = []
    var judged: [(dot: Dot, kind: Int64, refused: Bool)] = []
    var waits = false
    for touch in try stores.outbox.touches(row) {
      var refused = touch.isRefused
      if touch.fate == .pending { waits = true }
      if touch.fate == .accepted, waits, image?.state == .left, let one = try own.accepted(touch.key, stores) {
        if let change = one.changes[row] { out.append((one, change)) }
      }
      if touch.fate == .pending, !refused, let one = try own.own(touch.key, stores) {
        var standing: Standing?
        for earlier in judged where one.transaction.seen.contains(earlier.dot) {
          standing = Standing.after(standing, kind: earlier.kind, dot: earlier.dot, refused: earlier.refused)
        }
        refused = Standing.lacks(standing, inserts: touch.kind == 1) != nil
        let isInImage = image.map { image in one.seq.map { $0 <= image.base } ?? false } ?? false
        if !refused, !isInImage, let change = one.changes[row] { out.append((one, change)) }
      }
      // Only inserts and deletes say what later work builds on; a row may be edited a hundred thousand times.
      if touch.kind != 0 { judged.append((try stores.replicas.dot(touch.key), touch.kind, refused)) }
    }
    return out
  }

  /// Writes a row into its table, or takes it out; a row that shows this already is left alone.
  ///
  /// - Returns: nil, or why this file does not take it: a constraint, a function that this connection lacks, a trigger of
  ///   the app, a declared type that would change a value (rule 31). Then nothing changed.
  func show(_ row: RowID, _ values: [Value]?, _ table: TableSchema) throws(RelayError) -> String? {
    do throws(RelayError) {
      let before = try tables.row(row, table)
      if before != values {
        guard try tables.write(row, values, table) else {
          return "a trigger of \(table.name) ignored it (RAISE(IGNORE))"
        }
        if let values, shownRows == nil, let column = try tables.changedByAffinity(row, values, table) {
          try tables.write(row, before, table)
          return "\(table.name).\(column) is declared with a type that would change the value"
        }
        changes.written.tables.insert(table.id)
      }
      try shownRows?.note(row, values, table)
      return nil
    } catch {
      guard error.isOfTheRow(in: db) else { throw error }
      return error.message
    }
  }

  /// Makes the table show image ⊕ pending again, after a verdict or an install changed one of them.
  func rebuild(
    _ row: RowID, _ table: TableSchema, _ state: ReplicaState, _ own: inout OwnTransactions
  ) throws(RelayError) {
    let image = try image(row, table)
    if try isUnderWork(row) {
      let values = try view(row, table, image: image, state, &own)
      if let reason = try show(row, values, table) { try inbox.tell(held: row, table, reason, &changes.written) }
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
    try stores.images.hold(row, table, values, stamps, seq: seq, reason)
    try inbox.tell(held: row, table, reason, &changes.written)
  }
}

extension RelayError {
  /// Does it say that the file does not take this row, and nothing of the file itself?
  var isOfTheRow: Bool { [.constraint, .sql, .limitExceeded].contains(code) }

  /// The same of a write. A trigger of the app may take back everything that was written with it (`RAISE(ROLLBACK)`): then
  /// there is nothing to go on with.
  func isOfTheRow(in db: Database) -> Bool { isOfTheRow && db.isInTransaction }
}
