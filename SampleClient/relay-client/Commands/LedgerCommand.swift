internal import ArgumentParser
internal import Organisation
internal import Relay

struct LedgerCommand: LookCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger", abstract: "The work ledger: what was done, by day.")
  @OptionGroup var common: LookArguments
  @Option(help: "Only of this unit.") var unit: String?
  @Option(help: ArgumentHelp("From this day on; this month, if it is not given.", valueName: "YYYY-MM-DD")) var from:
    String?
  @Option(help: "The most entries, the newest.") var most = 500
  func page(_ look: Look) throws(RelayError) -> Page {
    try WorkLedger.page(look, unit: unit, from: from, most: max(1, min(most, 100_000)))
  }
}
