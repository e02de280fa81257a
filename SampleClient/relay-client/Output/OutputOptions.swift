internal import ArgumentParser
internal import Organisation
internal import Relay

/// How an answer is given.
struct OutputOptions: ParsableArguments {
  @Flag(name: .customLong("json"), help: "Answer with a JSON object.")
  var isJSON = false

  @Flag(name: .customLong("csv"), help: "Answer with tables for a spreadsheet, where there are tables.")
  var isCSV = false

  /// One page in the form that was asked for.
  func say(_ page: Page, _ language: Language) throws(RelayError) {
    if isJSON {
      try Output.json(page.json)
    } else if isCSV {
      print(page.csv, terminator: "")
    } else {
      print(page.text(language))
    }
  }
}
