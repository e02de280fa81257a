import RelayProtocol
import Testing

struct ValueOrderTests {
  /// Ascending as SQLite sorts them; neighbours differ.
  static let ascending: [Value] = [
    .null, .real(-.infinity), .integer(.min), .integer(-3), .real(-2.5), .integer(-2), .real(-0.0), .real(0),
    .real(0.5),
    .integer(1), .integer(1 << 53), .integer(1 << 53 + 1), .integer(.max), .real(0x1p63), .real(.infinity), .text(""),
    .text("Z"), .text("a"), .text("e\u{301}"), .malformedText([0xFF]), .blob([]), .blob([0]), .blob([0, 0]), .blob([1]),
  ]

  @Test("values are ordered as SQLite orders them, exactly beyond 2^53")
  func order() {
    let list = ValueOrderTests.ascending
    for (i, a) in list.enumerated() {
      for (j, b) in list.enumerated() { #expect(Value.precedes(a, b) == (i < j), "\(a) before \(b)") }
    }
  }

  @Test("an integer and a real that SQLite calls equal still have an order")
  func equalNumbers() {
    #expect(Value.precedes(.integer(1), .real(1)) != Value.precedes(.real(1), .integer(1)))
  }
}
