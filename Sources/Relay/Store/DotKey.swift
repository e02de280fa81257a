internal import RelayProtocol

/// An own dot as Relay's tables hold it: which of the file's replicas in the upper bits, the counter below.
///
/// A file begins with replica 0, so that its dots are small numbers. A replica that it becomes later has a greater number,
/// so that own work sorts in the order in which it was done.
struct DotKey: Hashable, Comparable, Sendable {
  let value: Int64

  private static let counterBits: Int64 = 53
  /// How many replicas one file can have been.
  static let mostReplicas: Int64 = 1 << 10

  /// - Parameter counter: at most `Limits.sequence`.
  init(number: Int64, counter: UInt64) {
    value = number << DotKey.counterBits | Int64(min(counter, Limits.sequence))
  }

  init(_ value: Int64) { self.value = value }

  var number: Int64 { value >> DotKey.counterBits }
  var counter: UInt64 { UInt64(value & (1 << DotKey.counterBits - 1)) }

  static func < (a: DotKey, b: DotKey) -> Bool { a.value < b.value }
}

extension Value {
  init(_ key: DotKey) { self = .integer(key.value) }
}
