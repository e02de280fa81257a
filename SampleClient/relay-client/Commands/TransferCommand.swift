internal import ArgumentParser
internal import Organisation
internal import Relay

struct TransferCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transfer", abstract: "A member's way from one branch to another.",
    discussion: """
      The out-branch releases, the in-branch accepts, in either order; the committee approves; the office moves the \
      member. Every device shows how far it is and who is next.
      """,
    subcommands: [
      TransferOpenCommand.self, StepCommand<ReleaseStep>.self, StepCommand<AcceptStep>.self,
      StepCommand<ApproveStep>.self,
      RefuseCommand.self, StepCommand<WithdrawStep>.self, TransferShowCommand.self, TransferOutCommand.self,
      TransferInCommand.self, TransferListCommand.self, TransferStaleCommand.self, TransferSuggestCommand.self,
    ], defaultSubcommand: TransferShowCommand.self)
}

struct TransferOpenCommand: ActCommand {
  static let configuration = CommandConfiguration(
    commandName: "open", abstract: "Open a transfer; with --claim, ask for a member whom this device cannot see.")

  @OptionGroup var common: ActArguments

  @Argument(help: "The member's number, id or name.")
  var member: String?

  @Option(help: "The branch that the member goes to: code, id or name.")
  var to: String?

  @Option(help: ArgumentHelp("Number and name as told; your branch accepts at once.", valueName: "number, name"))
  var claim: String?

  @Option(help: "Why. Given by the committee, its approval alone places the member.")
  var reason: String?

  @Option(help: ArgumentHelp("From when on.", valueName: "YYYY-MM-DD"))
  var effective: String?

  @Flag(help: "Release the member at once.")
  var release = false

  func validate() throws {
    guard (member == nil) != (claim == nil) else { throw ValidationError("give a member or --claim") }
    guard claim == nil || to == nil && !release else { throw ValidationError("--claim is for your own branch") }
    guard claim != nil || to != nil else { throw ValidationError("give --to") }
  }

  func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    let opening = TransferDesk.Opening(to: to, reason: reason, effectiveOn: effective)
    let transfers = TransferDesk(desk)
    let id: String
    if let member {
      id = try transfers.open(try Member.find(member, in: db), opening, in: db)
      if release { try transfers.take("release", on: id, in: db) }
    } else {
      id = try transfers.claim(claim ?? "", opening, in: db)
    }
    return .saved(Phrase("opened", "已提出"), id: id, ["request"])
  }
}

struct TransferShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Four boxes, and who is next; without an argument every transfer that is open.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  var speech: SpeechOptions { output.speech }

  @Argument(help: "A request's id, the start of it, or a member's number.")
  var which: String?

  @Flag(help: "Also those that are decided or stopped.")
  var all = false

  mutating func run() async throws {
    let (which, all) = (which, all)
    let replica = try place.organisation()
    let proof = DeviceRights(try replica.status()).proof
    let views = try replica.read { (db) throws(RelayError) in
      try TransferView.list(which, includingClosed: all, proof: proof, in: db)
    }
    if output.isJSON {
      try Output.json(views.map(TransferAnswer.init))
    } else if views.isEmpty {
      print(speech.language == .zh ? "没有进行中的组织关系接转" : "no open transfers")
    } else {
      print(views.map { $0.text(speech.language) }.joined(separator: "\n\n"))
    }
  }
}
