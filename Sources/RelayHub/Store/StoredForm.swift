internal import RelayMerge
internal import RelayProtocol

/// A row's cells in the store's bytes: what the row shows in the wire's encoding, and beside it who wrote which cell. A
/// page copies both; only where somebody's floor, an entry or a merge asks for cells are they built.
struct StoredForm {
  struct Flags: OptionSet {
    let rawValue: Int64
    /// Every cell has one write: nothing of the row can be in conflict.
    static let calm = Flags(rawValue: 1)
    /// It has cells that say nothing to a device: elements taken out of a set.
    static let mute = Flags(rawValue: 2)
    /// It has a counter that was counted.
    static let counts = Flags(rawValue: 4)
  }

  /// Of every column that is no key column, ascending by id, one after the other.
  var values: [UInt8]
  var stamps: [UInt8]
  var flags: Flags

  /// - Parameter shown: the row's values, whether it is alive or not, by position in the table's columns.
  init(_ state: RowState, _ table: TableSchema, shown: [Value]) {
    values = StoredForm.bytes(shown, table)
    let columns = table.otherIDs
    flags = []
    if let uniform = StoredForm.uniform(state, table, shown, columns) {
      (stamps, flags) = (uniform, .calm)
      return
    }
    if state.cells.allSatisfy({ $0.writes.count == 1 }) { flags.insert(.calm) }
    for cell in state.cells {
      if !cell.isTelling { flags.insert(.mute) }
      if table.group(cell.id.group)?.policy.travelsAsSum == true { flags.insert(.counts) }
    }
    // Of what was taken out of a set there may be more than any message lists; it does not travel.
    stamps =
      flags.contains(.mute)
      ? CellsBlob.encode(state) : table.stamped(state.cells, shown).stored(columns: columns)
  }

  init(_ plain: PlainRow) {
    values = StoredForm.bytes(plain.fresh.values, plain.table)
    (stamps, flags) = (plain.stamps, .calm)
  }

  /// - Parameters:
  ///   - columns: ids of the columns that the table had when the row was written.
  static func decode(
    values: [UInt8], stamps: [UInt8], columns: [UInt32], _ row: RowID, _ table: TableSchema
  ) throws(RelayError) -> RowState {
    let stored = try decode(values, count: columns.count)
    var shown = table.columns.map(\.defaultValue)
    for (id, value) in zip(columns, stored) {
      if let at = table.columns.firstIndex(where: { $0.id == id }) { shown[at] = value }
    }
    for (at, value) in zip(table.key, try row.values()) { shown[at] = value }
    if stamps.first == CellsBlob.head { return try CellsBlob.decode(stamps) }
    let short = try StoredStamps(stamps)
    if short.parts == 2, let origin = short.origin { return uniform(short.plain, origin, table, shown, columns) }
    return RowState(cells: try table.cells(try [StampedCell](stored: stamps, columns: columns), shown))
  }

  // MARK: Rows that one transaction wrote and nobody since: nearly all

  /// Stamps of such a row; nil for any other. What the general way would give, without building it.
  private static func uniform(
    _ state: RowState, _ table: TableSchema, _ shown: [Value], _ columns: [UInt32]
  ) -> [UInt8]? {
    guard let first = state.cells.first?.writes.first else { return nil }
    var plain = [UInt8](repeating: 0, count: columns.count / 8 + 1)
    for cell in state.cells {
      guard cell.writes.count == 1, cell.writes[0].dot == first.dot, cell.id.element == nil else { return nil }
      if cell.id == .live {
        guard cell.writes[0].value == .flag(true) else { return nil }
        plain[0] |= 1
        continue
      }
      guard let group = table.group(cell.id.group), !group.policy.hasElements, !group.policy.travelsAsSum,
        case .values(let values) = cell.writes[0].value, values.count == group.columns.count,
        zip(values, group.columns).allSatisfy({ $0 == shown[$1] }),
        let at = columns.firstIndex(of: group.id)
      else { return nil }
      plain[(at + 1) / 8] |= 1 << ((at + 1) % 8)
    }
    return StoredStamps.uniform(Stamp(dot: first.dot, seq: first.seq, effective: first.effective), plain)
  }

  private static func uniform(
    _ plain: [UInt8], _ origin: Stamp, _ table: TableSchema, _ shown: [Value], _ columns: [UInt32]
  ) -> RowState {
    let groups = columns.indices.filter { plain[($0 + 1) / 8] & (1 << (($0 + 1) % 8)) != 0 }.map { columns[$0] }
    var state = PlainRow(table: table, fresh: FreshRow(values: shown, groups: groups), origin: origin).state
    if plain[0] & 1 == 0 { state.cells.removeFirst() }
    return state
  }

  /// Of every column that is no key column.
  private static func bytes(_ shown: [Value], _ table: TableSchema) -> [UInt8] {
    var out = CBORWriter(reserving: 16 * table.others.count)
    for at in table.others { out.value(shown[at]) }
    return out.bytes
  }

  private static func decode(_ bytes: [UInt8], count: Int) throws(RelayError) -> [Value] {
    do throws(RelayError) {
      return try CBORReader.decode(bytes, budget: Limits.decodedRow) { (reader) throws(RelayError) in
        var values: [Value] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try reader.value()) }
        return values
      }
    } catch {
      throw RelayError(.corrupt, "a row's values in the hub's store: \(error.message)")
    }
  }

  /// Some of the values, in their bytes.
  ///
  /// - Parameter positions: of those that stay, ascending.
  static func pick(_ positions: [Int], of values: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(values.count)
    var (at, place) = (0, 0)
    for position in positions {
      while place < position {
        at = skip(values, at)
        place += 1
      }
      let end = skip(values, at)
      out.append(contentsOf: values[at..<end])
      (at, place) = (end, place + 1)
    }
    return out
  }

  /// Where the value that begins at `at` ends: numbers, texts, blobs, null, and tagged blobs are all that a column holds.
  private static func skip(_ bytes: [UInt8], _ at: Int) -> Int {
    guard at < bytes.count else { return at }
    let (major, info) = (bytes[at] >> 5, Int(bytes[at] & 31))
    let width = info < 24 ? 0 : 1 << (info - 24)
    var argument = info
    if width > 0 {
      argument = 0
      for byte in bytes[(at + 1)...].prefix(width) { argument = argument << 8 | Int(byte) }
    }
    let end = min(bytes.count, at + 1 + width)
    switch major {
    case 2, 3: return min(bytes.count, end + max(0, argument))
    case 6: return skip(bytes, end)
    default: return end
    }
  }
}
