internal import RelayMerge
internal import RelayProtocol

/// How images, stamps and siblings lie in Relay's own tables: deterministic CBOR, read back by the one reader.
enum RowBlob {
  /// Values with their column ids, so that a newer sync schema still reads them.
  static func encode(_ values: [Value], _ table: TableSchema) -> [UInt8] {
    var out = CBORWriter(reserving: values.count * 12)
    out.array(values.count * 2)
    for (column, value) in zip(table.columns, values) {
      out.unsigned(UInt64(column.id))
      out.value(value)
    }
    return out.bytes
  }

  /// The same of values that are CBOR already.
  static func encode(_ values: borrowing EncodedValues, _ table: TableSchema) -> [UInt8] {
    var out = CBORWriter(reserving: table.columns.count * 12)
    out.array(table.columns.count * 2)
    for at in table.columns.indices {
      out.unsigned(UInt64(table.columns[at].id))
      out.value(encoded: values[at])
    }
    return out.bytes
  }

  static func decode(_ bytes: [UInt8], _ table: TableSchema) throws(RelayError) -> [Value] {
    try CBORReader.decode(bytes) { (reader) throws(RelayError) in
      var values = table.columns.map(\.defaultValue)
      let count = try reader.array(most: Limits.columns * 2) / 2
      for _ in 0..<count {
        let id = try reader.unsigned(most: UInt64(UInt32.max))
        let value = try reader.value()
        if let at = table.columns.firstIndex(where: { $0.id == id }) { values[at] = value }
      }
      return values
    }
  }

  static func encode(cells: [Cell]) -> [UInt8] {
    var out = CBORWriter()
    out.cells(cells)
    return out.bytes
  }

  static func cells(_ bytes: [UInt8]) throws(RelayError) -> [Cell] {
    try CBORReader.decode(bytes) { (reader) throws(RelayError) in try reader.cells() }
  }
}
