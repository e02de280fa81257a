internal import ArgumentParser
internal import Organisation
internal import Relay

/// `help ask`: what a member needs.
struct AssistanceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assistance", abstract: "What a member needs: ask for help (also written `help ask`).",
    subcommands: [Ask.self, Listing.self], defaultSubcommand: Listing.self)

  struct Ask: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "ask", abstract: "Ask the committee for help with a member's need.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The member's number, id or name.") var member: String
    @Option(help: "visit, advice, job, housing, medical or other.") var type = "other"
    @Option(help: "What the person needs; seen by the branch and the committee.") var need: String

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      guard ["visit", "advice", "job", "housing", "medical", "other"].contains(type) else {
        throw RelayError(
          .valueNotAllowed, "'\(type)' is no type", advice: "It is visit, advice, job, housing, medical or other.")
      }
      let member = try Member.find(member, in: db)
      var opening = RequestDesk.Opening("assistance")
      (opening.title, opening.need) = ("\(type): \(member.title)", need)
      let id = try RequestDesk(desk).open(opening, about: member, in: db)
      return .saved(Phrase("\(member.title): help asked for", "\(member.titleInChinese)：已申请帮扶"), id: id, ["request"])
    }
  }

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Needs that are open.")
    @OptionGroup var common: LookArguments
    @Flag(help: "Also those that are decided.") var all = false

    func page(_ look: Look) throws(RelayError) -> Page {
      var filter = RequestPages.Filter()
      (filter.kinds, filter.all) = (["assistance"], all)
      return try RequestPages.list(filter, look)
    }
  }
}
