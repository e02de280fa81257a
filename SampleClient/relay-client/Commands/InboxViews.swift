internal import ArgumentParser
internal import Relay

/// The inbox by what waits: `conflict` asks for a choice.
struct ConflictCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conflict", abstract: "Values that stand against one another: the inbox's conflicts.",
    subcommands: [Listing.self, InboxResolveCommand.self], defaultSubcommand: Listing.self)

  struct Listing: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Open conflicts, oldest first.")
    @OptionGroup var place: ReplicaPlace
    @OptionGroup var output: OutputOptions
    mutating func run() async throws { try InboxView.show(.conflict, place, output) }
  }
}

/// `held`: rows that this file's own rules keep out.
struct HeldCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "held", abstract: "Rows that this file's own rules keep out, and what the hub refused.",
    subcommands: [Listing.self], defaultSubcommand: Listing.self)

  struct Listing: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Held rows and refusals, oldest first.")
    @OptionGroup var place: ReplicaPlace
    @OptionGroup var output: OutputOptions
    mutating func run() async throws { try InboxView.show(nil, place, output) }
  }
}

private enum InboxView {
  /// - Parameter kind: nil for held rows and refusals.
  static func show(_ kind: InboxItem.Kind?, _ place: ReplicaPlace, _ output: OutputOptions) throws {
    let replica = try place.open()
    let items = try replica.inbox().filter { item in
      kind.map { item.kind == $0 } ?? (item.kind == .held || item.kind == .refused)
    }
    if output.isJSON {
      try Output.json(items.map(InboxAnswer.init))
    } else {
      print(try InboxPage.text(items, in: replica))
    }
  }
}
