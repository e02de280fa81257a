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

/// The rows of a page in their bytes: a row is taken apart where it is needed, never all of them at once.
///
/// Those that came from outside were read once, strictly, when their message was.
public struct EncodedRows: Hashable, Sendable {
  /// A list of runs.
  public let bytes: [UInt8]
  public let count: Int

  public init() {
    bytes = [0x80]
    count = 0
  }

  init(checked bytes: [UInt8], count: Int) {
    self.bytes = bytes
    self.count = count
  }

  public init(_ runs: [RowRun]) {
    var writer = RowsWriter()
    for run in runs {
      writer.begin(table: run.table, columns: run.columns)
      for row in run.rows { writer.append(row) }
    }
    self = writer.finished
  }

  /// Takes bytes from a store that kept them as they came.
  ///
  /// - Throws: `malformed_message` or `limit_exceeded` where they are no rows.
  public init(stored bytes: [UInt8]) throws(RelayError) {
    self = try CBORReader.decode(bytes) { (reader) throws(RelayError) in try reader.encodedRows() }
  }

  public var isEmpty: Bool { count == 0 }

  /// Every row with all that it brings.
  ///
  /// - Complexity: O(rows) of memory: for few rows.
  public func decoded() throws(RelayError) -> [RowRun] {
    var runs: [RowRun] = []
    var place = 0
    try walk { (cursor) throws(RelayError) in
      if runs.isEmpty || cursor.run != place {
        runs.append(RowRun(table: cursor.table, columns: cursor.columns, rows: []))
        place = cursor.run
      }
      runs[runs.count - 1].rows.append(try cursor.record())
      return true
    }
    return runs
  }

  /// Lends one row after the other; `body` says whether to go on.
  public func walk(_ body: (inout RowCursor) throws(RelayError) -> Bool) throws(RelayError) {
    try RowCursor.walk(bytes, from: 0, body)
  }
}

extension RowCursor {
  /// - Parameter start: where the list of runs begins that is walked through.
  static func walk(
    _ bytes: [UInt8], from start: Int, _ body: (inout RowCursor) throws(RelayError) -> Bool
  ) throws(RelayError) {
    try CBORReader.begin(bytes, budget: Limits.decodedRow) { (reader) throws(RelayError) in
      reader.move(to: start)
      var cursor = try RowCursor(reader)
      while try cursor.next(), try body(&cursor) {}
    }
  }
}

/// Writes rows one by one; consecutive ones of a table form a run.
public struct RowsWriter: Sendable {
  private var runs = CBORWriter()
  private var runCount = 0
  public internal(set) var count = 0
  var head: (table: UInt32, columns: [UInt32])?
  var rows = CBORWriter()
  var rowCount = 0
  var origin: Stamp?

  public init() {}

  /// Bytes so far, without a few of heads.
  public var size: Int { runs.bytes.count + rows.bytes.count }

  /// The rows that follow are of this table.
  public mutating func begin(table: UInt32, columns: [UInt32]) {
    end()
    head = (table, columns)
  }

  /// - Precondition: a run has begun, of the row's table.
  public mutating func append(_ record: RowRecord) {
    rows.rowRecord(record, columns: head?.columns ?? [], origin: &origin)
    rowCount += 1
    count += 1
  }

  /// A living row whose values are at hand in the wire's encoding, one after the other in the order of the columns.
  public mutating func append(
    key: [UInt8], seq: UInt64, values: some Collection<UInt8>, stamps: [StampedCell], entries: [EntryRecord]
  ) {
    let columns = head?.columns ?? []
    rows.rowHead(seq: seq, key: key, hasStamps: !stamps.isEmpty, hasEntries: !entries.isEmpty)
    rows.array(columns.count)
    rows.raw(values)
    rows.rowTail(stamps, entries, columns: columns, seq: seq, origin: &origin)
    rowCount += 1
    count += 1
  }

  private mutating func end() {
    defer { (head, rowCount, origin, rows) = (nil, 0, nil, CBORWriter()) }
    guard let head else { return }
    runs.array(3)
    runs.unsigned(UInt64(head.table))
    runs.array(head.columns.count)
    for column in head.columns { runs.unsigned(UInt64(column)) }
    runs.array(rowCount)
    runs.raw(rows.bytes)
    runCount += 1
  }

  public var finished: EncodedRows {
    var writer = self
    writer.end()
    var out = CBORWriter(reserving: writer.runs.bytes.count + 9)
    out.array(writer.runCount)
    out.raw(writer.runs.bytes)
    return EncodedRows(checked: out.bytes, count: count)
  }
}

extension CBORWriter {
  mutating func rowHead(seq: UInt64, key: [UInt8], hasStamps: Bool, hasEntries: Bool) {
    array(hasEntries ? 5 : hasStamps ? 4 : 3)
    unsigned(seq)
    self.key(key)
  }

  fileprivate mutating func rowTail(
    _ stamps: [StampedCell], _ entries: [EntryRecord], columns: [UInt32], seq: UInt64, origin: inout Stamp?
  ) {
    guard !entries.isEmpty || !stamps.isEmpty else { return }
    if stamps.isEmpty { null() } else { self.stamps(stamps, columns: columns, seq: seq, previous: &origin) }
    guard !entries.isEmpty else { return }
    self.entries(entries)
  }

  /// Trailing empty lists are left out: a cold row is seq, key and values.
  mutating func rowRecord(_ record: RowRecord, columns: [UInt32], origin: inout Stamp?) {
    rowHead(
      seq: record.seq, key: record.row.key, hasStamps: !record.stamps.isEmpty, hasEntries: !record.entries.isEmpty)
    if let values = record.values {
      array(values.count)
      for value in values { self.value(value) }
    } else {
      null()
    }
    rowTail(record.stamps, record.entries, columns: columns, seq: record.seq, origin: &origin)
  }
}

extension RowRecord {
  /// Bytes on the wire, where it is the first of its run.
  public func size(columns: [UInt32]) -> Int {
    var out = CBORWriter()
    var origin: Stamp?
    out.rowRecord(self, columns: columns, origin: &origin)
    return out.bytes.count
  }
}
