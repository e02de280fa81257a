internal import RelayProtocol

/// How long work counts that was written before a row left a scope, or before a right was taken away.
public enum Grace {
  /// What a hub has where its operator says nothing.
  public static let days: Int64 = 30

  static let dayLength: Int64 = 24 * 3600 * 1000

  /// - Throws: `usage` beyond 0 to 3650 days.
  static func bytes(days: Int64) throws(RelayError) -> [UInt8] {
    guard (0...3650).contains(days) else { throw RelayError(.usage, "the grace is 0 to 3650 days") }
    return Array(String(days).utf8)
  }

  static func milliseconds(_ bytes: [UInt8]) throws(RelayError) -> Int64 {
    guard let days = Int64(String(decoding: bytes, as: UTF8.self)), (0...3650).contains(days) else {
      throw RelayError(.corrupt, "the hub's file holds no grace that can be one")
    }
    return days * dayLength
  }
}
