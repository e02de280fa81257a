internal import RelayProtocol

/// Numbers of the hub's own file, which somebody may have damaged: a count that does not fit is an error of the request
/// that met it, never a trap.
enum Count {
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
