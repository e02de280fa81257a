internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// One transaction on its way from the log into the outbox: rows are encoded as they are read, and which rows they are is
/// kept for the outbox's index.
struct Sealing {
  private(set) var rows: TransactionRows
  /// The least base of an operation.
  private(set) var floor: UInt64 = .max
  /// The least version of the sync schema that knows what is written.
  private(set) var needs: UInt64 = 1
  var tables: Set<UInt32> { keys.tables }
  private var keys = RowList()

  init(headerBase: UInt64) { rows = TransactionRows(headerBase: headerBase) }

  mutating func append(_ change: RowChange, _ schema: SyncSchema) {
    change.row.key.withUnsafeBytes { note(change.row.table, $0, change.base, Standing.kind(change)) }
    if schema.newest > 1 { needs = max(needs, schema.needs([change])) }
    rows.append(change)
  }

  /// A new row, straight from the bytes of its values.
  mutating func insert(
    _ key: UnsafeRawBufferPointer, _ values: borrowing EncodedValues, _ plain: PlainTable, base: UInt64
  ) {
    note(plain.table.id, key, base, 1)
    rows.insert(plain.table.id, key, base: base, groups: plain.groups) { at, out in
      out.value(encoded: values[plain.columns[at]])
    }
  }

  /// - Parameter places: of the groups that changed.
  mutating func set(
    _ key: UnsafeRawBufferPointer, _ values: borrowing EncodedValues, _ plain: PlainTable, at places: [Int],
    base: UInt64
  ) {
    note(plain.table.id, key, base, 0)
    rows.set(plain.table.id, key, base: base, groups: plain.groups, at: places) { at, out in
      out.value(encoded: values[plain.columns[at]])
    }
  }

  mutating func delete(_ key: UnsafeRawBufferPointer, _ plain: PlainTable, base: UInt64) {
    note(plain.table.id, key, base, 2)
    rows.delete(plain.table.id, key, base: base)
  }

  private mutating func note(_ table: UInt32, _ key: UnsafeRawBufferPointer, _ base: UInt64, _ kind: Int64) {
    floor = min(floor, base)
    keys.append(table, key, kind)
  }

  /// The rows, each with what was done to it (`Standing.kind`).
  func eachRow(_ body: (RowID, Int64) throws(RelayError) -> Void) throws(RelayError) {
    try keys.each { (table, key, kind) throws(RelayError) in try body(RowID(table: table, key: Array(key)), kind) }
  }

  /// The same with the keys where they lie.
  func eachKey(_ body: (UInt32, UnsafeRawBufferPointer, Int64) throws(RelayError) -> Void) throws(RelayError) {
    try keys.each(body)
  }
}

/// Many rows in little space: their keys lie behind each other.
private struct RowList {
  private var bytes: [UInt8] = []
  private var lengths: [UInt16] = []
  private var kinds: [Int8] = []
  /// Where the rows of each table begin.
  private var starts: [(table: UInt32, at: Int)] = []

  var tables: Set<UInt32> { Set(starts.map(\.table)) }

  mutating func append(_ table: UInt32, _ key: UnsafeRawBufferPointer, _ kind: Int64) {
    if starts.last?.table != table { starts.append((table, kinds.count)) }
    bytes.append(contentsOf: key)
    lengths.append(UInt16(key.count))
    kinds.append(Int8(kind))
  }

  func each(_ body: (UInt32, UnsafeRawBufferPointer, Int64) throws(RelayError) -> Void) throws(RelayError) {
    var failure: RelayError?
    bytes.withUnsafeBytes { all in
      do throws(RelayError) { try each(all, body) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  private func each(
    _ all: UnsafeRawBufferPointer, _ body: (UInt32, UnsafeRawBufferPointer, Int64) throws(RelayError) -> Void
  ) throws(RelayError) {
    var offset = 0
    for (number, start) in starts.enumerated() {
      let end = number + 1 < starts.count ? starts[number + 1].at : kinds.count
      for at in start.at..<end {
        let length = Int(lengths[at])
        try body(start.table, UnsafeRawBufferPointer(rebasing: all[offset..<offset + length]), Int64(kinds[at]))
        offset += length
      }
    }
  }
}
