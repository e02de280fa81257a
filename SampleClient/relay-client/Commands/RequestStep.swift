internal import ArgumentParser
internal import Organisation
internal import Relay

/// What somebody says of a request in one word; every step is a command of its own.
protocol StepWord: Sendable {
  static var step: String { get }
  static var abstract: String { get }
}

enum ApproveStep: StepWord {
  static let step = "approve"
  static let abstract =
    "The committee approves: of a budget the lines as it sees them, of a transfer also before the branches have spoken."
}

enum ReleaseStep: StepWord {
  static let (step, abstract) = ("release", "The out-branch lets the member go.")
}

enum AcceptStep: StepWord {
  static let (step, abstract) = ("accept", "The in-branch takes the member.")
}

enum WithdrawStep: StepWord {
  static let (step, abstract) = ("withdraw", "Take your own request back.")
}

enum ReopenStep: StepWord {
  static let (step, abstract) = ("reopen", "Go on with one that was stopped.")
}

enum CompleteStep: StepWord {
  static let (step, abstract) = ("complete", "The other organisation's receipt of somebody who left is here.")
}

struct StepCommand<Word: StepWord>: ActCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: Word.step, abstract: Word.abstract)
  }

  @OptionGroup var common: ActArguments
  @OptionGroup var target: StepTarget
  @Option(help: "A remark that all sides read.") var note: String?

  func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    try target.take(Word.step, note: note, desk, db)
  }
}

struct CommentCommand: ActCommand {
  static let configuration = CommandConfiguration(commandName: "comment", abstract: "A remark that all sides read.")
  @OptionGroup var common: ActArguments
  @OptionGroup var target: StepTarget
  @Option(help: "A remark that all sides read.") var note: String

  func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    try target.take("comment", note: note, desk, db)
  }
}

struct RefuseCommand: ActCommand {
  static let configuration = CommandConfiguration(
    commandName: "refuse", abstract: "Stop it, and say why.",
    discussion: "Of a transfer the reason is one of the policy's, such as retired_only; --note says more.")
  @OptionGroup var common: ActArguments
  @OptionGroup var target: StepTarget
  @Option(help: "The reason that all sides read.") var why: String
  @Option(help: "A remark that all sides read.") var note: String?

  func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    try RequestDesk.checkReason(why, of: target.request, in: db)
    return try target.take("refuse", note: note.map { "\(why): \($0)" } ?? why, desk, db)
  }
}

struct StepTarget: ParsableArguments {
  @Argument(help: "The request's id, or the start of it.") var request: String

  func take(_ step: String, note: String?, _ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    let isNew = try RequestDesk(desk).take(step, on: request, note: note, in: db)
    let title =
      isNew
      ? Phrase("\(step) saved; it goes out with the next sync", "\(Words.of(step, in: "step", .zh))：已保存，下次同步时发送")
      : Phrase("you have said so already", "您已办理过")
    return .saved(title, id: try Request.find(request, in: db).id, isNew ? [step] : [])
  }
}
