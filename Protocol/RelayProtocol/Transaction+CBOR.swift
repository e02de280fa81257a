extension Transaction {
  /// The bytes to seal (`transaction` in Protocol/relay.cddl).
  public func encoded() -> [UInt8] {
    var out = CBORWriter(reserving: 128 + rows.count * 64)
    out.transactionHeader(header)
    out.array(rows.count)
    for row in rows { out.rowChange(row, headerBase: base) }
    return out.bytes
  }

  /// Reads sealed bytes from outside, checking every limit, the order of rows and cells, and ranges.
  ///
  /// - Throws: `malformed_message`, `limit_exceeded` or `unsupported_version`.
  public init(decoding bytes: [UInt8]) throws(RelayError) {
    guard bytes.count <= Limits.transaction else {
      throw RelayError(.limitExceeded, "a transaction of \(bytes.count) bytes, at most \(Limits.transaction) allowed")
    }
    self = try CBORReader.decode(bytes, budget: Limits.decodedTransaction) {
      reader throws(RelayError) in try Transaction(from: &reader)
    }
  }

  private init(from reader: inout CBORReader) throws(RelayError) {
    self.init(try reader.transactionHeader(), rows: [])
    let count = try reader.array(most: Limits.operations)
    guard count > 0 else { throw reader.malformed("a transaction without rows") }
    // A claim is no reason to take memory.
    rows.reserveCapacity(min(count, 1024))
    var operations = 0
    for _ in 0..<count {
      let change = try reader.rowChange(headerBase: base)
      if let last = rows.last, !(last.row < change.row) { throw reader.malformed("rows out of order") }
      operations += change.operations.count
      guard operations <= Limits.operations else {
        throw reader.limit("operations", UInt64(operations), Limits.operations)
      }
      rows.append(change)
    }
  }
}

extension CBORWriter {
  /// The values of a group: bare where there is one, an array otherwise.
  mutating func groupValues(_ values: [Value]) {
    if values.count == 1 { return value(values[0]) }
    array(values.count)
    for item in values { value(item) }
  }

  /// - Parameter headerBase: the base that the row leaves to the header; nil where there is no header to leave it to.
  mutating func rowChange(_ change: RowChange, headerBase: UInt64?) {
    array(change.parentBase == nil ? 4 : 5)
    unsigned(UInt64(change.row.table))
    key(change.row.key)
    if change.base == headerBase { null() } else { unsigned(change.base) }
    array(change.operations.count)
    for operation in change.operations { self.operation(operation) }
    if let base = change.parentBase { unsigned(base) }
  }

  /// How an operation begins.
  ///
  /// - Parameter resolves: the entry that it settles; 0 for none.
  mutating func operationHead(_ code: OperationCode, resolves: UInt64 = 0) {
    array(code.items)
    unsigned(UInt64(code.rawValue))
    unsigned(resolves)
  }

  mutating func operation(_ operation: Operation) {
    switch operation.kind {
    case .insert(let groups):
      operationHead(.insert, resolves: operation.resolves)
      array(groups.count * 2)
      for item in groups {
        unsigned(UInt64(item.group))
        groupValues(item.values)
      }
    case .set(let group, let values):
      operationHead(.set, resolves: operation.resolves)
      unsigned(UInt64(group))
      groupValues(values)
    case .increment(let group, let delta):
      operationHead(.increment, resolves: operation.resolves)
      unsigned(UInt64(group))
      integer(delta)
    case .add(let group, let element):
      operationHead(.add, resolves: operation.resolves)
      unsigned(UInt64(group))
      value(element)
    case .remove(let group, let element):
      operationHead(.remove, resolves: operation.resolves)
      unsigned(UInt64(group))
      value(element)
    case .delete: operationHead(.delete, resolves: operation.resolves)
    case .touch: operationHead(.touch, resolves: operation.resolves)
    }
  }
}

/// How operations are told apart on the wire.
enum OperationCode: UInt8 {
  case insert, set, increment, add, remove, delete, touch

  /// Of the operation's array.
  var items: Int {
    switch self {
    case .insert: 3
    case .set, .increment, .add, .remove: 4
    case .delete, .touch: 2
    }
  }
}

extension CBORReader {
  mutating func groupValues() throws(RelayError) -> [Value] {
    guard try peekMajor() == 4 else { return [try value()] }
    let count = try array(most: Limits.elements)
    guard count != 1 else { throw malformed("not the shortest encoding") }
    var values: [Value] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(try value()) }
    return values
  }

  package mutating func rowChange(headerBase: UInt64?) throws(RelayError) -> RowChange {
    let items = try array(4...5)
    let table = try tableID()
    let row = RowID(table: table, key: try key())
    let base: UInt64
    if let headerBase, try peekIsNull() {
      try null()
      base = headerBase
    } else {
      base = try unsigned(most: Limits.sequence)
      guard base != headerBase else { throw malformed("not the shortest encoding") }
    }
    let count = try array(most: Limits.operations)
    guard count > 0 else { throw malformed("a row without operations") }
    var operations: [Operation] = []
    for _ in 0..<count {
      let next = try operation()
      if let last = operations.last, !last.precedes(next) { throw malformed("operations out of order") }
      operations.append(next)
    }
    if count > 1, operations.contains(where: { $0.kind == .delete || $0.isInsert }) {
      throw malformed("an insert or delete stands alone")
    }
    var change = RowChange(row: row, base: base, operations: operations)
    if items == 5 {
      let parent = try unsigned(most: Limits.sequence)
      guard parent != headerBase else { throw malformed("not the shortest encoding") }
      change.parentBase = parent
    }
    return change
  }

  mutating func operation() throws(RelayError) -> Operation {
    let items = try array(2...4)
    let code = OperationCode(rawValue: UInt8(clamping: try unsigned()))
    let resolves = try unsigned(most: Limits.sequence)
    guard let code, items == code.items else { throw malformed("unknown operation") }
    switch code {
    case .insert: return Operation(.insert(try insertedGroups()), resolves: resolves)
    case .delete: return Operation(.delete, resolves: resolves)
    case .touch: return Operation(.touch, resolves: resolves)
    case .set, .increment, .add, .remove:
      let group = try tableID()
      if group == 0 { throw malformed("group 0") }
      switch code {
      case .set: return Operation(.set(group, try groupValues()), resolves: resolves)
      case .increment: return Operation(.increment(group, try integer()), resolves: resolves)
      case .add: return Operation(.add(group, try value()), resolves: resolves)
      default: return Operation(.remove(group, try value()), resolves: resolves)
      }
    }
  }

  private mutating func insertedGroups() throws(RelayError) -> [GroupValues] {
    let count = try array(most: Limits.columns * 2)
    guard count % 2 == 0 else { throw malformed("groups come with values") }
    var groups: [GroupValues] = []
    for _ in 0..<count / 2 {
      let group = try tableID()
      if group == 0 { throw malformed("group 0") }
      if let last = groups.last, last.group >= group { throw malformed("groups out of order") }
      groups.append(GroupValues(group: group, values: try groupValues()))
    }
    return groups
  }
}

extension Operation {
  public var isInsert: Bool { if case .insert = kind { true } else { false } }

  /// The order of operations in a row: by group, within a set group by element; strict, so a cell has one operation.
  public func precedes(_ other: Operation) -> Bool {
    if group != other.group { return group < other.group }
    guard let a = element, let b = other.element else { return false }
    return RowID.encode([a]).lexicographicallyPrecedes(RowID.encode([b]))
  }

  public var element: Value? {
    switch kind {
    case .add(_, let element), .remove(_, let element): element
    default: nil
    }
  }
}
