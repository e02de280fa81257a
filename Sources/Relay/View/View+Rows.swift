internal import RelayMerge
internal import RelayProtocol

/// A row as it is confirmed.
extension View {
  func image(_ row: RowID, _ table: TableSchema) throws(RelayError) -> Image? {
    try stores.images.image(row, table)
  }

  func save(_ image: Image, _ row: RowID, _ table: TableSchema) throws(RelayError) {
    try stores.images.save(image, row, table)
  }

  func dropImage(_ row: RowID) throws(RelayError) {
    try stores.images.remove(row)
  }

  /// Shows a row's seq, if a column of its table is there for it. A row that is not in the table shows nothing.
  func show(seq: UInt64?, _ row: RowID, _ table: TableSchema) throws(RelayError) {
    guard let update = tables.sql(table).updateSeq, let seq else { return }
    try db.execute(update, [Value(seq)] + (try row.values()))
    try shownRows?.note(seq: seq, row)
  }

  /// Is there work on the row that no installed pull has confirmed?
  func isUnderWork(_ row: RowID) throws(RelayError) -> Bool {
    try stores.outbox.isUnderWork(row)
  }

  func heldImage(_ row: RowID, _ table: TableSchema) throws(RelayError)
    -> (values: [Value], stamps: [Cell], seq: UInt64?)?
  {
    try stores.images.held(row, table)
  }

  /// The row as the hub had it at the installed base; nil where it had none for this device.
  func confirmed(_ row: RowID, _ table: TableSchema) throws(RelayError) -> [Value]? {
    if let held = try heldImage(row, table) { return held.values }
    if let image = try image(row, table) { return image.state == .left ? nil : image.values }
    if try isUnderWork(row) { return nil }
    return try stores.localOnly.holds(row) ? nil : try tables.row(row, table)
  }
}
