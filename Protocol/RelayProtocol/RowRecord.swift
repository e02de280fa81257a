/// A row as the hub holds it now, cut to what the device's role may read.
public struct RowRecord: Hashable, Sendable {
  public var row: RowID
  /// The seq of its last change or of its entry into one of the device's scopes.
  public var seq: UInt64
  /// Values of the run's columns in their order; nil when the row is dead.
  public var values: [Value]?
  /// The live writes of every cell that has one newer than the request's floor.
  public var stamps: [Cell]
  public var entries: [EntryRecord]

  public init(row: RowID, seq: UInt64, values: [Value]?, stamps: [Cell] = [], entries: [EntryRecord] = []) {
    self.row = row
    self.seq = seq
    self.values = values
    self.stamps = stamps
    self.entries = entries
  }
}

/// Consecutive rows of one table.
public struct RowRun: Hashable, Sendable {
  public var table: UInt32
  /// Ids of the readable columns that are not key columns, ascending.
  public var columns: [UInt32]
  public var rows: [RowRecord]

  public init(table: UInt32, columns: [UInt32], rows: [RowRecord]) {
    self.table = table
    self.columns = columns
    self.rows = rows
  }
}

/// One live write of a cell in conflict, with what a person needs to judge it.
public struct SiblingRecord: Hashable, Sendable {
  public var write: CellWrite
  public var author: String
  public var device: String

  public init(write: CellWrite, author: String, device: String) {
    self.write = write
    self.author = author
    self.device = device
  }
}

/// An open entry: a cell whose live writes differ and that waits for a person. Named by (row, cell, `opened`).
public struct EntryRecord: Hashable, Sendable {
  public var cell: CellID
  /// The seq at which it opened.
  public var opened: UInt64
  /// Every live write of the cell, the shown one first.
  public var siblings: [SiblingRecord]

  public init(cell: CellID, opened: UInt64, siblings: [SiblingRecord]) {
    self.cell = cell
    self.opened = opened
    self.siblings = siblings
  }
}

/// Tells an author that a write of theirs is not the one shown. Nothing to do; readable.
public struct NoticeRecord: Hashable, Sendable {
  public var row: RowID
  public var cell: CellID
  /// The seq at which it was told.
  public var seq: UInt64
  public var lost: CellWrite
  /// What is shown instead; nil where the author may not read it now.
  public var shown: SiblingRecord?

  public init(row: RowID, cell: CellID, seq: UInt64, lost: CellWrite, shown: SiblingRecord?) {
    self.row = row
    self.cell = cell
    self.seq = seq
    self.lost = lost
    self.shown = shown
  }
}

extension EntryRecord {
  /// Bytes on the wire.
  package var size: Int {
    var out = CBORWriter()
    out.entries([self])
    return out.bytes.count
  }
}

extension CBORWriter {
  mutating func rowRun(_ run: RowRun) {
    array(3)
    unsigned(UInt64(run.table))
    array(run.columns.count)
    for column in run.columns { unsigned(UInt64(column)) }
    array(run.rows.count)
    for row in run.rows { rowRecord(row) }
  }

  /// Trailing empty lists are left out: a cold row is seq, key and values.
  package mutating func rowRecord(_ record: RowRecord) {
    array(!record.entries.isEmpty ? 5 : !record.stamps.isEmpty ? 4 : 3)
    unsigned(record.seq)
    raw(record.row.key)
    if let values = record.values {
      array(values.count)
      for value in values { self.value(value) }
    } else {
      null()
    }
    guard !record.entries.isEmpty || !record.stamps.isEmpty else { return }
    cells(record.stamps)
    guard !record.entries.isEmpty else { return }
    entries(record.entries)
  }

  mutating func entries(_ entries: [EntryRecord]) {
    array(entries.count)
    for entry in entries {
      array(3)
      cellID(entry.cell)
      unsigned(entry.opened)
      array(entry.siblings.count)
      for sibling in entry.siblings { self.sibling(sibling) }
    }
  }

  mutating func sibling(_ sibling: SiblingRecord) {
    array(3)
    cellWrite(sibling.write)
    textString(sibling.author)
    textString(sibling.device)
  }

  mutating func notice(_ notice: NoticeRecord) {
    array(6)
    unsigned(UInt64(notice.row.table))
    raw(notice.row.key)
    cellID(notice.cell)
    unsigned(notice.seq)
    cellWrite(notice.lost)
    if let shown = notice.shown { sibling(shown) } else { null() }
  }
}

extension CBORReader {
  mutating func rowRun() throws(RelayError) -> RowRun {
    try array(exactly: 3)
    var run = RowRun(table: try tableID(), columns: [], rows: [])
    for _ in 0..<(try array(most: Limits.columns)) {
      let column = try tableID()
      if let last = run.columns.last, last >= column { throw malformed("columns out of order") }
      run.columns.append(column)
    }
    let count = try array(most: Limits.inflatedBody)
    // A claim is not a reason to take memory: what a few rows need, and then as they come.
    run.rows.reserveCapacity(min(count, 1024))
    for _ in 0..<count { run.rows.append(try rowRecord(table: run.table, columns: run.columns.count)) }
    return run
  }

  mutating func rowRecord(table: UInt32, columns: Int) throws(RelayError) -> RowRecord {
    let items = try array(3...5)
    let seq = try unsigned(most: Limits.sequence)
    var record = RowRecord(row: RowID(table: table, key: try key()), seq: seq, values: nil)
    if try peekIsNull() {
      try null()
    } else {
      try array(exactly: columns)
      var values: [Value] = []
      values.reserveCapacity(columns)
      for _ in 0..<columns { values.append(try value()) }
      record.values = values
    }
    if items > 3 { record.stamps = try cells() }
    if items > 4 { record.entries = try entries() }
    guard items != 4 || !record.stamps.isEmpty, items != 5 || !record.entries.isEmpty else {
      throw malformed("not the shortest encoding")
    }
    return record
  }

  mutating func entries() throws(RelayError) -> [EntryRecord] {
    var entries: [EntryRecord] = []
    for _ in 0..<(try array(most: Limits.columns + Limits.elements)) {
      try array(exactly: 3)
      var entry = EntryRecord(cell: try cellID(), opened: try unsigned(most: Limits.sequence), siblings: [])
      if let last = entries.last, !(last.cell < entry.cell) { throw malformed("entries out of order") }
      for _ in 0..<(try array(most: Limits.siblings)) { entry.siblings.append(try sibling()) }
      guard !entry.siblings.isEmpty else { throw malformed("an entry without writes") }
      entries.append(entry)
    }
    return entries
  }

  mutating func sibling() throws(RelayError) -> SiblingRecord {
    try array(exactly: 3)
    return SiblingRecord(
      write: try cellWrite(), author: try textString(most: Limits.label), device: try textString(most: Limits.label))
  }

  mutating func notice() throws(RelayError) -> NoticeRecord {
    try array(exactly: 6)
    let table = try tableID()
    let row = RowID(table: table, key: try key())
    let cell = try cellID()
    let seq = try unsigned(most: Limits.sequence)
    let lost = try cellWrite()
    var shown: SiblingRecord?
    if try peekIsNull() { try null() } else { shown = try sibling() }
    return NoticeRecord(row: row, cell: cell, seq: seq, lost: lost, shown: shown)
  }
}
