internal import ArgumentParser
internal import Organisation
internal import Relay

/// What waits for whom, of every kind, in one place.
struct RequestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "request", abstract: "Requests of every kind: what waits for whom.",
    subcommands: [
      Listing.self, Show.self, Explain.self, Approve.self, Refuse.self, Withdraw.self, Reopen.self, Complete.self,
      Accept.self, Release.self, Comment.self,
    ], defaultSubcommand: Listing.self)

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Requests that are open, oldest first.")
    @OptionGroup var common: LookArguments
    @Option(name: .customLong("kind"), help: "Only of this kind, such as transfer_out; may be repeated.") var kinds:
      [String] = []
    @Option(help: "Only in this state, such as accepted.") var state: String?
    @Option(help: "Only of this unit.") var unit: String?
    @Option(help: "Only about this member.") var member: String?
    @Option(help: "Only of this year.") var year: String?
    @Flag(help: "Also those that are decided or stopped.") var all = false

    func page(_ look: Look) throws(RelayError) -> Page {
      var filter = RequestPages.Filter()
      (filter.kinds, filter.state, filter.unit, filter.member) = (kinds, state, unit, member)
      (filter.year, filter.all) = (year, all || year != nil || state != nil)
      return try RequestPages.list(filter, look)
    }
  }

  struct Show: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "One request with every step and its reason.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The request's id, or the start of it.") var request: String
    func page(_ look: Look) throws(RelayError) -> Page { try RequestPages.show(request, look) }
  }

  struct Explain: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "explain", abstract: "The service guide: which steps a kind of request needs, and what follows.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The kind, such as transfer_internal, keep_membership or budget_activity.") var kind: String
    func page(_ look: Look) throws(RelayError) -> Page { try RequestPages.explain(kind) }
  }

  struct Approve: RequestStepCommand {
    static let step = "approve"
    static let configuration = CommandConfiguration(
      commandName: step, abstract: "The committee approves; of a budget, the lines as it sees them.")
    @OptionGroup var common: ActArguments
    @OptionGroup var arguments: StepTarget
  }

  struct Refuse: ActCommand {
    static let configuration = CommandConfiguration(commandName: "refuse", abstract: "Stop it, and say why.")
    @OptionGroup var common: ActArguments
    @OptionGroup var arguments: StepTarget
    @Option(help: "The reason that all sides read.") var why: String

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let note = arguments.note.map { "\(why): \($0)" } ?? why
      return try arguments.take("refuse", note: note, desk, db)
    }
  }

  struct Withdraw: RequestStepCommand {
    static let step = "withdraw"
    static let configuration = CommandConfiguration(commandName: step, abstract: "Take your own request back.")
    @OptionGroup var common: ActArguments
    @OptionGroup var arguments: StepTarget
  }

  struct Reopen: RequestStepCommand {
    static let step = "reopen"
    static let configuration = CommandConfiguration(commandName: step, abstract: "Go on with one that was stopped.")
    @OptionGroup var common: ActArguments
    @OptionGroup var arguments: StepTarget
  }

  struct Complete: RequestStepCommand {
    static let step = "complete"
    static let configuration = CommandConfiguration(
      commandName: step, abstract: "The other organisation's receipt of somebody who left is here.")
    @OptionGroup var common: ActArguments
    @OptionGroup var arguments: StepTarget
  }

  struct Accept: RequestStepCommand {
    static let step = "accept"
    static let configuration = CommandConfiguration(commandName: step, abstract: "The in-branch takes the member.")
    @OptionGroup var common: ActArguments
    @OptionGroup var arguments: StepTarget
  }

  struct Release: RequestStepCommand {
    static let step = "release"
    static let configuration = CommandConfiguration(commandName: step, abstract: "The out-branch lets the member go.")
    @OptionGroup var common: ActArguments
    @OptionGroup var arguments: StepTarget
  }

  struct Comment: RequestStepCommand {
    static let step = "comment"
    static let configuration = CommandConfiguration(
      commandName: step, abstract: "A remark that all sides read; --note says it.")
    @OptionGroup var common: ActArguments
    @OptionGroup var arguments: StepTarget
  }
}
