internal import ArgumentParser
internal import Foundation
internal import Relay

struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write what waits to be sent, and what was refused, to a file that people and programs can read.",
    discussion: "Nothing is changed and nothing is taken out of the queue. The file is for this user only.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions

  @Argument(help: "The file to make; one that is there is left alone.")
  var file: String

  mutating func run() async throws {
    let pending = try place.open().exportPending()
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    try PrivateFile.create(file, try encoder.encode(pending) + Data("\n".utf8))
    let refused = pending.transactions.count { $0.state == "refused" }
    let answer = ExportAnswer(file: file, pending: pending.transactions.count - refused, refused: refused)
    if output.isJSON {
      try Output.json(answer)
    } else {
      print("\(answer.pending) waiting and \(answer.refused) refused transactions written to \(file)")
    }
  }
}

private struct ExportAnswer: Codable {
  var file: String
  var pending: Int
  var refused: Int
}
