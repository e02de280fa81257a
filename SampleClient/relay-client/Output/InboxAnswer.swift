internal import Relay

/// One item that waits for a person, or tells one something.
struct InboxAnswer: Codable {
  var id: String
  var kind: String
  var table: String
  var key: String
  var column: String?
  var policy: String?
  var rule: String?
  var message: String?
  var shown: String?
  var others: [String]
  var opened: UInt64

  init(_ item: InboxItem) {
    id = item.id
    kind = item.kind.rawValue
    table = item.table
    key = item.key
    column = item.column
    policy = item.policy
    rule = item.rule
    message = item.message
    shown = item.shown
    others = item.others?.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) ?? []
    opened = item.opened
  }

  var text: String {
    var lines = ["\(kind)  \(column.map { "\($0) of " } ?? "")\(table) \(key)   [\(id)]"]
    if let rule { lines.append("  rule \(rule)") }
    if let message { lines.append("  \(message)") }
    if kind == InboxItem.Kind.conflict.rawValue {
      for (at, other) in others.enumerated() {
        let letter = ChoiceLetter.letter(at).map { "\($0))" } ?? " "
        lines.append("  \(letter) \(other)\(at == 0 ? "   * shown now" : "")")
      }
    } else {
      if let shown { lines.append("  shown: \(shown)") }
      lines += others.map { "  \($0)" }
    }
    return lines.joined(separator: "\n")
  }
}

/// The values of a conflict are called a, b, c…
enum ChoiceLetter {
  private static let letters = Array("abcdefghijklmnopqrstuvwxyz")

  static func letter(_ place: Int) -> Character? { letters.indices.contains(place) ? letters[place] : nil }

  static func place(_ text: String) -> Int? {
    guard let letter = text.lowercased().first, text.count == 1 else { return nil }
    return letters.firstIndex(of: letter)
  }
}
