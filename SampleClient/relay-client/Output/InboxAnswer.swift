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
  private func heading(_ subject: String?) -> String {
    let words: [Kind: String] = [.conflict: "冲突", .notice: "通知", .refused: "退回", .held: "暂存"]
    let cell = column.map { Language.say("\($0) of ", Translation.said($0) + "，") } ?? ""
    let word = Language.say(kind.rawValue, words[kind] ?? kind.rawValue)
    guard let subject else { return word + "  \(cell)\(table) \(key)" }
    return word + "  " + Translation.said(subject) + (column.map { ", " + Translation.said($0) } ?? "")
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
    if let rule { lines.append("  " + Language.say("rule \(rule)", "规则\(rule)")) }
    if let message { lines.append("  " + Translation.said(message)) }
    switch kind {
    case .conflict:
      for sibling in siblings {
        let letter = ChoiceLetter.letter(sibling.position).map { "\($0))" } ?? " "
        lines.append(
          "  \(letter) \(sibling.text(time))\(isShown(sibling) ? Language.say("   * shown now", "   * 现显示") : "")")
      }
      if let base { lines.append(Language.say("  before: ", "  此前：") + base.text) }
    case .notice:
      for sibling in siblings {
        lines.append(
          "  " + (sibling.isShown ? Language.say("shown: ", "现显示：") : Language.say("yours: ", "您所写："))
            + sibling.text(time))
      }
    case .refused:
      lines += operations.prefix(20).map { operation in
        let column = operation.column.map { " \($0) \(operation.value)" } ?? ""
        return "  \(operation.table) \(operation.key): \(operation.operation)\(column)"
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

extension InboxValue {
  /// The value with who wrote it and when, as far as that is known.
  func text(_ local: LocalTime) -> String {
    let parts = [author, device, time.map(local.text) ?? ""].filter { !$0.isEmpty }
    return content.text + (parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))")
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
