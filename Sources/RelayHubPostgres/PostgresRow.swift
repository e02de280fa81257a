internal import CPostgres
internal import RelayHub

/// A row of an answer, in binary.
struct PostgresRow: SQLRow {
  let result: OpaquePointer
  let at: Int32

  private func bytes(_ column: Int) -> UnsafeRawBufferPointer {
    let column = Int32(truncatingIfNeeded: column)
    return UnsafeRawBufferPointer(
      start: PQgetvalue(result, at, column), count: Int(PQgetlength(result, at, column)))
  }

  /// Numbers of 8, 4 and 2 bytes, and truths of one.
  func int(_ column: Int) -> Int64 {
    let bytes = bytes(column)
    guard let first = bytes.first else { return 0 }
    if bytes.count == 1 { return Int64(first) }
    var number = first & 0x80 == 0 ? Int64(0) : -1
    for byte in bytes { number = number << 8 | Int64(byte) }
    return number
  }

  func blob(_ column: Int) -> [UInt8] { Array(bytes(column)) }
  func text(_ column: Int) -> String { String(decoding: bytes(column), as: UTF8.self) }
  func isNull(_ column: Int) -> Bool { PQgetisnull(result, at, Int32(truncatingIfNeeded: column)) == 1 }
}
