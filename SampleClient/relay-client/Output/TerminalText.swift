/// Text of others on its way to a terminal: a name, a key or a hub's sentence may hold what moves the cursor, turns the
/// writing round or hides letters. Such characters are shown as what they are, `\u{202E}`.
enum TerminalText {
  /// For text of several lines; what is in it keeps its line breaks.
  static func safe(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isDangerous) else { return text }
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if isDangerous(scalar) {
        out.append(contentsOf: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".unicodeScalars)
      } else {
        out.append(scalar)
      }
    }
    return String(out)
  }

  /// For a text that must not begin a line of its own.
  static func line(_ text: String) -> String {
    safe(text).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).joined(separator: "\\n")
  }

  /// JSON knows a spelling for every character; inside of it these stand in strings only.
  static func json(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isDangerous) else { return text }
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      guard isDangerous(scalar) else {
        out.append(scalar)
        continue
      }
      for unit in String(scalar).utf16 {
        let digits = String(unit, radix: 16)
        out.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).unicodeScalars)
      }
    }
    return String(out)
  }

  /// Control characters but tab and line feed; what changes the direction of writing (Unicode Technical Report 36), is
  /// invisible, or begins a line where no line feed stands.
  private static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A: false
    case 0..<0x20, 0x7F..<0xA0: true
    case 0x061C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F: true
    default: false
    }
  }
}

/// Every text for people goes this way: it stands before Swift's own `print`, so that no command can go another.
func print(_ text: String) { Swift.print(TerminalText.safe(text)) }
