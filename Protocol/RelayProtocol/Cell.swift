/// What one write put into one cell.
public enum CellValue: Hashable, Sendable {
  /// The values of a column group, in the order of its columns.
  case values([Value])
  /// An increment of a counter.
  case delta(Int64)
  /// A row's existence (alive or dead), or an element of a set (in or out).
  case flag(Bool)
}

/// One live write of a cell with everything that merging needs to know of it.
public struct CellWrite: Hashable, Sendable {
  public var dot: Dot
  /// The write's place in the hub's order.
  public var seq: UInt64
  public var effective: HybridTime
  public var value: CellValue

  public init(dot: Dot, seq: UInt64, effective: HybridTime, value: CellValue) {
    self.dot = dot
    self.seq = seq
    self.effective = effective
    self.value = value
  }
}

/// Names a cell within a row: a column group, and in a set group the element.
public struct CellID: Hashable, Comparable, Sendable {
  public var group: GroupID
  public var element: Value?

  public init(_ group: GroupID, element: Value? = nil) {
    self.group = group
    self.element = element
  }

  /// The row's existence.
  public static let live = CellID(0)

  public static func < (a: CellID, b: CellID) -> Bool {
    if a.group != b.group { return a.group < b.group }
    guard let x = a.element else { return b.element != nil }
    guard let y = b.element else { return false }
    return RowID.encode([x]).lexicographicallyPrecedes(RowID.encode([y]))
  }
}

/// A cell is the antichain of its live writes: those that no other write had seen.
public struct Cell: Hashable, Sendable {
  public var id: CellID
  /// Ascending by dot; never empty.
  public var writes: [CellWrite]

  public init(id: CellID, writes: [CellWrite]) {
    self.id = id
    self.writes = writes
  }
}

extension CBORWriter {
  public mutating func cellValue(_ value: CellValue) {
    switch value {
    case .values(let values):
      array(1)
      groupValues(values)
    case .delta(let delta): integer(delta)
    case .flag(let flag): bool(flag)
    }
  }

  public mutating func cellWrite(_ write: CellWrite) {
    array(5)
    dot(write.dot)
    unsigned(write.seq)
    unsigned(write.effective.bits)
    cellValue(write.value)
  }

  public mutating func cellID(_ id: CellID) {
    array(id.element == nil ? 1 : 2)
    unsigned(UInt64(id.group))
    if let element = id.element { value(element) }
  }

  public mutating func cells(_ cells: [Cell]) {
    array(cells.count)
    for cell in cells {
      array(2)
      cellID(cell.id)
      array(cell.writes.count)
      for write in cell.writes { cellWrite(write) }
    }
  }
}

extension CBORReader {
  public mutating func cellValue() throws(RelayError) -> CellValue {
    switch try peekMajor() {
    case 4:
      try array(exactly: 1)
      return .values(try groupValues())
    case 7: return .flag(try bool())
    default: return .delta(try integer())
    }
  }

  public mutating func cellWrite() throws(RelayError) -> CellWrite {
    try array(exactly: 5)
    let dot = try dot()
    let seq = try unsigned(most: Limits.sequence)
    let effective = HybridTime(bits: try unsigned())
    return CellWrite(dot: dot, seq: seq, effective: effective, value: try cellValue())
  }

  public mutating func cellID() throws(RelayError) -> CellID {
    let items = try array(1...2)
    let group = try tableID()
    return CellID(group, element: items == 2 ? try value() : nil)
  }

  public mutating func cells() throws(RelayError) -> [Cell] {
    let count = try array(most: Limits.columns + Limits.elements)
    var cells: [Cell] = []
    for _ in 0..<count {
      try array(exactly: 2)
      let id = try cellID()
      if let last = cells.last, !(last.id < id) { throw malformed("cells out of order") }
      let writes = try array(most: Limits.siblings)
      guard writes > 0 else { throw malformed("a cell without writes") }
      var cell = Cell(id: id, writes: [])
      for _ in 0..<writes {
        let write = try cellWrite()
        if let last = cell.writes.last, last.dot >= write.dot { throw malformed("writes out of order") }
        cell.writes.append(write)
      }
      cells.append(cell)
    }
    return cells
  }
}
