internal import CSQLite
package import RelayProtocol

extension Row {
  package enum Kind: Sendable { case null, integer, real, text, blob }

  /// The storage class of a value, and its bytes where it is text or a blob.
  package func shape(_ column: Int) -> (kind: Kind, bytes: Int) {
    let at = Int32(truncatingIfNeeded: column)
    switch sqlite3_column_type(statement, at) {
    case SQLITE_INTEGER: return (.integer, 8)
    case SQLITE_FLOAT: return (.real, 8)
    case SQLITE_TEXT: return (.text, Int(sqlite3_column_bytes(statement, at)))
    case SQLITE_BLOB: return (.blob, Int(sqlite3_column_bytes(statement, at)))
    default: return (.null, 0)
    }
  }

  /// Writes a value as it travels.
  package func write(_ column: Int, to out: inout CBORWriter) {
    let at = Int32(truncatingIfNeeded: column)
    switch sqlite3_column_type(statement, at) {
    case SQLITE_INTEGER: out.integer(sqlite3_column_int64(statement, at))
    case SQLITE_TEXT:
      let start = sqlite3_column_text(statement, at)
      let text = UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, at)))
      out.text(bytes: text)
    default: out.value(self[column])
    }
  }

  /// The key of a row as its bytes.
  package func key(_ columns: [Int]) -> [UInt8] {
    var out = CBORWriter(reserving: 48)
    out.array(columns.count)
    for column in columns { write(column, to: &out) }
    return out.bytes
  }
}
