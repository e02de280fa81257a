internal import ArgumentParser
internal import Organisation
internal import Relay

struct PointsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "points", abstract: "Points: what they come from, and the way to paying online.",
    subcommands: [Check.self, Chart.self, Add.self])

  struct Check: LookCommand {
    static let configuration = CommandConfiguration(commandName: "check", abstract: "One member's points of the year.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The member's number, id or name.") var member: String
    func page(_ look: Look) throws(RelayError) -> Page {
      try PointsPages.check(try Member.find(member, in: look.db), look)
    }
  }

  struct Chart: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "chart", abstract: "Twelve months as bars, with the gate.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The member's number, id or name; everybody here, if nobody is named.") var member: String?
    func page(_ look: Look) throws(RelayError) -> Page {
      try PointsPages.chart(try member.map { (who) throws(RelayError) in try Member.find(who, in: look.db) }, look)
    }
  }

  struct Add: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "add", abstract: "Points for study or service (region, committee).")
    @OptionGroup var common: ActArguments
    @Argument(help: "The member's number, id or name.") var member: String
    @Argument(help: "How many.") var points: SignedNumber
    @Option(help: "study, service or adjustment.") var why = "study"
    @Option(help: ArgumentHelp("The day, if not today.", valueName: "YYYY-MM-DD")) var on: String?
    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let member = try Member.find(member, in: db)
      let id = try PointsDesk(desk).add(points.value, why: why, to: member, on: on, in: db)
      return .saved(
        Phrase("\(member.title): \(points.value) points", "\(member.titleInChinese)：\(points.value)分"), id: id,
        ["points_entry"])
    }
  }
}
