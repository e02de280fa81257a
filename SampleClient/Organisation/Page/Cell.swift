/// One value of an answer: what it is, not how it looks. Text, JSON, CSV and HTML write it each in their way.
package enum Cell: Sendable, Equatable {
  case none
  case text(String)
  /// A code of the tables, said in the reader's language; `area` tells codes apart that mean two things.
  case word(String, area: String = "")
  case phrase(String, Phrase)
  case number(Int)
  /// Money in minor units.
  case fen(Int)
  /// A part of a whole, in tenths of a percent rounded half up.
  case share(Int, of: Int)
  case flag(Bool)
  case list([String])

  package init(_ text: String?) { self = text.map { .text($0) } ?? .none }

  package init(_ number: Int?) { self = number.map { .number($0) } ?? .none }

  package func said(in language: Language) -> String {
    switch self {
    case .none: "-"
    case .text(let text): text
    case .word(let code, let area): Words.of(code, in: area, language)
    case .phrase(_, let phrase): phrase.said(in: language)
    case .number(let number): String(number)
    case .fen(let fen): Money.text(fen)
    case .share(let count, let total): Percent(count, of: total).text
    case .flag(let flag): flag ? language.choose("yes", "是") : language.choose("no", "否")
    case .list(let list): list.isEmpty ? "-" : list.joined(separator: ", ")
    }
  }

  /// Codes stay codes for programs: they do not change with the language.
  package var json: JSON {
    switch self {
    case .none: .null
    case .text(let text): .text(text)
    case .word(let code, _), .phrase(let code, _): .text(code)
    case .number(let number), .fen(let number): .number(number)
    case .share(let count, let total): .text(Percent(count, of: total).text)
    case .flag(let flag): .flag(flag)
    case .list(let list): .list(list.map { .text($0) })
    }
  }

  /// For a spreadsheet: codes and plain numbers. A text that a spreadsheet would take for a formula is made a text.
  var csv: String {
    switch self {
    case .none: return ""
    case .word(let code, _), .phrase(let code, _): return code
    case .fen(let fen): return Money.text(fen)
    case .flag(let flag): return flag ? "1" : "0"
    case .number, .share: return said(in: .en)
    case .text, .list:
      let text = self == .list([]) ? "" : said(in: .en)
      return text.first.map { "=+-@\t\r".contains($0) } == true ? "'" + text : text
    }
  }

  /// What a committee should see first: a device that is not heard of, a branch that lacks what it must have.
  var isAlarm: Bool {
    guard case .phrase(let code, _) = self else { return false }
    return ["silent", "lease_over", "no_secretary", "under_minimum"].contains(code)
  }

  var isNumber: Bool {
    switch self {
    case .number, .fen, .share: true
    default: false
    }
  }

  /// What a bar is drawn for.
  var magnitude: Int {
    switch self {
    case .number(let number), .fen(let number), .share(let number, _): max(0, number)
    default: 0
    }
  }
}

/// What JSON can say.
package indirect enum JSON: Sendable, Equatable, Encodable {
  case null
  case flag(Bool)
  case number(Int)
  case text(String)
  case list([JSON])
  case object([String: JSON])

  package func encode(to encoder: any Encoder) throws {
    switch self {
    case .object(let members):
      var container = encoder.container(keyedBy: Name.self)
      for (name, value) in members { try container.encode(value, forKey: Name(stringValue: name)) }
    case .list(let values):
      var container = encoder.unkeyedContainer()
      for value in values { try container.encode(value) }
    default:
      var container = encoder.singleValueContainer()
      switch self {
      case .flag(let flag): try container.encode(flag)
      case .number(let number): try container.encode(number)
      case .text(let text): try container.encode(text)
      default: try container.encodeNil()
      }
    }
  }

  private struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
