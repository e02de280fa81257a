/// The rows of a transaction that is being sealed, encoded as they come. They come ascending.
public struct TransactionRows: Sendable {
  /// The base that rows leave to the header.
  public let headerBase: UInt64
  public private(set) var count = 0
  public private(set) var operations = 0
  /// Did every row come after the one before it?
  public private(set) var isAscending = true
  /// The rows' bytes.
  public private(set) var out = CBORWriter()
  private var lastTable: UInt32 = 0
  private var lastKey: [UInt8] = []

  public init(headerBase: UInt64) { self.headerBase = headerBase }

  public mutating func append(_ change: RowChange) {
    change.row.key.withUnsafeBytes { note(change.row.table, $0, change.operations.count) }
    out.rowChange(change, headerBase: headerBase)
  }

  /// Inserts a row of which every group has one column and travels as it stands.
  ///
  /// - Parameter value: writes the value of a group, by its place in `groups`.
  package mutating func insert(
    _ table: UInt32, _ key: UnsafeRawBufferPointer, base: UInt64, groups: [GroupID],
    _ value: (Int, inout CBORWriter) -> Void
  ) {
    begin(table, key, base: base, operations: 1)
    out.operationHead(.insert)
    out.array(groups.count * 2)
    for (at, group) in groups.enumerated() {
      out.unsigned(UInt64(group))
      value(at, &out)
    }
  }

  /// Sets groups of one column each.
  ///
  /// - Parameters:
  ///   - places: of the groups in `groups`, ascending; at least one.
  ///   - value: writes the value of a group, by its place in `groups`.
  package mutating func set(
    _ table: UInt32, _ key: UnsafeRawBufferPointer, base: UInt64, groups: [GroupID], at places: [Int],
    _ value: (Int, inout CBORWriter) -> Void
  ) {
    begin(table, key, base: base, operations: places.count)
    for place in places {
      out.operationHead(.set)
      out.unsigned(UInt64(groups[place]))
      value(place, &out)
    }
  }

  package mutating func delete(_ table: UInt32, _ key: UnsafeRawBufferPointer, base: UInt64) {
    begin(table, key, base: base, operations: 1)
    out.operationHead(.delete)
  }

  private mutating func begin(_ table: UInt32, _ key: UnsafeRawBufferPointer, base: UInt64, operations: Int) {
    note(table, key, operations)
    out.array(4)
    out.unsigned(UInt64(table))
    out.key(key)
    if base == headerBase { out.null() } else { out.unsigned(base) }
    out.array(operations)
  }

  private mutating func note(_ table: UInt32, _ key: UnsafeRawBufferPointer, _ operations: Int) {
    if count > 0, !isAfterLast(table, key) { isAscending = false }
    lastTable = table
    lastKey.removeAll(keepingCapacity: true)
    lastKey.append(contentsOf: key)
    count += 1
    self.operations += operations
  }

  private func isAfterLast(_ table: UInt32, _ key: UnsafeRawBufferPointer) -> Bool {
    table == lastTable ? lastKey.withUnsafeBytes { RowID.precedes($0, key) } : lastTable < table
  }
}

extension SealedTransaction {
  /// Are the bytes still those that were sealed under this hash?
  public var isIntact: Bool {
    guard let previous = CBORReader.previousHash(bytes) else { return false }
    return hash128(previous, then: bytes) == hash
  }

  /// How many rows a sealed transaction has.
  ///
  /// - Parameter bytes: its first ones, header and more.
  package static func rowCount(_ bytes: [UInt8]) throws(RelayError) -> Int { try CBORReader.rowCount(bytes) }

  /// Seals a header over rows that are encoded already.
  ///
  /// - Parameter header: a transaction without rows.
  public init(_ header: Transaction, _ rows: TransactionRows) {
    var out = CBORWriter(reserving: 160 + rows.out.bytes.count)
    out.transactionHeader(header.header)
    out.array(rows.count)
    out.raw(rows.out.bytes)
    self.init(dot: header.dot, bytes: out.bytes, hash: hash128(header.previous, then: out.bytes))
  }
}
