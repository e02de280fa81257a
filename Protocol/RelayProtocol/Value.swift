/// One SQL value, bit-exact on every path: integers, IEEE doubles, text with NUL, blobs, NULL.
///
/// Equality is equality of bits. Swift's own string equality would call two different spellings of `é` equal, and a
/// replica that did so would lose one of them.
public enum Value: Sendable {
  case null
  case integer(Int64)
  /// Never NaN: SQLite stores NaN as NULL, and so does Relay.
  case real(Double)
  case text(String)
  /// Text as SQLite holds it when its bytes are not valid UTF-8; carried as it is, never repaired.
  case malformedText([UInt8])
  case blob([UInt8])
}

extension Value: Hashable {
  public static func == (a: Value, b: Value) -> Bool {
    switch (a, b) {
    case (.null, .null): true
    case (.integer(let x), .integer(let y)): x == y
    case (.real(let x), .real(let y)): x.bitPattern == y.bitPattern
    case (.text(let x), .text(let y)): x.utf8.elementsEqual(y.utf8)
    case (.malformedText(let x), .malformedText(let y)): x == y
    case (.blob(let x), .blob(let y)): x == y
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .integer(let x): hasher.combine(x)
    case .real(let x): hasher.combine(x.bitPattern)
    case .text(let x): for byte in x.utf8 { hasher.combine(byte) }
    case .malformedText(let x): hasher.combine(x)
    case .blob(let x): hasher.combine(x)
    }
  }
}

extension Value {
  public var isNull: Bool { if case .null = self { true } else { false } }

  public var integer: Int64? { if case .integer(let x) = self { x } else { nil } }

  public var text: String? { if case .text(let x) = self { x } else { nil } }

  /// SQLite's storage-class order (https://sqlite.org/datatype3.html#sort_order): NULL, numbers, text by bytes, blobs
  /// by bytes. A total order: values that SQLite calls equal but whose bits differ are told apart by their class.
  public static func precedes(_ a: Value, _ b: Value) -> Bool {
    switch (a, b) {
    case (.integer(let x), .integer(let y)): return x < y
    case (.real(let x), .real(let y)): return x == y ? x.sign == .minus && y.sign == .plus : x < y
    case (.integer(let x), .real(let y)): return !isLess(y, x)
    case (.real(let x), .integer(let y)): return isLess(x, y)
    case (.blob(let x), .blob(let y)): return x.lexicographicallyPrecedes(y)
    default:
      if a.rank != b.rank { return a.rank < b.rank }
      if a.rank == 0 { return false }
      return a.textBytes.lexicographicallyPrecedes(b.textBytes)
    }
  }

  /// Is the real less than the integer, exactly? (A conversion to Double would round integers beyond 2^53.)
  private static func isLess(_ real: Double, _ integer: Int64) -> Bool {
    if real < -0x1p63 { return true }
    if real >= 0x1p63 { return false }
    let whole = Int64(real.rounded(.down))
    return whole < integer
  }

  private var rank: Int {
    switch self {
    case .null: 0
    case .integer, .real: 1
    case .text, .malformedText: 2
    case .blob: 3
    }
  }

  private var textBytes: [UInt8] {
    switch self {
    case .text(let x): Array(x.utf8)
    case .malformedText(let x): x
    default: []
    }
  }

  /// Text from SQLite's bytes: a string where they are UTF-8, the bytes as they are where not.
  public static func text(bytes: UnsafeRawBufferPointer) -> Value {
    if let string = String(validating: bytes, as: UTF8.self) { return .text(string) }
    return .malformedText(Array(bytes))
  }
}

extension Value: CustomStringConvertible {
  public var description: String {
    switch self {
    case .null: "NULL"
    case .integer(let x): String(x)
    case .real(let x): String(x)
    case .text(let x): "'\(x)'"
    case .malformedText(let x): "text(\(x.hexadecimal))"
    case .blob(let x): "x'\(x.hexadecimal)'"
    }
  }
}

/// No `nil` literal: where a `Value?` is expected it would mean NULL instead of absence.
extension Value: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByFloatLiteral {
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(stringLiteral value: String) { self = .text(value) }
  public init(floatLiteral value: Double) { self = .real(value) }
}

extension Sequence<UInt8> {
  /// Lower-case hexadecimal, two digits a byte.
  public var hexadecimal: String {
    var out = ""
    for byte in self {
      if byte < 16 { out += "0" }
      out += String(byte, radix: 16)
    }
    return out
  }
}
