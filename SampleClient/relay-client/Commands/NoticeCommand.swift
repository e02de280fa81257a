internal import ArgumentParser
internal import Organisation
internal import Relay

struct NoticeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notice", abstract: "What is announced, and who was told.",
    subcommands: [Listing.self, Show.self, Post.self, Told.self, Export.self], defaultSubcommand: Listing.self)

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Notices that hold.")
    @OptionGroup var common: LookArguments
    @Flag(help: "Also those that have expired.") var all = false
    func page(_ look: Look) throws(RelayError) -> Page { try NoticePages.list(look, all: all) }
  }

  struct Show: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "One notice, and who was not told yet.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The notice's id, the start of it, or its title.") var notice: String
    func page(_ look: Look) throws(RelayError) -> Page { try NoticePages.show(notice, look) }
  }

  struct Post: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "post", abstract: "Announce something to your unit and those below it.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The title.") var title: String
    @Argument(help: "The text.") var body: String
    @Option(name: .customLong("for"), help: "branch, below or secretaries.") var audience: String?
    @Option(help: ArgumentHelp("Until when it holds.", valueName: "YYYY-MM-DD")) var until: String?
    @Flag(help: "Ask members to confirm it.") var receipt = false

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let id = try NoticeDesk(desk).post(
        title, body: body, audience: audience, expires: until, needsReceipt: receipt, in: db)
      return .saved(Phrase("\(title) is announced", "\(title)已发布"), id: id, ["notice"])
    }
  }

  struct Told: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "told", abstract: "Write down who was told.",
      discussion: "The channel `self` means that the member confirmed it; that is a contact.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The notice's id, the start of it, or its title.") var notice: String
    @Argument(help: "Members by number, id or name.") var members: [String] = []
    @Flag(help: "Every active member of your branch.") var all = false
    @Option(help: "self, mobile, phone, chat, email, visit, meeting or post.") var by = "chat"

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let count = try NoticeDesk(desk).tell(notice, to: members, everybody: all, channel: by, in: db)
      return .saved(
        Phrase("\(count) told for the first time", "新传达\(count)人"), id: try NoticePages.find(notice, in: db),
        count == 0 ? [] : ["notice_receipt"],
        [Page.Fact(key: "told", name: Phrase("told", "传达"), value: .number(count))])
    }
  }

  struct Export: LookCommand {
    static let configuration = CommandConfiguration(commandName: "export", abstract: "The text to paste into a chat.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The notice's id, the start of it, or its title.") var notice: String
    func page(_ look: Look) throws(RelayError) -> Page { try NoticePages.export(notice, look) }
  }
}
