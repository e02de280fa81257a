internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// What became of own work on a row.
enum Fate: Int64 {
  /// No installed pull has confirmed it; the verdict, if there is one, is the transaction's.
  case pending = 0
  case accepted = 1
  case refused = 2
  /// Refused and forgotten here: it still says what later pending work built on, and holds nothing.
  case forgotten = 3
  /// Refused with a batch, and sealed anew, apart.
  case sealedAnew = 4
}

/// Statements on `relay_pending` that run often.
struct RowCommands {
  let append = Command("INSERT INTO relay_pending (tbl, key, dot, kind, fate) VALUES (?, ?, ?, ?, 0)")
  let isUnderWork = Command("SELECT 1 FROM relay_pending WHERE tbl = ? AND key = ? AND fate = 0")
  let hasInsert = Command(RowCommands.pending(kind: 1) + " AND p.dot <= ?")
  let hasDelete = Command(RowCommands.pending(kind: 2))
  let touches = Command(
    """
    SELECT p.dot, p.kind, p.fate, \(RowCommands.isRefused) FROM relay_pending AS p WHERE p.tbl = ? AND p.key = ?
    ORDER BY p.dot
    """)
  let confirmedOfLeft = Command(
    """
    SELECT dot FROM relay_pending AS p WHERE tbl = ?1 AND key = ?2 AND fate = 1 AND dot <= ?3
      AND EXISTS (SELECT 1 FROM relay_image AS i WHERE i.tbl = p.tbl AND i.key = p.key AND i.state = 1)
    ORDER BY dot DESC
    """)
  let settle = Command("UPDATE relay_pending SET fate = ? WHERE tbl = ? AND key = ? AND dot = ?")

  /// For a statement that somebody keeps: what touches a row, and forgetting that.
  static let fates = "SELECT dot, fate FROM relay_pending WHERE tbl = ?1 AND key = ?2"
  static let forget = "DELETE FROM relay_pending WHERE tbl = ?1 AND key = ?2"

  static let ddl = """
    -- Which own transactions touch a row: the pending ones, the refused ones, and what came after those.
    -- kind: 1 insert, 2 delete, 0 other; fate: 0 pending, 1 accepted, 2 refused, 3 refused and forgotten here: it still
    -- says what later pending work built on, and holds nothing. 4: the same, and sealed anew, apart.
    CREATE TABLE IF NOT EXISTS relay_pending (
      tbl INTEGER NOT NULL, key BLOB NOT NULL, dot INTEGER NOT NULL, kind INTEGER NOT NULL, fate INTEGER NOT NULL,
      PRIMARY KEY (tbl, key, dot)) WITHOUT ROWID;
    """

  /// Of a row of `relay_pending AS p`.
  static let isRefused = """
    CASE p.fate WHEN 0 THEN coalesce((SELECT t.refusal IS NOT NULL FROM relay_transaction AS t WHERE t.dot = p.dot), 0)
      ELSE p.fate >= 2 END
    """

  private static func pending(kind: Int) -> String {
    """
    SELECT 1 FROM relay_pending AS p WHERE p.tbl = ? AND p.key = ? AND p.kind = \(kind) AND p.fate = 0
      AND NOT \(isRefused)
    """
  }
}

extension OutboxStore {
  /// A transaction that touches a row.
  struct Touching {
    var key: DotKey
    /// As `Standing.kind`.
    var kind: Int64
    var fate: Fate
    var isRefused: Bool
  }

  /// Notes which rows a transaction touches.
  func append(_ key: DotKey, on sealing: Sealing) throws(RelayError) {
    guard sealing.rows.count > 64 else {
      return try sealing.eachRow { (row, kind) throws(RelayError) in
        try db.execute(rows.append, [.integer(Int64(row.table)), .blob(row.key), Value(key), .integer(kind)])
      }
    }
    let notes = BulkInsert(db, into: "relay_pending", ["tbl", "key", "dot", "kind", "fate"])
    try sealing.eachKey { (table, row, kind) throws(RelayError) in
      try notes.row { note in
        note.integer(Int64(table))
        note.blob(row)
        note.integer(key.value)
        note.integer(kind)
        note.integer(Fate.pending.rawValue)
      }
    }
    try notes.finish()
  }

