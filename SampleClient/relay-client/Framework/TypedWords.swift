internal import ArgumentParser
internal import Organisation

/// What people type: `help ask` is a command of the organisation, and a wrong word is answered with the nearest ones.
enum TypedWords {
  static func expanded(_ arguments: [String]) -> [String] {
    guard let at = arguments.firstIndex(of: "help"), at + 1 < arguments.count, arguments[at + 1] == "ask" else {
      return arguments
    }
    return Array(arguments[..<at]) + ["assistance"] + Array(arguments[(at + 1)...])
  }

  /// - Returns: what may have been meant; nil where every word is a known one, or none is near.
  static func nearest(_ arguments: [String], in root: any ParsableCommand.Type) -> String? {
    var group = root
    var skipsValue = false
    for argument in arguments {
      if skipsValue {
        skipsValue = false
        continue
      }
      if argument.hasPrefix("-") {
        // An option of the file or the language takes the next word along.
        skipsValue = ["--replica", "--lang", "--schema", "--ddl", "--as"].contains(argument)
        continue
      }
      let subcommands = group.configuration.subcommands
      guard !subcommands.isEmpty else { return nil }
      if let next = subcommands.first(where: { $0._commandName == argument }) {
        group = next
        continue
      }
      let near = subcommands.map { ($0._commandName, distance(argument, $0._commandName)) }
        .filter { $0.1 <= max(1, argument.count / 3) || $0.0.hasPrefix(argument) }
        .sorted { ($0.1, $0.0) < ($1.1, $1.0) }.prefix(3).map(\.0)
      guard !near.isEmpty else {
        // Of the first words there are too many for a line; `--help` tells them.
        guard ObjectIdentifier(group) != ObjectIdentifier(root),
          group.configuration.defaultSubcommand?.configuration.commandName != "show"
        else { return nil }
        let list = subcommands.map { $0._commandName }.joined(separator: ", ")
        return Language.say("'\(argument)' is no command here. There are: \(list).", "没有“\(argument)”这个命令。现有：\(list)。")
      }
      let list = near.joined(separator: ", ")
      return Language.say(
        "'\(argument)' is no command here. Did you mean: \(list)?", "没有“\(argument)”这个命令。是否指：\(list)？")
    }
    return nil
  }

  /// Edits between two words (Levenshtein; a swap of neighbours counts two).
  static func distance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a.unicodeScalars.prefix(40)), Array(b.unicodeScalars.prefix(40)))
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var before = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let here = x == y ? before : min(before, row[j], row[j + 1]) + 1
        before = row[j + 1]
        row[j + 1] = here
      }
    }
    return row[b.count]
  }
}

/// The version of the app, which devices tell the committee.
enum ClientVersion {
  static let text = "0.2.0"
}
