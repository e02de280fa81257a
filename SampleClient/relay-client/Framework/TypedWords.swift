internal import ArgumentParser
internal import Organisation

/// What people type: `help ask` is a command of the organisation, and a wrong word is answered with the nearest ones.
enum TypedWords {
  static func expanded(_ arguments: [String]) -> [String] {
    let arguments = signed(arguments)
    guard let at = arguments.firstIndex(of: "help"), at + 1 < arguments.count, arguments[at + 1] == "ask" else {
      return arguments
    }
    return Array(arguments[..<at]) + ["assistance"] + Array(arguments[(at + 1)...])
  }

  /// A number below zero in the place of a word is no option: it gets the sign of arithmetic, which no option begins with.
  /// What follows an option belongs to it.
  private static func signed(_ arguments: [String]) -> [String] {
    let flags = ["--json", "--csv"]
    return arguments.enumerated().map { at, word in
      let isOptions = at > 0 && arguments[at - 1].hasPrefix("--") && !flags.contains(arguments[at - 1])
      guard !isOptions, word.first == "-", let next = word.dropFirst().first, next.isASCII, next.isNumber
      else { return word }
      return SignedNumber.minus + word.dropFirst()
    }
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

/// A whole number that may be below zero, where a word stands and not an option.
struct SignedNumber: ExpressibleByArgument {
  static let minus = "\u{2212}"

  let value: Int

  init?(argument: String) {
    guard let value = Int(argument.replacing(Self.minus, with: "-")) else { return nil }
    self.value = value
  }
}

/// The version of the app, which devices tell the committee.
enum ClientVersion {
  static let text = "0.2.0"
}
