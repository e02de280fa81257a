package import RelayProtocol

/// A JSON value of a vector (RFC 8259), with integers told apart from other numbers.
package enum JSON: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case real(Double)
  case text(String)
  case list([JSON])
  case object([String: JSON])

  package subscript(key: String) -> JSON? { if case .object(let members) = self { members[key] } else { nil } }

  package var text: String? { if case .text(let x) = self { x } else { nil } }
  package var integer: Int64? { if case .integer(let x) = self { x } else { nil } }
  package var list: [JSON]? { if case .list(let x) = self { x } else { nil } }
  package var object: [String: JSON]? { if case .object(let x) = self { x } else { nil } }

  /// The SQL value that a scalar stands for; nil for a list or an object.
  package var value: Value? {
    switch self {
    case .null: .null
    case .bool(let x): .integer(x ? 1 : 0)
    case .integer(let x): .integer(x)
    case .real(let x): .real(x)
    case .text(let x): .text(x)
    case .list, .object: nil
    }
  }

  package init(_ value: Value) {
    switch value {
    case .null: self = .null
    case .integer(let x): self = .integer(x)
    case .real(let x): self = .real(x)
    case .text(let x): self = .text(x)
    case .malformedText(let x), .blob(let x): self = .text("x'\(x.hexadecimal)'")
    }
  }
}

extension JSON: CustomStringConvertible {
  /// Compact, members sorted by name.
  package var description: String {
    switch self {
    case .null: "null"
    case .bool(let x): String(x)
    case .integer(let x): String(x)
    case .real(let x): String(x)
    case .text(let x): "\"\(x)\""
    case .list(let x): "[" + x.map(\.description).joined(separator: ",") + "]"
    case .object(let x):
      "{" + x.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }
  }
}

/// Where the text of a vector is no JSON.
package struct JSONError: Error, CustomStringConvertible {
  package var description: String
  package init(description: String) { self.description = description }
}

extension JSON {
  package init(parsing bytes: [UInt8]) throws(JSONError) {
    var parser = JSONParser(bytes: bytes)
    self = try parser.value()
    parser.space()
    guard parser.at == bytes.count else { throw parser.wrong() }
  }
}

private struct JSONParser {
  let bytes: [UInt8]
  var at = 0

  func wrong() -> JSONError { JSONError(description: "no JSON at byte \(at)") }

  mutating func space() { while at < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[at]) { at += 1 } }

  mutating func take(_ character: Character) -> Bool {
    space()
    guard at < bytes.count, bytes[at] == character.asciiValue else { return false }
    at += 1
    return true
  }

  mutating func value() throws(JSONError) -> JSON {
    if take("{") {
      var members: [String: JSON] = [:]
      if take("}") { return .object(members) }
      repeat {
        guard take("\"") else { throw wrong() }
        let name = try string()
        guard take(":") else { throw wrong() }
        members[name] = try value()
      } while take(",")
      guard take("}") else { throw wrong() }
      return .object(members)
    }
    if take("[") {
      var list: [JSON] = []
      if take("]") { return .list(list) }
      repeat { list.append(try value()) } while take(",")
      guard take("]") else { throw wrong() }
      return .list(list)
    }
    if take("\"") { return .text(try string()) }
    let start = at
    while at < bytes.count, ![0x2C, 0x5D, 0x7D, 0x20, 0x0A, 0x0D, 0x09].contains(bytes[at]) { at += 1 }
    let word = String(decoding: bytes[start..<at], as: UTF8.self)
    switch word {
    case "null": return .null
    case "true": return .bool(true)
    case "false": return .bool(false)
    default:
      if let integer = Int64(word) { return .integer(integer) }
      if let real = Double(word) { return .real(real) }
      throw wrong()
    }
  }

  /// After the opening quote.
  mutating func string() throws(JSONError) -> String {
    var out: [UInt8] = []
    while at < bytes.count {
      let byte = bytes[at]
      at += 1
      if byte == UInt8(ascii: "\"") { return String(decoding: out, as: UTF8.self) }
      guard byte == UInt8(ascii: "\\") else {
        out.append(byte)
        continue
      }
      guard at < bytes.count else { throw wrong() }
      at += 1
      switch bytes[at - 1] {
      case UInt8(ascii: "n"): out.append(0x0A)
      case UInt8(ascii: "t"): out.append(0x09)
      case UInt8(ascii: "u"):
        guard at + 4 <= bytes.count,
          let code = UInt32(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16),
          let scalar = Unicode.Scalar(code)
        else { throw wrong() }
        at += 4
        out += Array(String(Character(scalar)).utf8)
      case let plain: out.append(plain)
      }
    }
    throw wrong()
  }
}
