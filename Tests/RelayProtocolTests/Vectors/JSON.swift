import Foundation

/// JSON as the golden vectors use it: whole numbers only, keys in the order in which a person wants to read them.
enum JSON: Sendable {
  case null
  case bool(Bool)
  case number(Int64)
  case string(String)
  case array([JSON])
  case object([(String, JSON)])

  /// One line of ASCII with sorted keys: equal text is equal content. (Swift's own equality of strings would call two
  /// spellings of `é` equal.)
  var canonical: String {
    switch self {
    case .object(let fields):
      "{" + fields.sorted { $0.0 < $1.0 }.map { JSON.quote($0.0) + ":" + $0.1.canonical }.joined(separator: ",") + "}"
    case .array(let items): "[" + items.map(\.canonical).joined(separator: ",") + "]"
    default: line
    }
  }

  /// Pretty: whatever fits stands on one line.
  func text(indent: Int = 0, width: Int = 116) -> String {
    let line = line
    guard line.utf8.count + indent > width else { return line }
    let margin = String(repeating: " ", count: indent + 2)
    let end = "\n" + String(repeating: " ", count: indent)
    switch self {
    case .array(let items):
      return "[\n" + items.map { margin + $0.text(indent: indent + 2) }.joined(separator: ",\n") + end + "]"
    case .object(let fields):
      return "{\n"
        + fields.map { margin + JSON.quote($0.0) + ": " + $0.1.text(indent: indent + 2) }.joined(separator: ",\n") + end
        + "}"
    default: return line
    }
  }

  private var line: String {
    switch self {
    case .null: "null"
    case .bool(let x): x ? "true" : "false"
    case .number(let x): String(x)
    case .string(let x): JSON.quote(x)
    case .array(let items): "[" + items.map(\.line).joined(separator: ", ") + "]"
    case .object(let fields):
      "{ " + fields.map { JSON.quote($0.0) + ": " + $0.1.line }.joined(separator: ", ") + " }"
    }
  }

  private static func quote(_ text: String) -> String {
    var out = "\""
    for unit in text.utf16 {
      switch unit {
      case 0x22: out += "\\\""
      case 0x5C: out += "\\\\"
      case 0x20..<0x7F: out += String(UnicodeScalar(UInt8(unit)))
      default:
        let digits = String(unit, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    return out + "\""
  }

  subscript(_ name: String) -> JSON? {
    if case .object(let fields) = self { fields.first { $0.0 == name }?.1 } else { nil }
  }

  var string: String? { if case .string(let x) = self { x } else { nil } }

  var items: [JSON] { if case .array(let x) = self { x } else { [] } }
}

extension JSON: Decodable {
  private struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    if let map = try? decoder.container(keyedBy: Name.self) {
      self = .object(try map.allKeys.map { ($0.stringValue, try map.decode(JSON.self, forKey: $0)) })
    } else if var list = try? decoder.unkeyedContainer() {
      var items: [JSON] = []
      while !list.isAtEnd { items.append(try list.decode(JSON.self)) }
      self = .array(items)
    } else {
      let single = try decoder.singleValueContainer()
      if single.decodeNil() {
        self = .null
      } else if let bool = try? single.decode(Bool.self) {
        self = .bool(bool)
      } else if let number = try? single.decode(Int64.self) {
        self = .number(number)
      } else {
        self = .string(try single.decode(String.self))
      }
    }
  }
}
