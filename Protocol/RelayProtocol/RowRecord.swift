/// A row as the hub holds it now, cut to what the device's role may read.
public struct RowRecord: Hashable, Sendable {
  public var row: RowID
  /// The seq of its last change or of its entry into one of the device's scopes.
  public var seq: UInt64
  /// Values of the run's columns in their order; nil when the row is dead.
  public var values: [Value]?
  /// The live writes of every cell that has one newer than the request's floor; ascending. A dead row has none.
  public var stamps: [StampedCell]
  public var entries: [EntryRecord]

  public init(row: RowID, seq: UInt64, values: [Value]?, stamps: [StampedCell] = [], entries: [EntryRecord] = []) {
    self.row = row
    self.seq = seq
    self.values = values
    self.stamps = stamps
    self.entries = entries
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
  /// What all their authors had seen there; nil where they had seen nothing in common, or the hub no longer knows it.
  public var ancestor: CellValue?

  public init(cell: CellID, opened: UInt64, siblings: [SiblingRecord], ancestor: CellValue? = nil) {
    self.cell = cell
    self.opened = opened
    self.siblings = siblings
    self.ancestor = ancestor
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
  mutating func entries(_ entries: [EntryRecord]) {
    array(entries.count)
    for entry in entries {
      array(entry.ancestor == nil ? 3 : 4)
      cellID(entry.cell)
      unsigned(entry.opened)
      array(entry.siblings.count)
      for sibling in entry.siblings { self.sibling(sibling) }
      if let ancestor = entry.ancestor { cellValue(ancestor) }
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
    key(notice.row.key)
    cellID(notice.cell)
    unsigned(notice.seq)
    cellWrite(notice.lost)
    if let shown = notice.shown { sibling(shown) } else { null() }
  }
}

extension CBORReader {
  mutating func entries() throws(RelayError) -> [EntryRecord] {
    var entries: [EntryRecord] = []
    for _ in 0..<(try array(most: Limits.columns + Limits.elements)) {
      let items = try array(3...4)
      var entry = EntryRecord(cell: try cellID(), opened: try unsigned(most: Limits.sequence), siblings: [])
      if let last = entries.last, !(last.cell < entry.cell) { throw malformed("entries out of order") }
      for _ in 0..<(try array(most: Limits.siblings)) { entry.siblings.append(try sibling()) }
      guard !entry.siblings.isEmpty else { throw malformed("an entry without writes") }
      if items == 4 { entry.ancestor = try cellValue() }
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
