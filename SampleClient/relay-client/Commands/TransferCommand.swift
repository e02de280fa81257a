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
      TransferOpenCommand.self, TransferReleaseCommand.self, TransferAcceptCommand.self, TransferApproveCommand.self,
      TransferRefuseCommand.self, TransferWithdrawCommand.self, TransferShowCommand.self, TransferOutCommand.self,
      TransferInCommand.self, TransferListCommand.self, TransferStaleCommand.self, TransferSuggestCommand.self,
    ], defaultSubcommand: TransferShowCommand.self)
}

struct TransferOpenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "open", abstract: "Open a transfer; with --claim, ask for a member whom this device cannot see.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  @OptionGroup var who: DeskOptions

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

  mutating func run() async throws {
    let opening = TransferDesk.Opening(to: to, reason: reason, effectiveOn: effective)
    let (workplace, member, claim, release) = (try place.workplace(who), member, claim, release)
    let id = try workplace.write { (db) throws(RelayError) in
      let desk = TransferDesk(workplace.desk)
      guard let member else { return try desk.claim(claim ?? "", opening, in: db) }
      let id = try desk.open(try Member.find(member, in: db), opening, in: db)
      if release { try desk.take("release", on: id, in: db) }
      return id
    }
    if output.isJSON { try Output.json(["id": id]) } else { print(Language.say("opened", "已提出") + "   [\(id)]") }
  }
}

/// What every step is given.
struct StepArguments: ParsableArguments {
  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  @OptionGroup var who: DeskOptions

  @Argument(help: "The request's id, or the start of it.")
  var request: String

  @Option(help: "A remark that all sides read.")
  var note: String?

  func take(_ step: String, note said: String? = nil) throws {
    let (workplace, request, note) = (try place.workplace(who), request, said ?? note)
    let isNew = try workplace.write { (db) throws(RelayError) in
      try RequestDesk(workplace.desk).take(step, on: request, note: note, in: db)
    }
    if output.isJSON {
      try Output.json(WrittenAnswer(id: request, written: isNew ? [step] : []))
    } else {
      print(
        isNew
          ? Language.say(
            "\(step) saved; it goes out with the next sync", "\(Words.of(step, in: "step", .zh))：已保存，下次同步时发送")
          : Language.say("you have said so already", "您已办理过"))
    }
  }
}

struct TransferReleaseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release", abstract: "The out-branch lets the member go.")
  @OptionGroup var step: StepArguments
  mutating func run() async throws { try step.take("release") }
}

struct TransferAcceptCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "accept", abstract: "The in-branch takes the member.")
  @OptionGroup var step: StepArguments
  mutating func run() async throws { try step.take("accept") }
}

struct TransferApproveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "The committee approves; before the branches have spoken it stays on file.")
  @OptionGroup var step: StepArguments
  mutating func run() async throws { try step.take("approve") }
}

struct TransferRefuseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "refuse", abstract: "Stop it, and say why.")
  @OptionGroup var step: StepArguments

  @Option(help: "The reason, one of the policy's: retired_only, file_elsewhere, residence_elsewhere, other.")
  var why: String

  mutating func run() async throws {
    let allowed = try step.place.organisation().read { (db) throws(RelayError) in
      try Policy(in: db).refusalReasons(in: db)
    }
    guard allowed.isEmpty || allowed.contains(why) else {
      throw RelayError(
        .valueNotAllowed, Language.say("'\(why)' is no reason to refuse", "“\(why)”不是规定的拒收理由"),
        advice: Language.say(
          "Nothing was changed. It is one of: \(allowed.joined(separator: ", ")); --note says more.",
          "未作更改。可选：\(allowed.joined(separator: "、"))；详情用 --note。"))
    }
    try step.take("refuse", note: step.note.map { "\(why): \($0)" } ?? why)
  }
}

struct TransferWithdrawCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "withdraw", abstract: "Take your own request back.")
  @OptionGroup var step: StepArguments
  mutating func run() async throws { try step.take("withdraw") }
}

struct TransferShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Four boxes, and who is next; without an argument every transfer that is open.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  @OptionGroup var speech: SpeechOptions

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
