internal import ArgumentParser
internal import Foundation
internal import Organisation
internal import Relay

struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Lists and unsent work as files and tables.",
    subcommands: [ExportPendingCommand.self, Roster.self, OfMember.self], defaultSubcommand: ExportPendingCommand.self)

  struct Roster: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "roster", abstract: "The roster as a table; with --csv for a spreadsheet.")
    @OptionGroup var common: LookArguments
    @Option(help: "Only of this unit.") var unit: String?
    var export: String? { "roster" }
    func page(_ look: Look) throws(RelayError) -> Page { try ExportPages.roster(look, unit: unit) }
  }

  struct OfMember: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "member", abstract: "Everything that this device holds about a member, for the member.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The member's number, id or name.") var member: String
    var export: String? { "member" }
    func page(_ look: Look) throws(RelayError) -> Page {
      try ExportPages.member(try Member.find(member, in: look.db), look)
    }
  }
}

struct ExportPendingCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pending",
    abstract: "Write what waits to be sent, and what was refused, to a file that people and programs can read.",
    discussion: "Nothing is changed and nothing is taken out of the queue. The file is for this user only.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions

  @Argument(help: "The file to make; one that is there is left alone.")
  var file: String

  mutating func run() async throws {
    let replica = try place.open()
    let pending = try replica.exportPending()
    let now = Instant(milliseconds: Environment.system.now())
    try replica.noteExport("pending: \(pending.transactions.count)", at: now)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    try PrivateFile.create(file, try encoder.encode(pending) + Data("\n".utf8))
    let refused = pending.transactions.count { $0.state == "refused" }
    let answer = ExportAnswer(file: file, pending: pending.transactions.count - refused, refused: refused)
    if output.isJSON {
      try Output.json(answer)
    } else {
      print(
        Language.say(
          "\(answer.pending) waiting and \(answer.refused) refused transactions written to \(file)",
          "待发送\(answer.pending)项、被退回\(answer.refused)项已写入\(file)"))
    }
  }
}

private struct ExportAnswer: Codable {
  var file: String
  var pending: Int
  var refused: Int
}
