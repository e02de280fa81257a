internal import RelayMerge

/// The little JSON that the commands print (RFC 8259), without a library.
enum JSONText {
  struct Field {
    var name: String
    var value: FieldValue

    init(_ name: String, _ value: FieldValue) {
      self.name = name
      self.value = value
    }
  }

  enum FieldValue {
    case text(String)
    /// JSON already: a number, a boolean, an array or an object.
    case raw(String)
    /// Milliseconds since 1970: a number as JSON, an instant for people.
    case time(Int64)

    var json: String {
      switch self {
      case .text(let text): "\"\(JSONText.escaped(text))\""
      case .raw(let json): json
      case .time(let milliseconds): "\(milliseconds)"
      }
    }

    var plain: String {
      switch self {
      case .text(let text): JSONText.escaped(text)
      case .raw(let json): json
      case .time(let milliseconds): InstantText.utc(milliseconds)
      }
    }
  }

  static func object(_ fields: [Field]) -> String {
    "{" + fields.map { "\"\(escaped($0.name))\":\($0.value.json)" }.joined(separator: ",") + "}"
  }

  static func array(_ items: [String]) -> String { "[" + items.joined(separator: ",") + "]" }

  /// Also keeps escape sequences of a device's name away from a terminal.
  static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value):
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
