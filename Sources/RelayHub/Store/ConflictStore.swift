internal import RelayMerge
internal import RelayProtocol

/// Conflicts that people settle, and notices to those whose write is not shown (rule 14).
protocol ConflictStore {
  /// Did an entry about a cell open at that seq?
  func hasEntry(_ row: RowID, _ cell: CellID, opened: UInt64) throws(RelayError) -> Bool
  /// Entries of a row that wait for a person, ascending by the cell's encoded id.
  func openEntries(_ row: RowID) throws(RelayError) -> [OpenEntry]
  /// Opens an entry, or reopens the one that opened at that seq.
  func open(_ row: RowID, _ cell: CellID, at seq: UInt64) throws(RelayError)
  func end(_ row: RowID, _ cell: CellID, as status: String, at seq: UInt64) throws(RelayError)
  /// - Returns: whether it is new; of one write of a cell its author is told once.
  func addNotice(
    _ device: Int64, of write: CellWrite, _ row: RowID, _ cell: CellID, at seq: UInt64
  ) throws(RelayError) -> Bool
  /// What a device is told since a seq, ascending.
  func notices(_ device: Int64, after seq: UInt64) throws(RelayError) -> [NoticeRecord]
}

struct OpenEntry {
  /// The cell's encoded id.
  var cell: [UInt8]
  var opened: UInt64
}

struct SQLConflicts: ConflictStore {
  let db: any HubSQL

  func hasEntry(_ row: RowID, _ cell: CellID, opened: UInt64) throws(RelayError) -> Bool {
    try db.has(
      "SELECT 1 FROM entry WHERE tbl = $1 AND key = $2 AND cell = $3 AND opened = $4",
      Self.place(row, cell) + [.seq(opened)])
  }

  func openEntries(_ row: RowID) throws(RelayError) -> [OpenEntry] {
    try db.query(
      "SELECT cell, opened FROM entry WHERE tbl = $1 AND key = $2 AND status = 'open' ORDER BY cell", Value.row(row)
    ) { (row) throws(RelayError) in OpenEntry(cell: row.blob(0), opened: try row.seq(1)) }
  }

  func open(_ row: RowID, _ cell: CellID, at seq: UInt64) throws(RelayError) {
    try db.run(
      """
      INSERT INTO entry(tbl, key, cell, opened, status) VALUES ($1, $2, $3, $4, 'open')
      ON CONFLICT (tbl, key, cell, opened) DO UPDATE SET status = 'open', ended = NULL
      """, Self.place(row, cell) + [.seq(seq)])
  }

  func end(_ row: RowID, _ cell: CellID, as status: String, at seq: UInt64) throws(RelayError) {
    try db.run(
      "UPDATE entry SET status = $1, ended = $2 WHERE tbl = $3 AND key = $4 AND cell = $5 AND status = 'open'",
      [.text(status), .seq(seq)] + Self.place(row, cell))
  }

  func addNotice(
    _ device: Int64, of write: CellWrite, _ row: RowID, _ cell: CellID, at seq: UInt64
  ) throws(RelayError) -> Bool {
    var lost = CBORWriter()
    lost.cellWrite(write)
    return try db.has(
      """
      INSERT INTO notice(tbl, key, cell, device, seq, replica, n, lost) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      ON CONFLICT DO NOTHING RETURNING 1
      """, Self.place(row, cell) + [.integer(device), .seq(seq)] + Value.dot(write.dot) + [.blob(lost.bytes)])
  }

  func notices(_ device: Int64, after seq: UInt64) throws(RelayError) -> [NoticeRecord] {
    let found = try db.query(
      "SELECT tbl, key, cell, seq, lost FROM notice WHERE device = $1 AND seq > $2", [.integer(device), .seq(seq)]
    ) { (row) throws(RelayError) in
      NoticeRecord(
        row: try row.rowID(0, 1),
        cell: try CBORReader.decode(row.blob(2)) { (reader) throws(RelayError) in try reader.cellID() },
        seq: try row.seq(3),
        lost: try CBORReader.decode(row.blob(4)) { (reader) throws(RelayError) in try reader.cellWrite() }, shown: nil)
    }
    // Two writes of one device that lose in one moment have the same value, and the later one is told.
    return found.sorted {
      ($0.seq, $0.row, $0.cell, $0.lost.seq) < ($1.seq, $1.row, $1.cell, $1.lost.seq)
    }
  }

  private static func place(_ row: RowID, _ cell: CellID) -> [Value] {
    Value.row(row) + [.blob(CellsBlob.encode(cell))]
  }
}
