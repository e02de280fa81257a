internal import ArgumentParser
internal import Relay

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Is it sent, is it fresh, does anything wait?")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions

  mutating func run() async throws {
    let replica = try place.open()
    let notes = try ClientNotes.read([.errorCode, .errorMessage], in: replica)
    let lastError = notes[.errorCode].map { StatusAnswer.LastError(code: $0, message: notes[.errorMessage] ?? "") }
    let answer = StatusAnswer(try replica.status(), lastError: lastError)
    if output.isJSON { try Output.json(answer) } else { print(answer.text) }
  }
}
