/// Goes through the rows of a page in their bytes. What it lends is good until it moves on; nothing is allocated for a
/// row unless its stamps or entries are asked for.
public struct RowCursor {
  private var reader: CBORReader
  private var runsLeft: Int
  private var rowsLeft = 0
  /// How many runs came before this one.
  public private(set) var run = -1
  public private(set) var table: UInt32 = 0
  /// Ids of the columns in `values`, ascending.
  public private(set) var columns: [UInt32] = []

  public private(set) var seq: UInt64 = 0
  /// The key as deterministic CBOR.
  public private(set) var key = UnsafeRawBufferPointer(start: nil, count: 0)
  /// False for a row that died; it has no values.
  public private(set) var isAlive = false
  /// In the order of `columns`; empty for a dead row.
  public private(set) var values: [ValueSpan] = []
  /// Where each value's bytes begin, and where the last one's end.
  private var places: [Int] = []
  public private(set) var hasStamps = false
  public private(set) var hasEntries = false
  private var start = 0
  /// The greatest effective time of any stamp so far.
  public private(set) var newest = HybridTime.zero

  init(_ reader: CBORReader) throws(RelayError) {
    self.reader = reader
    runsLeft = try self.reader.array(most: nil)
  }

  /// The CBOR of one value, for who hashes or copies it.
  public func valueBytes(_ at: Int) -> UnsafeRawBufferPointer { reader.span(places[at]..<places[at + 1]) }

  mutating func next() throws(RelayError) -> Bool {
    while rowsLeft == 0 {
      guard runsLeft > 0 else { return false }
      runsLeft -= 1
      try reader.array(exactly: 3)
      table = try reader.tableID()
      columns.removeAll(keepingCapacity: true)
      for _ in 0..<(try reader.array(most: Limits.columns)) { columns.append(try reader.tableID()) }
      rowsLeft = try reader.array(most: nil)
      run += 1
    }
    rowsLeft -= 1
    try readRow()
    return true
  }

  private mutating func readRow() throws(RelayError) {
    start = reader.offset
    let items = try reader.array(3...5)
    seq = try reader.unsigned(most: Limits.sequence)
    let place = reader.offset
    try reader.skip()
    key = reader.span(place..<reader.offset)
    values.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    isAlive = try !reader.peekIsNull()
    if isAlive {
      try reader.array(exactly: columns.count)
      for _ in columns {
        places.append(reader.offset)
        values.append(try reader.valueSpan())
      }
      places.append(reader.offset)
    } else {
      try reader.null()
    }
    (hasStamps, hasEntries) = (items > 3, items > 4)
    if items > 3 {
      for cell in try reader.cells() { for write in cell.writes { newest = max(newest, write.effective) } }
    }
    if items > 4 { try reader.skip() }
  }

  /// A copy of the row that lasts, with all that it brings.
  public mutating func record() throws(RelayError) -> RowRecord {
    let end = reader.offset
    reader.move(to: start)
    let record = try reader.rowRecord(table: table, columns: columns.count)
    reader.move(to: end)
    return record
  }
}

extension CBORReader {
  /// What a page says beside its rows, without building them.
  package mutating func pageHead() throws(RelayError) -> (grants: [ScopeGrant], role: String) {
    let items = try array(4...5)
    let grants = try grants()
    let role = try textString(most: Limits.label)
    for _ in 2..<items { try skip() }
    return (grants, role)
  }
}
