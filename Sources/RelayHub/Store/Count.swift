internal import RelayProtocol
internal import RelaySQLite

/// Numbers of the hub's own file, which somebody may have damaged: a count that does not fit is an error of the request
/// that met it, never a trap.
enum Count {
  /// - Returns: 0 for NULL.
  /// - Throws: `corrupt`.
  static func seq(_ value: Value?) throws(RelayError) -> UInt64 {
    switch value {
    case nil, .null: return 0
    case .integer(let number): return try of(number)
    default: throw damaged
    }
  }

  static func of(_ number: Int64) throws(RelayError) -> UInt64 {
    guard let count = UInt64(exactly: number) else { throw damaged }
    return count
  }

  static func table(_ number: Int64) throws(RelayError) -> UInt32 {
    guard let id = UInt32(exactly: number) else { throw damaged }
    return id
  }

  private static var damaged: RelayError { RelayError(.corrupt, "the hub's file holds a number that cannot be one") }
}

extension Row {
  /// A seq, counter or count.
  func seq(_ column: Int) throws(RelayError) -> UInt64 { try Count.of(int(column)) }

  /// A table's id.
  func table(_ column: Int) throws(RelayError) -> UInt32 { try Count.table(int(column)) }
}
