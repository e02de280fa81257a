internal import Organisation
internal import Relay

/// One item that waits for a person, or tells one something.
struct InboxAnswer: Encodable {
  struct Operation: Encodable {
    var table: String
    var key: String
    var operation: String
    var column: String?
    var value: ValueAnswer
  }

  var id: String
  var kind: String
  var status: String
  var table: String
  var key: String
  var column: String?
  var policy: String?
  var rule: String?
  var message: String?
  var shown: String?
  var others: [String]
  /// What this device held as confirmed before a conflict came; absent where it held nothing.
  var base: [ValueAnswer]?
  var siblings: [WriteAnswer]
  /// What a refused transaction had done: the first thousand values of it, and how many there are.
  var operations: [Operation]
  var operationCount: Int
  var dependsOn: String?
  var dependents: [String]
  var opened: UInt64
  var openedAt: String?

  init(_ item: InboxItem) {
    id = item.id
    kind = item.kind.rawValue
    status = item.status.rawValue
    table = item.table
    key = item.key
    column = item.column
    policy = item.policy
    rule = item.rule
    message = item.message
    shown = item.shown
    others = item.others?.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) ?? []
    base = item.base.map(ValueAnswer.values)
    siblings = item.siblings.map(WriteAnswer.init)
    operations = item.operations.map {
      Operation(
        table: $0.table, key: $0.key, operation: $0.operation, column: $0.column, value: ValueAnswer($0.value))
    }
    operationCount = item.operationCount
    dependsOn = item.dependsOn
    dependents = item.dependents
    opened = item.opened
    openedAt = item.openedAt
  }
}

extension InboxItem {
  /// - Parameter subject: whom or what it is about, where that is known better than by the row's key.
  func heading(_ subject: String?) -> String {
    let word = kind.word
    let cell = column.map { Names.column($0, of: table) }
    if let subject { return word + "  " + subject + (cell.map { Language.say(", ", "，") + $0 } ?? "") }
    return word + "  " + (cell.map { Language.say("\($0) of ", "\($0)，") } ?? "") + "\(Names.table(table)) \(key)"
  }

  /// For people: what it is, and the values by their letters.
  ///
  /// - Parameter choice: what the row shows since a person has settled it here; nil where that is no value of a column.
  func text(_ time: LocalTime, about subject: String? = nil, choice: [Value]? = nil) -> String {
    func isShown(_ sibling: InboxValue) -> Bool {
      status == .answered ? choice.map { sibling.content == .values($0) } ?? false : sibling.isShown
    }
    var lines = [heading(subject) + "   [\(id)]"]
    if status == .answered { lines.append("  " + Language.say("settled here; waits for the hub", "本机已解决，待中心确认")) }
    if let rule { lines.append("  " + Language.say("rule \(rule)", "规则：\(Names.rule(rule))")) }
    if let message { lines.append("  " + Translation.said(message)) }
    switch kind {
    case .conflict:
      for (letter, sibling) in ChoiceLetter.lettered(siblings) {
        lines.append(
          "  \(letter)) \(sibling.text(time, column, of: table))\(isShown(sibling) ? Language.say("   * shown now", "   * 现显示") : "")"
        )
      }
      if let base { lines.append(Language.say("  before: ", "  此前：") + base.text(column, of: table)) }
    case .notice:
      for sibling in siblings {
        lines.append(
          "  " + (sibling.isShown ? Language.say("shown: ", "现显示：") : Language.say("yours: ", "您所写："))
            + sibling.text(time, column, of: table))
      }
    case .refused:
      lines += operations.prefix(20).map { operation in
        let column = operation.column.map {
          " \(Names.column($0, of: operation.table)) \(Names.value(operation.value, $0, of: operation.table))"
        }
        let row = "\(Names.table(operation.table)) \(operation.key)"
        return "  \(row): \(Names.operation(operation.operation))\(column ?? "")"
      }
      if operationCount > 20 {
        lines.append(Language.say("  and \(operationCount - 20) values more", "  另有\(operationCount - 20)个值"))
      }
      if let dependsOn { lines.append(Language.say("  builds on \(dependsOn)", "  依赖\(dependsOn)")) }
      if !dependents.isEmpty { lines.append(Language.say("  with it: ", "  一并：") + dependents.joined(separator: ", ")) }
    case .held: break
    }
    return lines.joined(separator: "\n")
  }
}

extension InboxItem.Kind {
  var word: String {
    switch self {
    case .conflict: Language.say("conflict", "冲突")
    case .notice: Language.say("notice", "通知")
    case .refused: Language.say("refused", "退回")
    case .held: Language.say("held", "暂存")
    }
  }
}

extension InboxValue {
  /// The value with who wrote it and when, as far as that is known.
  func text(_ local: LocalTime, _ column: String?, of table: String) -> String {
    let parts = [author, device, time.map(local.text) ?? ""].filter { !$0.isEmpty }
    return content.text(column, of: table) + (parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))")
  }
}

/// The values of a conflict are called a, b, c… in the order in which the hub took them: two people who talk of the same
/// conflict on two devices mean the same value.
enum ChoiceLetter {
  private static let letters = Array("abcdefghijklmnopqrstuvwxyz")

  /// Values beyond the letters have a space; such a conflict is settled by a value.
  static func lettered(_ values: [InboxValue]) -> [(letter: Character, value: InboxValue)] {
    let ordered = values.sorted { ($0.seq, $0.position) < ($1.seq, $1.position) }
    return ordered.enumerated().map { (letter: letters.indices.contains($0) ? letters[$0] : " ", value: $1) }
  }

  static func place(_ text: String) -> Int? {
    guard let letter = text.lowercased().first, text.count == 1 else { return nil }
    return letters.firstIndex(of: letter)
  }
}
