/// How stamps travel: the stamp that most cells of a row share once, the cells that have it and show what the row shows
/// as bits, and only what is left in full.
extension CBORWriter {
  /// - Parameters:
  ///   - columns: the run's.
  ///   - seq: the row's.
  ///   - previous: the last origin in the run.
  mutating func stamps(_ cells: [StampedCell], columns: [UInt32], seq: UInt64, previous: inout Stamp?) {
    let origin = cells.origin
    var plain = [UInt8](repeating: 0, count: columns.count / 8 + 1)
    var (given, own): ([StampedCell], [StampedCell]) = ([], [])
    for cell in cells {
      if cell.writes.count != 1 || cell.writes[0].stamp != origin {
        own.append(cell)
      } else if let bit = cell.plainBit(columns) {
        plain[bit / 8] |= 1 << (bit % 8)
      } else {
        given.append(cell)
      }
    }
    array(!own.isEmpty ? 4 : !given.isEmpty ? 3 : 2)
    self.origin(origin, seq: seq, previous: &previous)
    byteString(plain)
    guard !own.isEmpty || !given.isEmpty else { return }
    array(given.count)
    for cell in given {
      array(2)
      cellID(cell.id)
      stampedValue(cell.writes[0].value)
    }
    guard !own.isEmpty else { return }
    array(own.count)
    for cell in own {
      array(2)
      cellID(cell.id)
      array(cell.writes.count)
      for write in cell.writes {
        array(5)
        dot(write.stamp.dot)
        unsigned(write.stamp.seq)
        unsigned(write.stamp.effective.bits)
        stampedValue(write.value)
      }
    }
  }

  mutating func origin(_ origin: Stamp?, seq: UInt64, previous: inout Stamp?) {
    guard let origin, origin != previous else { return null() }
    array(4)
    if previous?.dot.replica == origin.dot.replica { null() } else { unsigned(origin.dot.replica.bits) }
    unsigned(origin.dot.counter)
    if origin.seq == seq { null() } else { unsigned(origin.seq) }
    unsigned(origin.effective.bits)
    previous = origin
  }

  private mutating func stampedValue(_ value: CellValue?) {
    if let value { cellValue(value) } else { null() }
  }
}

extension StampedCell {
  /// The bit of a cell that shows what the row shows: 0 for existence, then one a column of the run; a group has that of
  /// its first.
  fileprivate func plainBit(_ columns: [UInt32]) -> Int? {
    if id == .live { return writes[0].value == .flag(true) ? 0 : nil }
    guard id.element == nil, writes[0].value == nil else { return nil }
    return columns.firstIndex(of: id.group).map { $0 + 1 }
  }
}

extension CBORReader {
  /// The stamp that stands before a row's cells, and how many parts follow it. They may be passed over.
  mutating func stampsHead(seq: UInt64, previous: inout Stamp?) throws(RelayError) -> (isNew: Bool, parts: Int) {
    let parts = try array(2...4) - 1
    if try peekIsNull() {
      try null()
      return (false, parts)
    }
    try array(exactly: 4)
    let replica: ReplicaID
    if let previous, try peekIsNull() {
      try null()
      replica = previous.dot.replica
    } else {
      replica = ReplicaID(bits: try unsigned())
      guard replica != previous?.dot.replica else { throw malformed("not the shortest encoding") }
    }
    let counter = try counter()
    var place = seq
    if try peekIsNull() {
      try null()
    } else {
      place = try unsigned(most: Limits.sequence)
      guard place != seq else { throw malformed("not the shortest encoding") }
    }
    let origin = Stamp(dot: Dot(replica, counter), seq: place, effective: HybridTime(bits: try unsigned()))
    guard origin != previous else { throw malformed("not the shortest encoding") }
    previous = origin
    return (true, parts)
  }

  mutating func stamps(columns: [UInt32], seq: UInt64, previous: inout Stamp?) throws(RelayError) -> [StampedCell] {
    let (isNew, parts) = try stampsHead(seq: seq, previous: &previous)
    return try stampedCells(columns, previous, isNew: isNew, parts)
  }

  /// Checks a row's stamps as `stamps` does. Where all its cells have one stamp, as nearly always, nothing is built.
  ///
  /// - Returns: the greatest effective time among them.
  mutating func newestStamp(
    columns: [UInt32], seq: UInt64, previous: inout Stamp?
  ) throws(RelayError) -> HybridTime {
    let (isNew, parts) = try stampsHead(seq: seq, previous: &previous)
    if parts == 1, let previous {
      let bits = try byteSpan(most: Limits.columns / 8 + 1)
      try checkBits(bits, columns)
      guard bits.contains(where: { $0 != 0 }) else { throw malformed("not the shortest encoding") }
      return previous.effective
    }
    var newest = HybridTime.zero
    for cell in try stampedCells(columns, previous, isNew: isNew, parts) {
      for write in cell.writes { newest = max(newest, write.stamp.effective) }
    }
    return newest
  }

