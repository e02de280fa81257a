internal import ArgumentParser
internal import Organisation
internal import Relay

struct AppraiseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "appraise", abstract: "The yearly appraisal: own, peers, branch, committee.",
    subcommands: [Enter.self, Listing.self], defaultSubcommand: Listing.self)

  struct Enter: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "enter", abstract: "Enter one stage of a member's appraisal.",
      discussion: """
        Stages: self, peer, branch_proposal, committee_result. A peer's ballot goes up and leaves this device; who gave it \
        is never told.
        """)
    @OptionGroup var common: ActArguments
    @Argument(help: "The member's number, id or name.") var member: String
    @Argument(help: "The stage.") var stage: String
    @Argument(help: "excellent, good, fair or poor.") var grade: String?
    @Option(help: "The round: a year; this one, if it is not given.") var round: String?
    @Option(help: "Of a peer's ballot: who gives it.") var voter: String?
    @Option(help: "Words beside the grade.") var text: String?

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let member = try Member.find(member, in: db)
      let voter = try voter.map { (who) throws(RelayError) in try Member.find(who, in: db) }
      let id = try AppraisalDesk(desk).enter(
        round ?? String(desk.today.text.prefix(4)), stage, grade, for: member, voter: voter, text: text, in: db)
      return .saved(Phrase("\(member.title): entered", "\(member.titleInChinese)：已记录"), id: id, ["appraisal_entry"])
    }
  }

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "A round: how far every member is.")
    @OptionGroup var common: LookArguments
    @Option(help: "The round: a year; this one, if it is not given.") var round: String?
    @Option(help: "Only of this unit.") var unit: String?
    func page(_ look: Look) throws(RelayError) -> Page {
      try AppraisalPages.round(round ?? String(look.day.text.prefix(4)), unit: unit, look)
    }
  }
}
