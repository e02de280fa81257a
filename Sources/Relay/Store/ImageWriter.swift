internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// Keeps confirmed images of rows of which none is kept yet, straight from the bytes of their values.
final class ImageWriter {
  private let rows: BulkInsert
  private var image = CBORWriter()

  init(_ db: Database) throws(RelayError) {
    rows = try BulkInsert(db, into: "relay_image", ["tbl", "key", "base", "state", "image", "seq"])
  }

  /// - Parameter values: of the table's columns, and of the one that shows the hub's seq where there is one.
  func save(
    _ values: borrowing EncodedValues, _ table: TableSchema, _ key: UnsafeRawBufferPointer, base: UInt64
  ) throws(RelayError) {
    image.removeAll()
    image.array(table.columns.count * 2)
    for at in table.columns.indices {
      image.unsigned(UInt64(table.columns[at].id))
      image.value(encoded: values[at])
    }
    rows.integer(Int64(table.id))
    rows.blob(key)
    rows.integer(Int64(base))
    rows.integer(Image.State.underWork.rawValue)
    image.bytes.withUnsafeBytes { rows.blob($0) }
    if table.seqColumn != nil, let seq = values.integer(table.columns.count) { rows.integer(seq) } else { rows.null() }
    try rows.endRow()
  }

  func finish() throws(RelayError) { try rows.finish() }
}