  private mutating func stampedCells(
    _ columns: [UInt32], _ previous: Stamp?, isNew: Bool, _ parts: Int
  ) throws(RelayError) -> [StampedCell] {
    let (shared, listed) = try sharedCells(columns, previous, isListed: parts > 1)
    let own = parts == 3 ? try ownCells(columns, origin: shared.isEmpty ? nil : previous) : []
    guard parts != 2 || listed > 0, parts != 3 || !own.isEmpty, !isNew || !shared.isEmpty,
      !(shared.isEmpty && own.isEmpty)
    else { throw malformed("not the shortest encoding") }
    let cells = own.isEmpty ? shared : (shared + own).sorted { $0.id < $1.id }
    for (a, b) in zip(cells, cells.dropFirst()) where !(a.id < b.id) { throw malformed("a cell that stands twice") }
    // Which stamp is shared is no matter of taste, or one thing would have several spellings.
    guard cells.origin == (shared.isEmpty ? nil : previous) else { throw malformed("another stamp is shared by more") }
    return cells
  }

  /// The cells that have the row's origin: those that the bits say, and those with a value of their own.
  private mutating func sharedCells(
    _ columns: [UInt32], _ origin: Stamp?, isListed: Bool
  ) throws(RelayError) -> (cells: [StampedCell], listed: Int) {
    let bits = try byteSpan(most: Limits.columns / 8 + 1)
    try checkBits(bits, columns)
    var cells: [StampedCell] = []
    for at in 0...columns.count where bits[at / 8] & (1 << (at % 8)) != 0 {
      guard let origin else { throw malformed("a bit of no cell") }
      let id = at == 0 ? CellID.live : CellID(columns[at - 1])
      cells.append(StampedCell(id: id, writes: [StampedWrite(origin, at == 0 ? .flag(true) : nil)]))
    }
    guard isListed else { return (cells, 0) }
    let plain = cells.count
    for _ in 0..<(try array(most: Limits.columns + Limits.elements)) {
      try array(exactly: 2)
      let id = try cellID()
      if cells.count > plain, let last = cells.last, !(last.id < id) { throw malformed("cells out of order") }
      guard let origin else { throw malformed("no stamp to share") }
      let value = try cellValue()
      if id == .live, value == .flag(true) { throw malformed("not the shortest encoding") }
      cells.append(StampedCell(id: id, writes: [StampedWrite(origin, value)]))
    }
    let listed = cells.count - plain
    if plain > 0, listed > 0 { cells.sort { $0.id < $1.id } }
    return (cells, listed)
  }

  /// One bit for existence and one for each column, and no other.
  private func checkBits(_ bits: UnsafeRawBufferPointer, _ columns: [UInt32]) throws(RelayError) {
    guard bits.count == columns.count / 8 + 1 else { throw malformed("one bit for existence and each column") }
    guard bits[bits.count - 1] >> (columns.count % 8) < 2 else { throw malformed("a bit of no cell") }
  }

  /// The cells with stamps of their own.
  private mutating func ownCells(_ columns: [UInt32], origin: Stamp?) throws(RelayError) -> [StampedCell] {
    var cells: [StampedCell] = []
    for _ in 0..<(try array(most: Limits.columns + Limits.elements)) {
      try array(exactly: 2)
      var cell = StampedCell(id: try cellID(), writes: [])
      if let last = cells.last, !(last.id < cell.id) { throw malformed("cells out of order") }
      let count = try array(most: Limits.siblings)
      guard count > 0 else { throw malformed("a cell without writes") }
      for _ in 0..<count {
        try array(exactly: 5)
        let dot = try dot()
        if let last = cell.writes.last, last.stamp.dot >= dot { throw malformed("writes out of order") }
        let seq = try unsigned(most: Limits.sequence)
        let stamp = Stamp(dot: dot, seq: seq, effective: HybridTime(bits: try unsigned()))
        cell.writes.append(StampedWrite(stamp, try stampedValue(cell.id, columns)))
      }
      if count == 1, cell.writes[0].stamp == origin { throw malformed("not the shortest encoding") }
      cells.append(cell)
    }
    return cells
  }

  /// - Returns: nil for what the row shows.
  private mutating func stampedValue(_ id: CellID, _ columns: [UInt32]) throws(RelayError) -> CellValue? {
    guard try peekIsNull() else { return try cellValue() }
    guard id.element == nil, columns.contains(id.group) else { throw malformed("the row shows nothing of this cell") }
    try null()
    return nil
  }

  /// The greatest effective time among cells with stamps of their own, whose values are passed over.
  mutating func newestOwn() throws(RelayError) -> HybridTime {
    var newest = HybridTime.zero
    for _ in 0..<(try array(most: Limits.columns + Limits.elements)) {
      try array(exactly: 2)
      try skip()
      for _ in 0..<(try array(most: Limits.siblings)) {
        try array(exactly: 5)
        _ = try dot()
        _ = try unsigned()
        newest = max(newest, HybridTime(bits: try unsigned()))
        try skip()
      }
    }
    return newest
  }
}
