internal import ArgumentParser
internal import Organisation
internal import Relay

struct ActivityRateCommand: LookCommand {
  static let configuration = CommandConfiguration(
    commandName: "rate", abstract: "Of those who were expected, how many came.")
  @OptionGroup var common: LookArguments
  @Option(help: "Only of this unit.") var unit: String?
  @Option(help: "Only of this kind.") var kind: String?
  @Option(help: ArgumentHelp("From this day on; this year, if it is not given.", valueName: "YYYY-MM-DD")) var from:
    String?
  func page(_ look: Look) throws(RelayError) -> Page {
    try ActivityPages.rate(look, unit: unit, from: from, kind: kind)
  }
}

struct ActivityQuorumCommand: LookCommand {
  static let configuration = CommandConfiguration(
    commandName: "quorum", abstract: "May the meeting vote? More than half of the full members must be there.")
  @OptionGroup var common: LookArguments
  @Argument(help: "The activity's id, the start of it, or its title.") var activity: String
  func page(_ look: Look) throws(RelayError) -> Page {
    try ActivityPages.quorum(try Activity.find(activity, in: look.db), look)
  }
}

struct ActivityShareCommand: ActCommand {
  static let configuration = CommandConfiguration(
    commandName: "share", abstract: "Hold it together with other units; each marks its own members.")
  @OptionGroup var common: ActArguments
  @Argument(help: "The activity's id, the start of it, or its title.") var activity: String
  @Argument(help: "Units by code, id or name.") var units: [String]

  func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    let activity = try Activity.find(activity, in: db)
    try ActivityDesk(desk).change(activity, try assignments(units.map { "hosts+=" + $0 }), in: db)
    return .saved(
      Phrase(
        "\(activity.title) is shared with \(units.joined(separator: ", "))",
        "\(activity.title)与\(units.joined(separator: "、"))共办"),
      id: activity.id, ["hosts"])
  }
}

struct ActivityBooksCommand: ActCommand {
  static let configuration = CommandConfiguration(
    commandName: "books", abstract: "Count books that were handed out: +3, or fewer with a minus.")
  @OptionGroup var common: ActArguments
  @Argument(help: "The activity's id, the start of it, or its title.") var activity: String
  @Argument(parsing: .allUnrecognized, help: "How many, such as +3.") var books: [String] = []

  func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    guard books.count == 1, let count = SignedNumber(argument: books[0])?.value else {
      throw RelayError(.usage, "a number of books is needed, such as +3", advice: "Nothing was changed.")
    }
    let activity = try Activity.find(activity, in: db)
    var door = ActivityDesk.Attendance()
    door.books = count
    let marked = try ActivityDesk(desk).attend(door, at: activity, in: db)
    return .saved(
      Phrase("\(marked.books) books so far", "共发放\(marked.books)本"), id: activity.id, ["books_given"],
      [Page.Fact(key: "books", name: Phrase("books", "书籍"), value: .number(marked.books))])
  }
}
