internal import ArgumentParser
internal import Organisation
internal import Relay

struct DeclareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "declare", abstract: "What a member says of residence, work, income, going abroad.",
    subcommands: [Add.self, Listing.self], defaultSubcommand: Add.self)

  struct Add: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "add", abstract: "Write down what was declared.",
      discussion: """
        Topics: residence, employment, contact, income_base, going_abroad, returned, retired, data_request, other. The \
        member's own word outranks an officer's, and what others say never outranks either.
        """)
    @OptionGroup var common: ActArguments
    @Argument(help: "The member's number, id or name.") var member: String
    @Argument(help: "The topic.") var topic: String
    @Argument(help: "What was said.") var body: String
    @Option(help: "Whose word: self, officer or third_party.") var by = "self"
    @Option(help: ArgumentHelp("From when on.", valueName: "YYYY-MM-DD")) var from: String?
    @Option(help: ArgumentHelp("Until when.", valueName: "YYYY-MM-DD")) var until: String?
    @Option(help: "The declaration that it corrects.") var corrects: String?
    @Option(help: ArgumentHelp("The day on which it was said, if not today.", valueName: "YYYY-MM-DD")) var on: String?

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let member = try Member.find(member, in: db)
      var new = DeclarationDesk.New(topic: topic, body: body)
      (new.by, new.effectiveOn, new.untilOn, new.supersedes, new.madeOn) = (by, from, until, corrects, on)
      let id = try DeclarationDesk(desk).declare(new, for: member, in: db)
      return .saved(Phrase("\(member.title): declared", "\(member.titleInChinese)：已申报"), id: id, ["declaration"])
    }
  }

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "What a member declared, and what holds.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The member's number, id or name.") var member: String
    func page(_ look: Look) throws(RelayError) -> Page {
      try DeclarationDesk.page(try Member.find(member, in: look.db), look)
    }
  }
}
