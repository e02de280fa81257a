package import RelayProtocol

/// A set column's text: a JSON array (RFC 8259) of strings and whole numbers. Canonical form: sorted by the order of
/// cells, without repetition or white space.
package enum JSONSet {
  /// The elements, ascending and without repetition; nil where the value is not such an array.
  package static func elements(_ value: Value) -> [Value]? {
    guard case .text(let text) = value else { return nil }
    var parser = Parser(bytes: Array(text.utf8))
    guard let list = parser.array() else { return nil }
    return sorted(list)
  }

  package static func sorted(_ list: [Value]) -> [Value] {
    let ordered = list.map { (RowID.encode([$0]), $0) }.sorted { $0.0.lexicographicallyPrecedes($1.0) }
    var out: [Value] = []
    for (_, value) in ordered where out.last != value { out.append(value) }
    return out
  }

  /// - Parameter elements: strings and integers, ascending; others are left out.
  package static func text(_ elements: [Value]) -> Value {
    var parts: [String] = []
    for element in elements {
      switch element {
      case .integer(let x): parts.append(String(x))
      case .text(let x): parts.append(quote(x))
      default: continue
      }
    }
    return .text("[" + parts.joined(separator: ",") + "]")
  }

  private static func quote(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\u{0}"..."\u{1F}":
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }

  private struct Parser {
    let bytes: [UInt8]
    var at = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    mutating func space() {
      while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { at += 1 }
    }

    mutating func take(_ byte: UInt8) -> Bool {
      guard next == byte else { return false }
      at += 1
      return true
    }

    mutating func array() -> [Value]? {
      space()
      guard take(UInt8(ascii: "[")) else { return nil }
      var list: [Value] = []
      space()
      if !take(UInt8(ascii: "]")) {
        repeat {
          space()
          guard let element = element(), list.count < Limits.elements else { return nil }
          list.append(element)
          space()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { return nil }
      }
      space()
      return at == bytes.count ? list : nil
    }

    mutating func element() -> Value? {
      if next == UInt8(ascii: "\"") { return string() }
      let start = at
      if next == UInt8(ascii: "-") { at += 1 }
      while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { at += 1 }
      return Int64(String(decoding: bytes[start..<at], as: UTF8.self)).map { .integer($0) }
    }

    mutating func string() -> Value? {
      at += 1
      var out: [UInt8] = []
      while let byte = next {
        at += 1
        switch byte {
        case UInt8(ascii: "\""): return String(validating: out, as: UTF8.self).map { .text($0) }
        case UInt8(ascii: "\\"): guard escape(&out) else { return nil }
        default: out.append(byte)
        }
      }
      return nil
    }

    mutating func escape(_ out: inout [UInt8]) -> Bool {
      guard let byte = next else { return false }
      at += 1
      switch byte {
      case UInt8(ascii: "n"): out.append(0x0A)
      case UInt8(ascii: "t"): out.append(0x09)
      case UInt8(ascii: "r"): out.append(0x0D)
      case UInt8(ascii: "b"): out.append(0x08)
      case UInt8(ascii: "f"): out.append(0x0C)
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
      case UInt8(ascii: "u"):
        guard var code = hex() else { return false }
        if code >= 0xD800, code < 0xDC00 {
          guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let low = hex(), low >= 0xDC00, low < 0xE000
          else { return false }
          code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { return false }
        out.append(contentsOf: Array(String(Character(scalar)).utf8))
      default: return false
      }
      return true
    }

    mutating func hex() -> UInt32? {
      guard at + 4 <= bytes.count else { return nil }
      defer { at += 4 }
      return UInt32(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
    }
  }
}
