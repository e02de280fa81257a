internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// What an operation would build on (rule 18): refused inserts and deletes, by device and key, and the accepted ones that
/// came after them. Nothing is here of a device that was never refused.
extension HubSession {
  /// How many of them a row's next operation is held against.
  private static let newestMarks: Int64 = 64

  /// Was anything of this device ever refused?
  func hasRefusals(_ device: Int64) throws(RelayError) -> Bool {
    try db.first("SELECT 1 FROM standing WHERE device = ? LIMIT 1", [.integer(device)]) != nil
  }

  /// What the next operation on a row builds on, of the device's own work that its author had seen.
  ///
  /// - Complexity: O(1), one look into an index.
  func standing(_ row: RowID, seen: DotSet, _ device: Int64) throws(RelayError) -> Standing? {
    let marks = try db.query(
      """
      SELECT replica, n, kind, refused FROM standing WHERE device = ? AND tbl = ? AND key = ?
      ORDER BY seq DESC LIMIT \(HubSession.newestMarks)
      """, [.integer(device), .integer(Int64(row.table)), .blob(row.key)]
    ) { (row) throws(RelayError) in
      (
        dot: Dot(ReplicaID(bits: UInt64(bitPattern: row.int(0))), try row.seq(1)), kind: row.int(2),
        refused: row.int(3) != 0
      )
    }
    var standing: Standing?
    for mark in marks.reversed() where seen.contains(mark.dot) {
      standing = Standing.after(standing, kind: mark.kind, dot: mark.dot, refused: mark.refused)
    }
    return standing
  }

  func markStanding(_ transaction: Transaction, _ verdict: Verdict, _ device: Int64) throws(RelayError) {
    if verdict.isAccepted, try !hasRefusals(device) { return }
    for change in transaction.rows {
      let kind = Standing.kind(change)
      guard kind != 0 else { continue }
      let place: [Value] = [.integer(device), .integer(Int64(change.row.table)), .blob(change.row.key)]
      if verdict.isAccepted {
        let isMarked = try db.first("SELECT 1 FROM standing WHERE device = ? AND tbl = ? AND key = ? LIMIT 1", place)
        guard isMarked != nil else { continue }
      }
      try db.execute(
        "INSERT INTO standing VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        place + [
          .seq(verdict.seq), .bits(verdict.dot.replica.bits), .seq(verdict.dot.counter), .integer(kind),
          .integer(verdict.isAccepted ? 0 : 1),
        ])
    }
  }
}
