internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// Keeps confirmed images of rows of which none is kept yet, straight from the bytes of their values; of many rows.
final class ImageWriter {
  private let rows: BulkInsert

  init(_ db: Database) throws(RelayError) {
    rows = BulkInsert(db, into: "relay_image", ["tbl", "key", "base", "state", "image", "seq"])
  }

  /// - Parameter values: of the table's columns, and of the one that shows the hub's seq where there is one.
  func save(
    _ values: borrowing EncodedValues, _ table: TableSchema, _ key: UnsafeRawBufferPointer, base: UInt64
  ) throws(RelayError) {
    rows.integer(Int64(table.id))
    rows.blob(key)
    rows.integer(Int64(base))
    rows.integer(Image.State.underWork.rawValue)
    RowBlob.encode(values, table).withUnsafeBytes { rows.blob($0) }
    if let seq = table.shownSeq(values) { rows.integer(seq) } else { rows.null() }
    try rows.endRow()
  }

  func finish() throws(RelayError) { try rows.finish() }
}

extension TableSchema {
  /// What the column that shows the hub's seq says, where there is one.
  func shownSeq(_ values: borrowing EncodedValues) -> Int64? {
    seqColumn == nil ? nil : values.integer(columns.count)
  }
}
