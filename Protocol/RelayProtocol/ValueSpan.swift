/// A value in place: what `Value` is, without a copy of its text or bytes. Good only while the bytes are lent.
public enum ValueSpan {
  case null
  case integer(Int64)
  case real(Double)
  /// UTF-8.
  case text(UnsafeRawBufferPointer)
  /// Text that is not UTF-8.
  case malformedText(UnsafeRawBufferPointer)
  case blob(UnsafeRawBufferPointer)

  public var isNull: Bool { if case .null = self { true } else { false } }

  /// Of a text or blob; 8 of a number.
  package var byteCount: Int {
    switch self {
    case .null: 0
    case .integer, .real: 8
    case .text(let bytes), .malformedText(let bytes), .blob(let bytes): bytes.count
    }
  }

  /// Are they the same, bit by bit?
  package func isSame(_ other: ValueSpan) -> Bool {
    switch (self, other) {
    case (.null, .null): true
    case (.integer(let a), .integer(let b)): a == b
    case (.real(let a), .real(let b)): a.bitPattern == b.bitPattern
    case (.text(let a), .text(let b)), (.malformedText(let a), .malformedText(let b)), (.blob(let a), .blob(let b)):
      a.isSame(b)
    default: false
    }
  }

  /// A copy that lasts.
  public var value: Value {
    switch self {
    case .null: .null
    case .integer(let x): .integer(x)
    case .real(let x): .real(x)
    case .text(let bytes): .text(String(decoding: bytes, as: UTF8.self))
    case .malformedText(let bytes): .malformedText(Array(bytes))
    case .blob(let bytes): .blob(Array(bytes))
    }
  }
}