  /// In their order, those that are pending and those that say what later work builds on.
  func touches(_ row: RowID) throws(RelayError) -> [Touching] {
    var list: [Touching] = []
    try db.run(rows.touches, row.bindings) { (record) throws(RelayError) in
      guard let fate = Fate(rawValue: record.int(2)) else {
        throw RelayError(.corrupt, "\(self.db.path): relay_pending has a fate of \(record.int(2))")
      }
      list.append(
        Touching(key: DotKey(record.int(0)), kind: record.int(1), fate: fate, isRefused: record.int(3) != 0))
      return true
    }
    return list
  }

  /// Is there work on the row that no installed pull has confirmed?
  func isUnderWork(_ row: RowID) throws(RelayError) -> Bool { try db.holds(rows.isUnderWork, row.bindings) }

  /// Does an own insert of the row wait, that nobody refused?
  ///
  /// - Parameter last: the newest own transaction that counts; nil for all.
  func hasPendingInsert(_ row: RowID, upTo last: DotKey?) throws(RelayError) -> Bool {
    try db.holds(rows.hasInsert, row.bindings + [last.map { Value($0) } ?? .integer(.max)])
  }

  func hasPendingDelete(_ row: RowID) throws(RelayError) -> Bool { try db.holds(rows.hasDelete, row.bindings) }

  /// Rows of a table that own pending work deletes, ascending.
  func pendingDeletes(_ table: UInt32) throws(RelayError) -> [RowID] {
    try db.query(
      """
      SELECT DISTINCT p.key FROM relay_pending AS p WHERE p.tbl = ? AND p.kind = 2 AND p.fate = 0
        AND NOT \(RowCommands.isRefused) ORDER BY p.key
      """, [.integer(Int64(table))]
    ) { (row) throws(RelayError) in RowID(table: table, key: row.blob(0)) }
  }

  /// Rows with pending work, ascending by table and key.
  func rowsUnderWork() throws(RelayError) -> [RowID] {
    try db.query("SELECT DISTINCT tbl, key FROM relay_pending WHERE fate = 0 ORDER BY tbl, key") {
      (row) throws(RelayError) in RowID(table: UInt32(row.int(0)), key: row.blob(1))
    }
  }

  /// Confirmed own work on a row that left and shows it still, the newest first.
  ///
  /// - Parameter body: gives false to stop.
  func eachConfirmed(
    onLeft row: RowID, upTo last: DotKey, _ body: (Dot) throws(RelayError) -> Bool
  ) throws(RelayError) {
    try db.run(rows.confirmedOfLeft, row.bindings + [Value(last)]) { (record) throws(RelayError) in
      try body(try replicas.dot(DotKey(record.int(0))))
    }
  }

  func settle(_ key: DotKey, on row: RowID, _ fate: Fate) throws(RelayError) {
    try db.execute(rows.settle, [.integer(fate.rawValue)] + row.bindings + [Value(key)])
  }

  /// Of these rows those with pending work of one transaction.
  func pendingRows(_ rows: [RowID], of key: DotKey) throws(RelayError) -> [RowID] {
    var pending: [RowID] = []
    for row in rows where try touches(row).contains(where: { $0.key == key && $0.fate == .pending }) {
      pending.append(row)
    }
    return pending
  }

  /// Nothing is kept of work on a row once all of it is judged and none of it waits in the inbox.
  func forgetSettled(_ row: RowID) throws(RelayError) {
    try db.execute(
      """
      DELETE FROM relay_pending WHERE tbl = ?1 AND key = ?2 AND fate > 0 AND NOT EXISTS
        (SELECT 1 FROM relay_pending WHERE tbl = ?1 AND key = ?2 AND fate IN (0, 2))
      """, row.bindings)
  }
}
