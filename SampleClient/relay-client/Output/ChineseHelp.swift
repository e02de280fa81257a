internal import ArgumentParser
internal import Foundation
internal import Organisation

/// The help of a command in Chinese, from the same description as the English one.
enum ChineseHelp {
  struct Tool: Decodable { var command: Command }

  struct Command: Decodable {
    var commandName: String
    var abstract: String?
    var discussion: String?
    var subcommands: [Command]?
    var arguments: [Argument]?
  }

  struct Argument: Decodable {
    struct Name: Decodable {
      var kind: String
      var name: String

      var text: String { (kind == "long" ? "--" : "-") + name }
    }

    var kind: String
    var shouldDisplay: Bool
    var isOptional: Bool
    var isRepeating: Bool
    var names: [Name]?
    var valueName: String?
    var defaultValue: String?
    var abstract: String?

    /// As it is typed.
    var label: String {
      let value = valueName.map { "<\($0)>" } ?? ""
      guard kind != "positional" else { return value }
      let spelled = (names ?? []).map(\.text).joined(separator: ", ")
      return kind == "flag" ? spelled : spelled + " " + value
    }

    /// As the usage line has it.
    var usage: String {
      let text =
        (kind == "positional"
          ? valueName.map { "<\($0)>" } : names?.last.map { $0.text + (kind == "flag" ? "" : " <\(valueName ?? "")>") })
        ?? ""
      let repeated = text + (isRepeating ? " …" : "")
      return isOptional ? "[\(repeated)]" : repeated
    }
  }

  /// Everything there is to be helped with.
  static func tool() throws -> Tool {
    try JSONDecoder().decode(Tool.self, from: Data(RelayClient._dumpHelp().utf8))
  }

  /// The help of the command that the words name.
  static func page(_ words: [String]) -> String? {
    guard var command = try? tool().command else { return nil }
    var path = [command.commandName]
    // `help dues` asks for the help of `dues`, as `dues --help` does.
    for (at, word) in words.enumerated() where !word.hasPrefix("-") {
      if word == "help", path.count == 1, at + 1 < words.count { continue }
      guard let next = command.subcommands?.first(where: { $0.commandName == word }) else { continue }
      command = next
      path.append(word)
    }
    return text(command, path.joined(separator: " "))
  }

  private static func text(_ command: Command, _ path: String) -> String {
    let shown = (command.arguments ?? []).filter(\.shouldDisplay)
    let subcommands = (command.subcommands ?? []).filter { $0.commandName != "help" }
    let usage = shown.filter { $0.kind == "positional" || !$0.isOptional }.map(\.usage)
    var blocks = [Translation.chinese(command.abstract ?? "") ?? command.abstract ?? ""]
    if let discussion = command.discussion, !discussion.isEmpty {
      blocks.append(Translation.chinese(discussion) ?? discussion)
    }
    blocks.append("用法：\(path)" + (subcommands.isEmpty ? "" : " 命令") + " [选项] " + usage.joined(separator: " "))
    for (title, arguments) in [
      ("参数：", shown.filter { $0.kind == "positional" }), ("选项：", shown.filter { $0.kind != "positional" }),
    ] where !arguments.isEmpty {
      blocks.append(title + "\n" + rows(arguments.map { ($0.label, said($0)) }))
    }
    if !subcommands.isEmpty {
      let list = subcommands.map { ($0.commandName, Translation.chinese($0.abstract ?? "") ?? $0.abstract ?? "") }
      blocks.append("命令：\n" + rows(list) + "\n\n用 \(path) 命令 --help 查看各命令。")
    }
    return blocks.joined(separator: "\n\n")
  }

  private static func said(_ argument: Argument) -> String {
    let text = argument.abstract.map { Translation.chinese($0) ?? $0 } ?? ""
    return text + (argument.defaultValue.map { "（默认：\($0)）" } ?? "")
  }

  private static func rows(_ rows: [(label: String, text: String)]) -> String {
    let width = min(30, rows.map(\.label.count).max() ?? 0) + 2
    return rows.map { "  " + Columns.padded($0.label, width) + $0.text }.joined(separator: "\n")
  }

  /// A misuse of the command line as the parser tells it, in Chinese.
  static func misuse(_ message: String) -> String { "用法不对：" + (Translation.chinese(message) ?? message) }
}
