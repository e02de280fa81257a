internal import ArgumentParser
internal import Organisation
internal import Relay

struct DuesPlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "What a member pays a month.", subcommands: [Set.self, Listing.self],
    defaultSubcommand: Listing.self)

  struct Set: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "set", abstract: "A new rate from a month on (committee); what was before stays.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The member's number, id or name.") var member: String
    @Option(help: "The sum a month.") var monthly: String?
    @Option(help: "declared, default, assessed or waived.") var basis = "declared"
    @Option(help: "The income that it follows from; it never leaves the committee.") var base: String?
    @Option(help: ArgumentHelp("The first month; this one, if it is not given.", valueName: "YYYY-MM")) var from:
      String?

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let member = try Member.find(member, in: db)
      let id = try DuesPlanDesk(desk).plan(
        member, from: from, monthly: monthly, base: base, basis: basis, in: db)
      return .saved(Phrase("\(member.title): planned", "\(member.titleInChinese)：已核定"), id: id, ["dues_plan"])
    }
  }

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "A member's rates.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The member's number, id or name.") var member: String
    func page(_ look: Look) throws(RelayError) -> Page {
      try DuesPages.plans(try Member.find(member, in: look.db), look)
    }
  }
}

struct DuesWaiveCommand: ActCommand {
  static let configuration = CommandConfiguration(
    commandName: "waive", abstract: "Months that a member need not pay (committee).")
  @OptionGroup var common: ActArguments
  @Argument(help: "The member's number, id or name.") var member: String
  @Argument(help: "The first month, YYYY-MM.") var from: String
  @Argument(help: "The last month, YYYY-MM.") var to: String
  @Option(help: "Why.") var note: String?

  func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    let member = try Member.find(member, in: db)
    let id = try DuesPlanDesk(desk).waive(member, from: from, to: to, note: note, in: db)
    return .saved(
      Phrase("\(member.title): \(from) to \(to) waived", "\(member.titleInChinese)：减免\(from)至\(to)"), id: id,
      ["dues_entry"])
  }
}

struct DuesHandoverCommand: LookCommand {
  static let configuration = CommandConfiguration(
    commandName: "handover", abstract: "The cash that a branch took, receipt by receipt, for the counter.")
  @OptionGroup var common: LookArguments
  @Argument(help: "The branch.") var unit: String
  @Option(help: ArgumentHelp("From this day on; this month, if it is not given.", valueName: "YYYY-MM-DD")) var from:
    String?
  func page(_ look: Look) throws(RelayError) -> Page {
    let from = from ?? look.day.text.prefix(7) + "-01"
    return try DuesPages.handover(try look.unit(here: unit), from: from, look)
  }
}
