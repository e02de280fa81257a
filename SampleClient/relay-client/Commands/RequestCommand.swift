internal import ArgumentParser
internal import Organisation
internal import Relay

/// What waits for whom, of every kind, in one place.
struct RequestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "request", abstract: "Requests of every kind: what waits for whom.",
    subcommands: [
      Listing.self, Show.self, Explain.self, StepCommand<ApproveStep>.self, RefuseCommand.self,
      StepCommand<WithdrawStep>.self, StepCommand<ReopenStep>.self, StepCommand<CompleteStep>.self,
      StepCommand<AcceptStep>.self, StepCommand<ReleaseStep>.self, CommentCommand.self,
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
}
