/// Writes CBOR in core deterministic encoding (RFC 8949, section 4.2.1): shortest heads, definite lengths. The caller
/// writes map keys in ascending order.
public struct CBORWriter: Sendable {
  public private(set) var bytes: [UInt8] = []
  /// Heads written, of whatever kind: each is one item.
  private var items = 0

  public init(reserving capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  /// What a reader counts against its budget: `Limits.item` for each item, and the bytes of strings. (The heads of
  /// strings count as their bytes do; nobody comes so near to a limit that it matters.) Raw bytes count as bytes.
  public var decodedSize: Int { items * Limits.item + bytes.count }

  /// Forgets the bytes and keeps their memory.
  package mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    items = 0
  }

  /// Takes back what was written after the first `count` bytes.
  package mutating func shrink(to count: Int) { bytes.removeLast(bytes.count - count) }

  private mutating func head(_ major: UInt8, _ argument: UInt64) {
    items += 1
    let top = major << 5
    switch argument {
    case 0..<24: bytes.append(top | UInt8(argument))
    case 24..<0x100:
      bytes.append(top | 24)
      bytes.append(UInt8(argument))
    case 0x100..<0x1_0000: bigEndian(top | 25, argument, 2)
    case 0x1_0000..<0x1_0000_0000: bigEndian(top | 26, argument, 4)
    default: bigEndian(top | 27, argument, 8)
    }
  }

  private mutating func bigEndian(_ first: UInt8, _ argument: UInt64, _ count: UInt64) {
    bytes.append(first)
    for at in 0..<count { bytes.append(UInt8(truncatingIfNeeded: argument >> (8 * (count - 1 - at)))) }
  }

  public mutating func unsigned(_ value: UInt64) { head(0, value) }

  public mutating func integer(_ value: Int64) {
    value >= 0 ? head(0, UInt64(value)) : head(1, UInt64(bitPattern: ~value))
  }

  public mutating func byteString(_ value: some Collection<UInt8>) {
    head(2, UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  public mutating func textString(_ value: String) {
    let utf8 = value.utf8
    head(3, UInt64(utf8.count))
    bytes.append(contentsOf: utf8)
  }

  /// Text as SQLite holds it, without a copy where it is plain ASCII.
  public mutating func text(bytes text: UnsafeRawBufferPointer) {
    guard text.isASCII else { return value(.text(bytes: text)) }
    head(3, UInt64(text.count))
    bytes.append(contentsOf: text)
  }

  public mutating func array(_ count: Int) { head(4, UInt64(count)) }

  public mutating func map(_ count: Int) { head(5, UInt64(count)) }

  public mutating func bool(_ value: Bool) {
    items += 1
    bytes.append(value ? 0xF5 : 0xF4)
  }

  public mutating func null() {
    items += 1
    bytes.append(0xF6)
  }

  /// The shortest of half, single and double that holds the value exactly.
  private mutating func double(_ value: Double) {
    items += 1
    let half = Float16(value)
    if Double(half).bitPattern == value.bitPattern { return bigEndian(0xF9, UInt64(half.bitPattern), 2) }
    let single = Float(value)
    if Double(single).bitPattern == value.bitPattern { return bigEndian(0xFA, UInt64(single.bitPattern), 4) }
    bigEndian(0xFB, value.bitPattern, 8)
  }

  /// A row's key, which is CBOR already.
  mutating func key(_ encoded: some Collection<UInt8>) {
    items += 1 + Int((encoded.first ?? 0) & 31)
    bytes.append(contentsOf: encoded)
  }

  /// Bytes that are CBOR already.
  public mutating func raw(_ encoded: some Collection<UInt8>) { bytes.append(contentsOf: encoded) }

  /// A value that is CBOR already.
  package mutating func value(encoded: UnsafeRawBufferPointer) {
    items += 1
    bytes.append(contentsOf: encoded)
  }

  package mutating func span(_ span: ValueSpan) {
    switch span {
    case .integer(let x): integer(x)
    case .text(let bytes): text(bytes: bytes)
    case .blob(let bytes): byteString(bytes)
    default: value(span.value)
    }
  }

  public mutating func value(_ value: Value) {
    switch value {
    case .null: null()
    case .integer(let x): integer(x)
    // As SQLite does: NaN is no value.
    case .real(let x): x.isNaN ? null() : double(x)
    case .text(let x): textString(x)
    case .malformedText(let x):
      head(6, Value.malformedTextTag)
      byteString(x)
    case .blob(let x): byteString(x)
    }
  }
}

extension Value {
  /// Marks a byte string as SQLite text that is not UTF-8 (a tag number from the first-come-first-served range of
  /// RFC 8949, used privately by this protocol).
  static let malformedTextTag: UInt64 = 0x5254
}
