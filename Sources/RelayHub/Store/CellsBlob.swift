internal import RelayMerge
internal import RelayProtocol

/// Cells with all their values, for rows with more of them than a message lists; and how a cell is named in the store.
enum CellsBlob {
  /// The first byte, which stamps never begin with.
  static let head: UInt8 = 0x85

  static func encode(_ state: RowState) -> [UInt8] {
    var out = CBORWriter(reserving: 32 + state.cells.count * 16)
    let origin = state.cells.first?.writes.first
    out.array(5)
    out.unsigned(origin?.dot.replica.bits ?? 0)
    out.unsigned(origin?.dot.counter ?? 0)
    out.unsigned(origin?.seq ?? 0)
    out.unsigned(origin?.effective.bits ?? 0)
    out.array(state.cells.count * 2)
    for cell in state.cells {
      out.cellID(cell.id)
      if cell.writes.count == 1, cell.writes[0].dot == origin?.dot {
        out.cellValue(cell.writes[0].value)
      } else {
        out.map(1)
        out.unsigned(0)
        out.array(cell.writes.count)
        for write in cell.writes { out.cellWrite(write) }
      }
    }
    return out.bytes
  }

  static func decode(_ bytes: [UInt8]) throws(RelayError) -> RowState {
    try CBORReader.decode(bytes) { (reader) throws(RelayError) in
      try reader.array(exactly: 5)
      let dot = Dot(ReplicaID(bits: try reader.unsigned()), try reader.unsigned())
      let seq = try reader.unsigned()
      let effective = HybridTime(bits: try reader.unsigned())
      var state = RowState()
      for _ in 0..<(try reader.array(most: Limits.inflatedBody)) / 2 {
        var cell = Cell(id: try reader.cellID(), writes: [])
        if try reader.peekMajor() == 5 {
          _ = try reader.map(most: 1)
          _ = try reader.unsigned()
          for _ in 0..<(try reader.array(most: Limits.inflatedBody)) { cell.writes.append(try reader.cellWrite()) }
        } else {
          cell.writes = [CellWrite(dot: dot, seq: seq, effective: effective, value: try reader.cellValue())]
        }
        state.cells.append(cell)
      }
      return state
    }
  }

  static func encode(_ id: CellID) -> [UInt8] {
    var out = CBORWriter()
    out.cellID(id)
    return out.bytes
  }
}
