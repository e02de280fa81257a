internal import RelayMerge
internal import RelayProtocol

/// A confirmed image that the replica keeps beside the table.
struct Image {
  enum State: Int64 {
    /// The row has pending work on it.
    case underWork = 0
    /// The row left this device's scopes; it stays readable until its pending work is judged.
    case left = 1
    /// This file's constraints refuse the newer image; the table shows this older one.
    case held = 2
  }

  var values: [Value]?
  var stamps: [Cell] = []
  /// The seq at which the image was valid.
  var base: UInt64
  var state: State = .underWork
  /// The seq that the table shows for it, where a column does.
  var seq: UInt64?
}

extension ReplicaCore {
  func image(_ row: RowID, _ table: TableSchema) throws(RelayError) -> Image? {
    if knownEmpty.contains(.image) { return nil }
    let found = try db.query(
      "SELECT base, state, image, stamps, seq FROM relay_image WHERE tbl = ? AND key = ?", row.bindings
    ) { (row) throws(RelayError) -> Image in
      var image = Image(base: UInt64(max(0, row.int(0))), state: Image.State(rawValue: row.int(1)) ?? .underWork)
      if case .blob(let bytes) = row[2] { image.values = try RowBlob.decode(bytes, table) }
      if case .blob(let bytes) = row[3] { image.stamps = try RowBlob.cells(bytes) }
      image.seq = row[4].integer.map { UInt64(max(0, $0)) }
      return image
    }
    return found.first
  }

  func save(_ image: Image, _ row: RowID, _ table: TableSchema) throws(RelayError) {
    knownEmpty.remove(.image)
    try db.execute(
      "INSERT OR REPLACE INTO relay_image (tbl, key, base, state, image, stamps, seq) VALUES (?, ?, ?, ?, ?, ?, ?)",
      row.bindings + [
        Value(image.base), .integer(image.state.rawValue),
        image.values.map { .blob(RowBlob.encode($0, table)) } ?? .null,
        image.stamps.isEmpty ? .null : .blob(RowBlob.encode(cells: image.stamps)),
        image.seq.map { Value($0) } ?? .null,
      ])
  }

  func dropImage(_ row: RowID) throws(RelayError) {
    if knownEmpty.contains(.image) { return }
    try db.execute("DELETE FROM relay_image WHERE tbl = ? AND key = ?", row.bindings)
  }

  /// The row as its table shows it.
  func tableRow(_ row: RowID, _ table: TableSchema) throws(RelayError) -> [Value]? {
    try db.first(sql(table).selectRow, try row.values())
  }

  /// The hub's seq that the row shows; nil where nothing shows one.
  func shownSeq(_ row: RowID, _ table: TableSchema) throws(RelayError) -> UInt64? {
    guard let select = sql(table).selectSeq else { return nil }
    return try db.first(select, try row.values())?[0].integer.map { UInt64(max(0, $0)) }
  }

  /// Shows a row's seq, if a column of its table is there for it. A row that is not in the table shows nothing.
  func show(seq: UInt64?, _ row: RowID, _ table: TableSchema) throws(RelayError) {
    guard let update = sql(table).updateSeq, let seq else { return }
    try db.execute(update, [Value(seq)] + (try row.values()))
    try shownRows?.note(seq: seq, row)
  }

  /// Is there work on the row that no installed pull has confirmed?
  func isUnderWork(_ row: RowID) throws(RelayError) -> Bool {
    if knownEmpty.contains(.pending) { return false }
    return try outbox.isUnderWork(row)
  }

  func heldImage(_ row: RowID, _ table: TableSchema) throws(RelayError)
    -> (values: [Value], stamps: [Cell], seq: UInt64?)?
  {
    if knownEmpty.contains(.held) { return nil }
    let found = try db.query("SELECT image, stamps, seq FROM relay_held WHERE tbl = ? AND key = ?", row.bindings) {
      (row) throws(RelayError) in
      (
        values: try RowBlob.decode(row.blob(0), table), stamps: try RowBlob.cells(row.blob(1)),
        seq: row[2].integer.map { UInt64(max(0, $0)) }
      )
    }
    return found.first
  }

  /// The row as the hub had it at the installed base; nil where it had none for this device.
  func confirmed(_ row: RowID, _ table: TableSchema) throws(RelayError) -> [Value]? {
    if let held = try heldImage(row, table) { return held.values }
    if let image = try image(row, table) { return image.state == .left ? nil : image.values }
    if try isUnderWork(row) { return nil }
    return try isAlone(row) ? nil : try tableRow(row, table)
  }
}

extension RowID {
  /// For `tbl = ? AND key = ?`.
  var bindings: [Value] { [.integer(Int64(table)), .blob(key)] }
}
