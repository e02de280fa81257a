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
  /// Where the stamps stand, and the origin before them.
  private var stampsPlace: (offset: Int, previous: Stamp?)?
  private var entriesPlace: Int?
  private var origin: Stamp?
  /// The greatest effective time of any stamp so far.
  public private(set) var newest = HybridTime.zero
  /// Whether stamps and entries are read as they come by, or passed over until somebody asks.
  private let isStrict: Bool

  init(_ reader: CBORReader, isStrict: Bool = false) throws(RelayError) {
    self.reader = reader
    self.isStrict = isStrict
    runsLeft = try self.reader.array(most: nil)
  }

  public var hasStamps: Bool { stampsPlace != nil }
  public var hasEntries: Bool { entriesPlace != nil }

  /// The CBOR of one value, for who hashes or copies it.
  public func valueBytes(_ at: Int) -> UnsafeRawBufferPointer { reader.span(places[at]..<places[at + 1]) }

  /// Moves to the next row; false behind the last one.
  mutating func next() throws(RelayError) -> Bool {
    while rowsLeft == 0 {
      guard runsLeft > 0 else { return false }
      runsLeft -= 1
      try beginRun()
    }
    rowsLeft -= 1
    try readRow()
    return true
  }

  /// A run without rows says nothing, and two of one table one behind the other are one.
  private mutating func beginRun() throws(RelayError) {
    reader.allow(Limits.decodedRow)
    try reader.array(exactly: 3)
    let before = table
    table = try reader.tableID()
    columns.removeAll(keepingCapacity: true)
    for _ in 0..<(try reader.array(most: Limits.columns)) {
      let column = try reader.tableID()
      if let last = columns.last, last >= column { throw reader.malformed("columns out of order") }
      columns.append(column)
    }
    rowsLeft = try reader.array(most: nil)
    guard rowsLeft > 0, run < 0 || table != before else { throw reader.malformed("not the shortest encoding") }
    run += 1
    origin = nil
  }

  private mutating func readRow() throws(RelayError) {
    reader.allow(Limits.decodedRow)
    let items = try reader.array(3...5)
    seq = try reader.unsigned(most: Limits.sequence)
    let start = reader.offset
    try reader.passKey()
    key = reader.span(start..<reader.offset)
    try readValues()
    (stampsPlace, entriesPlace) = (nil, nil)
    if items > 3 {
      if items == 5, try reader.peekIsNull() {
        try reader.null()
      } else {
        guard isAlive else { throw reader.malformed("a dead row has no stamps") }
        stampsPlace = (reader.offset, origin)
        try passStamps()
      }
    }
    if items > 4 {
      entriesPlace = reader.offset
      if isStrict { _ = try reader.openEntries() } else { try reader.skip() }
    }
  }

  private mutating func passStamps() throws(RelayError) {
    if isStrict {
      newest = max(newest, try reader.newestStamp(columns: columns, seq: seq, previous: &origin))
    } else {
      let parts = try reader.stampsHead(seq: seq, previous: &origin).parts
      newest = max(newest, origin?.effective ?? .zero)
      for part in 1...parts { if part < 3 { try reader.skip() } else { newest = max(newest, try reader.newestOwn()) } }
    }
  }

  private mutating func readValues() throws(RelayError) {
    values.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    isAlive = try !reader.peekIsNull()
    guard isAlive else { return try reader.null() }
    try reader.array(exactly: columns.count)
    for _ in columns {
      places.append(reader.offset)
      values.append(try reader.valueSpan())
    }
    places.append(reader.offset)
  }

  /// The row's stamps; empty where it has none.
  public mutating func stamps() throws(RelayError) -> [StampedCell] {
    guard let (offset, previous) = stampsPlace else { return [] }
    let end = reader.offset
    reader.move(to: offset)
    reader.allow(Limits.decodedRow)
    var before = previous
    let stamps = try reader.stamps(columns: columns, seq: seq, previous: &before)
    reader.move(to: end)
    return stamps
  }

  /// The row's open entries; empty where it has none.
  public mutating func entries() throws(RelayError) -> [EntryRecord] {
    guard let offset = entriesPlace else { return [] }
    let end = reader.offset
    reader.move(to: offset)
    reader.allow(Limits.decodedRow)
    let entries = try reader.openEntries()
    reader.move(to: end)
    return entries
  }

  /// A copy of the row that lasts, with all that it brings.
  public mutating func record() throws(RelayError) -> RowRecord {
    RowRecord(
      row: RowID(table: table, key: Array(key)), seq: seq, values: isAlive ? values.map(\.value) : nil,
      stamps: try stamps(), entries: try entries())
  }

  /// Where the reader stands behind the last row.
  fileprivate var end: Int { reader.offset }
}

extension CBORReader {
  /// Entries where they stand at all, which is where there are some.
  fileprivate mutating func openEntries() throws(RelayError) -> [EntryRecord] {
    let entries = try entries()
    guard !entries.isEmpty else { throw malformed("not the shortest encoding") }
    return entries
  }

  /// Rows of a page: every one is read strictly, stamps and entries too, and given up again.
  mutating func encodedRows() throws(RelayError) -> EncodedRows {
    let start = offset
    var cursor = try RowCursor(self, isStrict: true)
    var count = 0
    while try cursor.next() { count += 1 }
    move(to: cursor.end)
    return EncodedRows(checked: bytes(from: start), count: count)
  }
}
