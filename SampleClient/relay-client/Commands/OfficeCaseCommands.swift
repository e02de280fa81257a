internal import ArgumentParser
internal import Organisation
internal import Relay

struct OfficeCaseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "case", abstract: "Restricted cases: on this device of the committee alone, never sent.",
    discussion: "Whoever lists, reads or changes them is noted; `office trail` tells.",
    subcommands: [Listing.self, Show.self, Open.self, Close.self], defaultSubcommand: Listing.self)

  struct Listing: ActCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "All cases, without their texts.")
    @OptionGroup var common: ActArguments
    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      try CaseDesk(desk).list(in: db)
    }
  }

  struct Show: ActCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "One case.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The case's id or the start of it.") var id: String
    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      try CaseDesk(desk).page(of: id, in: db)
    }
  }

  struct Open: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "open", abstract: "Open a case about a member.",
      discussion: "No branch is told. What follows for the member is said by `member leave` or `member edit`.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The member's number, id or name.") var member: String
    @Option(help: "Who referred it.") var referredBy: String?
    @Option(help: "What it is about.") var text: String?
    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let member = try Member.find(member, in: db)
      let id = try CaseDesk(desk).open(member, referredBy: referredBy, text: text, in: db)
      return .saved(Phrase("case opened", "已立案"), id: id, ["office_restricted_case"])
    }
  }

  struct Close: ActCommand {
    static let configuration = CommandConfiguration(commandName: "close", abstract: "Close a case with its outcome.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The case's id or the start of it.") var id: String
    @Option(help: "The outcome.") var outcome: String
    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let id = try CaseDesk(desk).close(id, outcome: outcome, in: db)
      return .saved(Phrase("case closed", "已结案"), id: id, ["outcome"])
    }
  }
}

struct OfficeTrailCommand: LookCommand {
  static let configuration = CommandConfiguration(
    commandName: "trail", abstract: "What was given away on this device, and who looked at a case.",
    discussion: """
      Every table, page and list that leaves the committee is noted before it is written, and so is every look at a case.
      """)
  @OptionGroup var common: LookArguments
  @Option(help: ArgumentHelp("Since when.", valueName: "YYYY-MM-DD")) var from: String?
  func page(_ look: Look) throws(RelayError) -> Page { try Trail.page(look, from: from) }
}
