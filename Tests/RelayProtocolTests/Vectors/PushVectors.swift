import RelayProtocol

/// Pushes whose transactions are not as the sender must write them, each in one way.
enum PushVectors {
  private static let first = ChainVectors.sealed[0].bytes
  private static let second = ChainVectors.sealed[1].bytes
  /// The field with the rows of the second.
  private static let rows = Array(second[second.index(of: hex("0D 81 84"))...].dropFirst())

  static let invalid: [InvalidVector] = [
    push("a transaction that could travel short", cddl: true) {
      $0.array(2)
      $0.byteString(first)
      $0.byteString(second)
    },
    push("a short one that follows nothing", cddl: true, last: true) {
      $0.array(1)
      short(&$0)
    },
    push("a short one behind one that cannot be read", last: true) {
      $0.array(2)
      $0.byteString([0xFF])
      short(&$0)
    },
    behind("a short one at the same time", cddl: false, later: 0),
    behind("a time beyond 64 bits", later: .max),
    behind("no field that changed") { $0.map(0) },
    behind("a field that follows by itself") {
      $0.map(1)
      $0.unsigned(7)
      $0.unsigned(40)
    },
    behind("fields out of order") {
      $0.map(2)
      $0.unsigned(9)
      $0.unsigned(2)
      $0.unsigned(7)
      $0.unsigned(41)
    },
    behind("the time as a field that changed", cddl: false) {
      $0.map(1)
      $0.unsigned(5)
      $0.unsigned(1)
    },
    behind("short ones without the hash of the last", last: false),
    behind("another hash than that of the last"),
    push("a hash of short ones where there are none", cddl: true, last: true) { $0.array(0) },
  ]

  private static func behind(
    _ name: String, cddl: Bool = true, last: Bool = true, later: UInt64 = 1 << 16,
    _ changed: ((inout CBORWriter) -> Void)? = nil
  ) -> InvalidVector {
    push(name, cddl: cddl, last: last) {
      $0.array(2)
      $0.byteString(first)
      short(&$0, later: later, changed)
    }
  }

  private static func short(
    _ out: inout CBORWriter, later: UInt64 = 1 << 16, _ changed: ((inout CBORWriter) -> Void)? = nil
  ) {
    out.array(changed == nil ? 2 : 3)
    out.unsigned(later)
    out.byteString(rows)
    changed?(&out)
  }

  /// - Parameter last: whether a hash of the last short one stands there; it is a wrong one, of zeros.
  private static func push(
    _ name: String, cddl: Bool = false, last: Bool = false, _ body: (inout CBORWriter) -> Void
  ) -> InvalidVector {
    // The smallest request ends with an empty push.
    var bytes = Array(Samples.requests[0].encoded().dropLast()) + cbor(body)
    if last {
      bytes[0] += 1
      bytes += hex("12 50 00000000000000000000000000000000")
    }
    return InvalidVector(name: name, kind: .syncRequest, bytes: bytes, isBeyondCDDL: cddl)
  }
}

extension [UInt8] {
  fileprivate func index(of mark: [UInt8]) -> Int {
    guard let at = indices.first(where: { self[$0...].starts(with: mark) }) else { fatalError("no such bytes") }
    return at
  }
}
