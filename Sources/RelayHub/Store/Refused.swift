internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// What was refused is kept whole (rule 19), within a quota a device.
extension HubSession {
  /// How long they are kept, in milliseconds.
  static let refusedLast: Int64 = 400 * 24 * 3600 * 1000

  func rememberRefused(_ transaction: Transaction, seq: UInt64, bytes: Int, _ device: Int64) throws(RelayError) {
    for change in transaction.rows {
      try db.execute(
        "INSERT OR IGNORE INTO attempt VALUES (?, ?, ?)",
        [.integer(Int64(change.row.table)), .blob(change.row.key), .seq(seq)])
    }
    try db.execute(
      "INSERT INTO refused VALUES (?, ?, ?)", [.integer(device), .seq(seq), .integer(Int64(clamping: bytes))])
    try db.execute(
      "UPDATE device SET refused = refused + ? WHERE id = ?", [.integer(Int64(clamping: bytes)), .integer(device)])
    while try Count.seq(try db.first("SELECT refused FROM device WHERE id = ?", [.integer(device)])?[0])
      > refusedQuota
    {
      let oldest = try db.first(
        "SELECT min(seq) FROM refused WHERE device = ? AND seq < ?", [.integer(device), .seq(seq)])
      guard let oldest, !oldest[0].isNull else { return }
      try forgetRefused(try Count.seq(oldest[0]), device)
    }
  }

  /// Drops a refused transaction's body and what leads to it.
  func forgetRefused(_ seq: UInt64, _ device: Int64) throws(RelayError) {
    if let transaction = try body(seq) {
      for change in transaction.rows {
        try db.execute(
          "DELETE FROM attempt WHERE tbl = ? AND key = ? AND seq = ?",
          [.integer(Int64(change.row.table)), .blob(change.row.key), .seq(seq)])
      }
    }
    try db.execute("DELETE FROM body WHERE seq = ?", [.seq(seq)])
    try db.execute(
      """
      UPDATE device SET refused = refused - (SELECT bytes FROM refused WHERE device = ?1 AND seq = ?2) WHERE id = ?1
      """, [.integer(device), .seq(seq)])
    try db.execute("DELETE FROM refused WHERE device = ? AND seq = ?", [.integer(device), .seq(seq)])
  }

  /// Drops what waited too long: parts without the rest, and what was refused long ago.
  func tidy(now: Int64) throws(RelayError) {
    try db.execute("DELETE FROM part WHERE at < ?", [.integer(now.subtractingSaturating(HubSession.partsLast))])
    let old = try db.query(
      "SELECT r.seq, r.device FROM refused r JOIN txn t ON t.seq = r.seq WHERE t.received < ? LIMIT 1000",
      [.integer(now.subtractingSaturating(HubSession.refusedLast))]
    ) { (row) throws(RelayError) in (seq: try row.seq(0), device: row.int(1)) }
    for one in old { try forgetRefused(one.seq, one.device) }
  }

  /// What a device was refused ends with it; its own inbox has it.
  func dropRefused(of device: Int64) throws(RelayError) {
    let seqs = try db.query("SELECT seq FROM refused WHERE device = ? ORDER BY seq", [.integer(device)]) {
      (row) throws(RelayError) in try row.seq(0)
    }
    for seq in seqs { try forgetRefused(seq, device) }
  }
}
