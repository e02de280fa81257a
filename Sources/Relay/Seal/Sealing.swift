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
  private(set) var tables: Set<UInt32> = []
  private var keys = RowList()

  init(headerBase: UInt64) { rows = TransactionRows(headerBase: headerBase) }

  mutating func append(_ change: RowChange, _ schema: SyncSchema) {
    note(change.row, change.base, Standing.kind(change))
    if schema.newest > 1 { needs = max(needs, schema.needs([change])) }
    rows.append(change)
  }

  /// Appends a new row straight from the bytes of its values.
  ///
  /// - Returns: false where that row needs a closer look; nothing was appended then.
  mutating func append(_ row: RowID, base: UInt64, _ values: [ValueSpan], _ plain: PlainInsert) -> Bool {
    guard row.key.count < Limits.key / 2, plain.admits(values) else { return false }
    note(row, base, 1)
    rows.insert(row, base: base, groups: plain.groups) { at, out in out.span(values[plain.columns[at]]) }
    return true
  }

  private mutating func note(_ row: RowID, _ base: UInt64, _ kind: Int64) {
    floor = min(floor, base)
    tables.insert(row.table)
    keys.append(row, kind)
  }

  /// The rows, each with what was done to it (`Standing.kind`).
  func eachRow(_ body: (RowID, Int64) throws(RelayError) -> Void) throws(RelayError) { try keys.each(body) }
}

/// A table in which a new row travels column by column as it stands: nothing of it is counted, a set or grouped, and the
/// role may write all of it.
struct PlainInsert {
  let groups: [GroupID]
  /// Where the table's columns have the value of each group.
  let columns: [Int]
  private let types: [ColumnType]
  private let isRequired: [Bool]
  private let keys: [Int]
  private let keyTypes: [ColumnType]

  /// - Returns: nil where that does not hold of the table.
  init?(_ table: TableSchema, role: String) {
    let access = table.access(role)
    guard access.writes, access.hidden.isEmpty, table.newest == 1, table.parent == nil else { return nil }
    for group in table.groups {
      guard group.columns.count == 1, ![.set, .counter].contains(group.policy),
        table.mayWrite(group, role, inserting: true), table.columns[group.columns[0]].allowed == nil
      else { return nil }
    }
    keys = table.key
    keyTypes = table.key.map { table.columns[$0].type }
    groups = table.groups.map(\.id)
    columns = table.groups.map { $0.columns[0] }
    types = table.groups.map { table.columns[$0.columns[0]].type }
    isRequired = table.groups.map { table.columns[$0.columns[0]].isRequired }
  }

  /// Are all values of their columns' types, and small?
  func admits(_ values: [ValueSpan]) -> Bool {
    var size = 0
    for at in columns.indices {
      let value = values[columns[at]]
      size += value.byteCount
      guard value.isNull ? !isRequired[at] : PlainInsert.fits(value, types[at]) else { return false }
    }
    for (column, type) in zip(keys, keyTypes) {
      guard !values[column].isNull, PlainInsert.fits(values[column], type) else { return false }
    }
    return size < 1 << 16
  }

  private static func fits(_ value: ValueSpan, _ type: ColumnType) -> Bool {
    switch (value, type) {
    case (_, .any), (.integer, .integer), (.real, .real), (.text, .text), (.blob, .blob): true
    default: false
    }
  }
}

/// Many rows in little space: their keys lie behind each other.
private struct RowList {
  private var bytes: [UInt8] = []
  private var lengths: [UInt16] = []
  private var kinds: [Int8] = []
  /// Where the rows of each table begin.
  private var starts: [(table: UInt32, at: Int)] = []

  mutating func append(_ row: RowID, _ kind: Int64) {
    if starts.last?.table != row.table { starts.append((row.table, kinds.count)) }
    bytes.append(contentsOf: row.key)
    lengths.append(UInt16(row.key.count))
    kinds.append(Int8(kind))
  }

  func each(_ body: (RowID, Int64) throws(RelayError) -> Void) throws(RelayError) {
    var offset = 0
    for (number, start) in starts.enumerated() {
      let end = number + 1 < starts.count ? starts[number + 1].at : kinds.count
      for at in start.at..<end {
        let length = Int(lengths[at])
        try body(RowID(table: start.table, key: Array(bytes[offset..<offset + length])), Int64(kinds[at]))
        offset += length
      }
    }
  }
}
