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
    let (image, seq) = (RowBlob.encode(values, table), table.shownSeq(values))
    try rows.row { row in
      row.integer(Int64(table.id))
      row.blob(key)
      row.integer(Int64(base))
      row.integer(Image.State.underWork.rawValue)
      image.withUnsafeBytes { row.blob($0) }
      if let seq { row.integer(seq) } else { row.null() }
    }
  }

  func finish() throws(RelayError) { try rows.finish() }
}

extension TableSchema {
  /// What the column that shows the hub's seq says, where there is one.
  func shownSeq(_ values: borrowing EncodedValues) -> Int64? {
    seqColumn == nil ? nil : values.integer(columns.count)
  }
}
