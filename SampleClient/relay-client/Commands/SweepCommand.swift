internal import ArgumentParser
internal import Organisation
internal import Relay

struct SweepCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Reach everybody, one by one, and write down what is missing.",
    subcommands: [Start.self, Next.self, Progress.self, Form.self, Listing.self, Close.self],
    defaultSubcommand: Progress.self)

  struct Start: ActCommand {
    static let configuration = CommandConfiguration(commandName: "start", abstract: "Open a sweep of your unit.")
    @OptionGroup var common: ActArguments
    @Argument(help: "What to call it.") var title: String
    @Option(help: ArgumentHelp("Until when.", valueName: "YYYY-MM-DD")) var to: String?
    @Option(help: "all, lost, at_risk or silent (region and committee).") var target = "all"
    @Option(
      name: .customLong("field"), help: "What to ask for, such as employer; may be repeated (region and committee).")
    var fields: [String] = []

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let id = try SweepDesk(desk).start(title, to: to, target: target, fields: fields, in: db)
      return .saved(Phrase("\(title) is open", "\(title)已开始"), id: id, ["sweep"])
    }
  }

  struct Next: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "next", abstract: "Whom to try next, with a number to reach them by.",
      discussion: "`contact log NUMBER CHANNEL OUTCOME --sweep open` enters what came of it.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The sweep's id or title; the open one, if it is not given.") var sweep: String?
    @Option(help: "How many.") var count = 5
    func page(_ look: Look) throws(RelayError) -> Page {
      try SweepPages.next(try Sweep.find(sweep, in: look.db), count: max(1, min(count, 10_000)), look)
    }
  }

  struct Progress: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "progress", abstract: "How many are reached, and how the others stand.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The sweep's id or title; the open one, if it is not given.") var sweep: String?
    func page(_ look: Look) throws(RelayError) -> Page {
      try SweepPages.progress(try Sweep.find(sweep, in: look.db), look)
    }
  }

  struct Form: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "form", abstract: "A sheet to take along: who, and what is wanted.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The sweep's id or title; the open one, if it is not given.") var sweep: String?
    func page(_ look: Look) throws(RelayError) -> Page { try SweepPages.form(try Sweep.find(sweep, in: look.db), look) }
  }

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Sweeps of all levels.")
    @OptionGroup var common: LookArguments
    func page(_ look: Look) throws(RelayError) -> Page { try SweepPages.list(look) }
  }

  struct Close: ActCommand {
    static let configuration = CommandConfiguration(commandName: "close", abstract: "Close a sweep.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The sweep's id or title; the open one, if it is not given.") var sweep: String?
    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let sweep = try Sweep.find(sweep, in: db)
      try SweepDesk(desk).close(sweep, in: db)
      return .saved(Phrase("\(sweep.title) is closed", "\(sweep.title)已结束"), id: sweep.id, ["state"])
    }
  }
}
