internal import ArgumentParser
internal import Organisation
internal import Relay

// The kinds of requests about a member that have a word of their own.

struct AbroadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "abroad", abstract: "Going abroad: keep or suspend membership, and come back.",
    subcommands: [Keep.self, Suspend.self, Return.self, Listing.self], defaultSubcommand: Listing.self)

  struct Keep: MemberRequestCommand {
    static let kind = "keep_membership"
    static let configuration = CommandConfiguration(
      commandName: "keep", abstract: "Ask to keep membership while abroad.")
    @OptionGroup var common: ActArguments
    @OptionGroup var arguments: MemberRequest
  }

  struct Suspend: MemberRequestCommand {
    static let kind = "suspend_membership"
    static let configuration = CommandConfiguration(
      commandName: "suspend", abstract: "Ask to suspend membership of who settles abroad.")
    @OptionGroup var common: ActArguments
    @OptionGroup var arguments: MemberRequest
  }

  struct Return: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "return", abstract: "The member says to be back; it opens the request to restore.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The member's number, id or name.") var member: String
    @Option(help: ArgumentHelp("Since when.", valueName: "YYYY-MM-DD")) var from: String?
    @Option(help: "What was said.") var reason = "returned"

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let member = try Member.find(member, in: db)
      var new = DeclarationDesk.New(topic: "returned", body: reason)
      new.effectiveOn = from
      let id = try DeclarationDesk(desk).declare(new, for: member, in: db)
      return .saved(
        Phrase(
          "\(member.title): the return is declared; the office opens the request",
          "\(member.titleInChinese)：已申报归来，由办公室提出恢复申请"),
        id: id, ["declaration"])
    }
  }

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Stays abroad and what is asked about them.")
    @OptionGroup var common: LookArguments
    @Flag(help: "Also those that are decided.") var all = false

    func page(_ look: Look) throws(RelayError) -> Page {
      var filter = RequestPages.Filter()
      filter.kinds = ["keep_membership", "suspend_membership", "restore_membership"]
      filter.all = all
      return try RequestPages.list(filter, look)
    }
  }
}
