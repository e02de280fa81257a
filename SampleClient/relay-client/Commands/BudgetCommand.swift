internal import ArgumentParser
internal import Organisation
internal import Relay

struct BudgetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "budget", abstract: "Money for training and activities: ask, line by line.",
    subcommands: [New.self, Line.self, Change.self, Remove.self, Show.self, Listing.self],
    defaultSubcommand: Listing.self)

  struct New: ActCommand {
    static let configuration = CommandConfiguration(commandName: "new", abstract: "Ask for a budget.")
    @OptionGroup var common: ActArguments
    @Argument(help: "What it is for.") var title: String
    @Flag(help: "For training.") var training = false
    @Flag(help: "For an activity.") var activity = false
    @Option(name: .customLong("line"), help: "item:quantity:price; may be repeated.") var lines: [String] = []
    @Option(help: "Why.") var reason: String?

    func validate() throws {
      guard training != activity else { throw ValidationError("--training or --activity") }
    }

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      var opening = RequestDesk.Opening(training ? "budget_training" : "budget_activity")
      (opening.title, opening.reason) = (title, reason)
      let id = try RequestDesk(desk).open(opening, about: nil, in: db)
      for line in lines {
        let parts = line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let quantity = Int(parts[1]) else {
          throw RelayError(
            .valueNotAllowed, "'\(line)' is no line", advice: "Nothing was changed. Write item:quantity:price.")
        }
        _ = try RequestDesk(desk).addLine(
          to: id, item: parts[0], quantity: quantity, price: parts[2], note: nil, in: db)
      }
      return .saved(Phrase("\(title): asked for", "\(title)：已申请"), id: id, ["request"])
    }
  }

  struct Line: ActCommand {
    static let configuration = CommandConfiguration(commandName: "line", abstract: "Add a line.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The budget's id, or the start of it.") var budget: String
    @Argument(help: "What.") var item: String
    @Argument(help: "How many.") var quantity: SignedNumber
    @Argument(help: "The price of one.") var price: String
    @Option(help: "A remark.") var note: String?

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let id = try RequestDesk(desk).addLine(
        to: budget, item: item, quantity: quantity.value, price: price, note: note, in: db)
      return .saved(Phrase("\(item) added", "\(item)已添加"), id: id, ["request_line"])
    }
  }

  struct Change: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "change", abstract: "Change a line: item, quantity, unit_fen, note.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The line's id, as `budget show` lists it.") var line: String
    @Argument(help: ArgumentHelp("What to change.", valueName: "column=value")) var changes: [String]

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let changes = try assignments(changes)
      try RequestDesk(desk).changeLine(line, changes, in: db)
      return .saved(Phrase("line saved", "明细已保存"), id: line, changes.map(\.column))
    }
  }

  struct Remove: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove", abstract: "Take a line out while nothing is decided.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The line's id.") var line: String

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      try RequestDesk(desk).removeLine(line, in: db)
      return .saved(Phrase("line removed", "明细已删除"), id: line, ["request_line"])
    }
  }

  struct Show: LookCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "One budget: lines, sums, steps.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The budget's id, or the start of it.") var budget: String
    func page(_ look: Look) throws(RelayError) -> Page { try RequestPages.show(budget, look) }
  }

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Budgets, the decided ones too.")
    @OptionGroup var common: LookArguments
    @Option(help: "Only of this unit.") var unit: String?

    func page(_ look: Look) throws(RelayError) -> Page {
      var filter = RequestPages.Filter()
      (filter.kinds, filter.all, filter.unit) = (["budget_training", "budget_activity"], true, unit)
      return try RequestPages.list(filter, look)
    }
  }
}
