internal import ArgumentParser
internal import Organisation
internal import Relay

struct StepTarget: ParsableArguments {
  @Argument(help: "The request's id, or the start of it.") var request: String
  @Option(help: "A remark that all sides read.") var note: String?

  func take(_ step: String, note: String?, _ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    let isNew = try RequestDesk(desk).take(step, on: request, note: note, in: db)
    let title =
      isNew
      ? Phrase("\(step) saved; it goes out with the next sync", "\(Words.of(step, in: "step", .zh))：已保存，下次同步时发送")
      : Phrase("you have said so already", "您已办理过")
    return .saved(title, id: try Request.find(request, in: db).id, isNew ? [step] : [])
  }
}

/// A step that takes a request and a remark.
protocol RequestStepCommand: ActCommand {
  static var step: String { get }
  var arguments: StepTarget { get }
}

extension RequestStepCommand {
  func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    guard Self.step != "comment" || arguments.note != nil else { throw RelayError(.usage, "a comment needs --note") }
    return try arguments.take(Self.step, note: arguments.note, desk, db)
  }
}
