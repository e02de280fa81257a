internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// Keeps confirmed images of rows of which none is kept yet, straight from the bytes of their values.
final class ImageWriter {
  private let statement: PreparedStatement
  private var out = CBORWriter()

  init(_ db: Database) throws(RelayError) {
    statement = try db.prepared(
      "INSERT INTO relay_image (tbl, key, base, state, image, stamps, seq) VALUES (?, ?, ?, 0, ?, NULL, ?)")
  }

  /// - Parameter values: of the table's columns, and of the one that shows the hub's seq where there is one.
  func save(_ values: [ValueSpan], _ row: RowID, _ table: TableSchema, base: UInt64) throws(RelayError) {
    out.removeAll()
    out.array(table.columns.count * 2)
    for (column, value) in zip(table.columns, values) {
      out.unsigned(UInt64(column.id))
      out.span(value)
    }
    statement.bind(1, Int64(row.table))
    statement.bind(3, Int64(base))
    if table.seqColumn != nil, case .integer(let seq)? = values.last {
      statement.bind(5, seq)
    } else {
      statement.bindNull(5)
    }
    var failure: RelayError?
    row.key.withUnsafeBytes { key in
      out.bytes.withUnsafeBytes { image in
        statement.bind(2, blob: key)
        statement.bind(4, blob: image)
        do throws(RelayError) { try statement.run() } catch { failure = error }
      }
    }
    if let failure { throw failure }
  }
}
