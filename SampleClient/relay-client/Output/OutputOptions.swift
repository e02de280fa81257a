internal import ArgumentParser
internal import Organisation
internal import Relay

/// A command whose answer has tables, for `--csv`. Any other refuses it: nobody should take a text for a table.
protocol TableCommand: ParsableCommand {}

enum TableCheck {
  /// - Throws: `usage` where a table is asked for and the command has none.
  static func check(_ command: any ParsableCommand, _ arguments: [String]) throws(RelayError) {
    guard arguments.prefix(while: { $0 != "--" }).contains("--csv"), !(command is any TableCommand) else { return }
    throw RelayError(
      .usage, "the answer of this command is no table",
      advice: "Nothing was changed. Leave --csv out, or ask with --json.")
  }
}

/// How an answer is given.
struct OutputOptions: ParsableArguments {
  @Flag(name: .customLong("json"), help: "Answer with a JSON object.")
  var isJSON = false

  @Flag(name: .customLong("csv"), help: "Answer with tables for a spreadsheet, where there are tables.")
  var isCSV = false

  @OptionGroup var speech: SpeechOptions

  /// One page in the form that was asked for.
  func say(_ page: Page, _ language: Language) throws(RelayError) {
    if isJSON {
      try Output.json(page.json)
    } else if isCSV {
      print(page.csv(language), terminator: "")
    } else {
      print(page.text(language))
    }
  }
}
