internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// Conflicts that people settle, and notices to those whose write is not shown (rule 14).
extension HubSession {
  /// Did an entry about a cell open at that seq?
  func hasEntry(_ row: RowID, _ cell: CellID, opened: UInt64) throws(RelayError) -> Bool {
    try db.first(
      "SELECT 1 FROM entry WHERE tbl = ? AND key = ? AND cell = ? AND opened = ?",
      Self.place(row, cell) + [.seq(opened)]) != nil
  }

  func hasOpenEntry(_ row: RowID, _ cell: CellID) throws(RelayError) -> Bool {
    try db.first(
      "SELECT opened FROM entry WHERE tbl = ? AND key = ? AND cell = ? AND status = 'open'", Self.place(row, cell))
      != nil
  }

  /// Opens an entry, or reopens the one that opened at that seq.
  func openEntry(_ row: RowID, _ cell: CellID, at seq: UInt64) throws(RelayError) {
    try db.execute(
      """
      INSERT INTO entry(tbl, key, cell, opened, status) VALUES (?, ?, ?, ?, 'open')
      ON CONFLICT DO UPDATE SET status = 'open', ended = NULL
      """, Self.place(row, cell) + [.seq(seq)])
  }

  func endEntry(_ row: RowID, _ cell: CellID, as status: String, at seq: UInt64) throws(RelayError) {
    try db.execute(
      "UPDATE entry SET status = ?, ended = ? WHERE tbl = ? AND key = ? AND cell = ? AND status = 'open'",
      [.text(status), .seq(seq)] + Self.place(row, cell))
  }

  /// - Returns: whether it is new; of one write of a cell its author is told once.
  func insertNotice(
    _ device: Int64, of write: CellWrite, _ row: RowID, _ cell: CellID, at seq: UInt64
  ) throws(RelayError) -> Bool {
    var lost = CBORWriter()
    lost.cellWrite(write)
    try db.execute(
      "INSERT OR IGNORE INTO notice(tbl, key, cell, device, seq, replica, n, lost) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      Self.place(row, cell) + [
        .integer(device), .seq(seq), .bits(write.dot.replica.bits), .seq(write.dot.counter), .blob(lost.bytes),
      ])
    return db.changes > 0
  }

  private static func place(_ row: RowID, _ cell: CellID) -> [Value] {
    [.integer(Int64(row.table)), .blob(row.key), .blob(CellsBlob.encode(cell))]
  }
}
