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

  /// Is a value this one, bit by bit?
  package func equals(_ column: Int, _ value: ValueSpan) -> Bool {
    let at = Int32(truncatingIfNeeded: column)
    let type = sqlite3_column_type(statement, at)
    switch value {
    case .null: return type == SQLITE_NULL
    case .integer(let x): return type == SQLITE_INTEGER && sqlite3_column_int64(statement, at) == x
    case .real(let x): return type == SQLITE_FLOAT && sqlite3_column_double(statement, at).bitPattern == x.bitPattern
    case .text(let bytes), .malformedText(let bytes):
      return type == SQLITE_TEXT && equals(sqlite3_column_text(statement, at), at, bytes)
    case .blob(let bytes): return type == SQLITE_BLOB && equals(sqlite3_column_blob(statement, at), at, bytes)
    }
  }

  private func equals(_ start: UnsafeRawPointer?, _ at: Int32, _ bytes: UnsafeRawBufferPointer) -> Bool {
    let found = UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, at)))
    guard found.count == bytes.count, let a = found.baseAddress, let b = bytes.baseAddress else {
      return found.isEmpty && bytes.isEmpty
    }
    return relay_compare_bytes(a, b, bytes.count) == 0
  }

  /// The key of a row as its bytes.
  package func key(_ columns: [Int]) -> [UInt8] {
    var out = CBORWriter(reserving: 48)
    out.array(columns.count)
    for column in columns { write(column, to: &out) }
    return out.bytes
  }
}
