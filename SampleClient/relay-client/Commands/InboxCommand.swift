internal import ArgumentParser
internal import Organisation
internal import Relay

struct InboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inbox", abstract: "What waits for a person: conflicts, refusals, held rows and notices.",
    subcommands: [
      InboxListCommand.self, InboxResolveCommand.self, InboxResubmitCommand.self, InboxDiscardCommand.self,
      InboxDismissCommand.self,
    ], defaultSubcommand: InboxListCommand.self)
}

struct InboxListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List it, oldest first.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions

  mutating func run() async throws {
    let replica = try place.open()
    let items = try replica.inbox()
    if output.isJSON {
      try Output.json(items.map(InboxAnswer.init))
    } else {
      print(try InboxPage.text(items, in: replica))
    }
  }
}

struct InboxResolveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "resolve", abstract: "Settle a conflict.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions

  @Argument(help: "The conflict's id or its number in the list; `all` for every open one.")
  var id: String

  @OptionGroup var settlement: ConflictSettlement

  mutating func run() async throws {
    let replica = try place.open()
    try settlement.settle(try InboxPage.ids(id, .conflict, in: replica), in: replica, output)
  }
}
