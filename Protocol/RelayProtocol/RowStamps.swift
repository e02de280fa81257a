/// Who wrote what a cell holds, and its place in the hub's order.
public struct Stamp: Hashable, Sendable, Comparable {
  public var dot: Dot
  public var seq: UInt64
  public var effective: HybridTime

  public init(dot: Dot, seq: UInt64, effective: HybridTime) {
    self.dot = dot
    self.seq = seq
    self.effective = effective
  }

  public static func < (a: Stamp, b: Stamp) -> Bool {
    (a.dot, a.seq, a.effective) < (b.dot, b.seq, b.effective)
  }
}

/// One live write of a cell beside the row that shows it.
public struct StampedWrite: Hashable, Sendable {
  public var stamp: Stamp
  /// Nil: the values of the group as the row shows them, which are not repeated.
  public var value: CellValue?

  public init(_ stamp: Stamp, _ value: CellValue?) {
    self.stamp = stamp
    self.value = value
  }
}

/// A cell of a row of a page, with its live writes.
public struct StampedCell: Hashable, Sendable {
  public var id: CellID
  /// Ascending by dot; never empty.
  public var writes: [StampedWrite]

  public init(id: CellID, writes: [StampedWrite]) {
    self.id = id
    self.writes = writes
  }

  /// - Parameter shown: the values that the row shows in the cell's group; nil where it shows none (an element, a
  ///   counter, existence).
  public init(_ cell: Cell, shown: [Value]?) {
    id = cell.id
    writes = cell.writes.map { write in
      let stamp = Stamp(dot: write.dot, seq: write.seq, effective: write.effective)
      if let shown, case .values(let values) = write.value, values == shown { return StampedWrite(stamp, nil) }
      return StampedWrite(stamp, write.value)
    }
  }

  /// The cell with its values, nil where it leaves them to a row that shows none.
  public func cell(shown: [Value]?) -> Cell? {
    var cell = Cell(id: id, writes: [])
    for write in writes {
      guard let value = write.value ?? shown.map({ .values($0) }) else { return nil }
      cell.writes.append(
        CellWrite(dot: write.stamp.dot, seq: write.stamp.seq, effective: write.stamp.effective, value: value))
    }
    return cell
  }
}

extension [StampedCell] {
  /// The stamp that most cells with a single write have; of several the least.
  var origin: Stamp? {
    let stamps = compactMap { $0.writes.count == 1 ? $0.writes[0].stamp : nil }
    guard let first = stamps.first else { return nil }
    // Nearly always: one transaction wrote all of it.
    if stamps.allSatisfy({ $0 == first }) { return first }
    var (best, most) = (first, 0)
    var (last, count) = (first, 0)
    for stamp in stamps.sorted() {
      count = stamp == last ? count + 1 : 1
      last = stamp
      if count > most { (best, most) = (stamp, count) }
    }
    return best
  }
}
