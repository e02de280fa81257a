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
  private var last: RowID?

  public init(headerBase: UInt64) { self.headerBase = headerBase }

  public mutating func append(_ change: RowChange) {
    note(change.row, change.operations.count)
    out.rowChange(change, headerBase: headerBase)
  }

  /// Inserts a row of which every group has one column and travels as it stands.
  ///
  /// - Parameter value: writes the value of a group, by its place in `groups`.
  public mutating func insert(
    _ row: RowID, base: UInt64, groups: [GroupID], _ value: (Int, inout CBORWriter) -> Void
  ) {
    note(row, 1)
    out.array(4)
    out.unsigned(UInt64(row.table))
    out.key(row.key)
    if base == headerBase { out.null() } else { out.unsigned(base) }
    out.array(1)
    out.array(3)
    out.unsigned(0)
    out.unsigned(0)
    out.array(groups.count * 2)
    for (at, group) in groups.enumerated() {
      out.unsigned(UInt64(group))
      value(at, &out)
    }
  }

  private mutating func note(_ row: RowID, _ operations: Int) {
    if let last, !(last < row) { isAscending = false }
    last = row
    count += 1
    self.operations += operations
  }
}

extension SealedTransaction {
  /// Are the bytes still those that were sealed under this hash?
  public var isIntact: Bool {
    guard let previous = CBORReader.previousHash(bytes) else { return false }
    return hash128(previous.bytes, bytes) == hash
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
    self.init(dot: header.dot, bytes: out.bytes, hash: hash128(header.previous.bytes, out.bytes))
  }
}
