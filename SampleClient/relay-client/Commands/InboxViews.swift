internal import ArgumentParser
internal import Relay

/// The inbox by what waits: `conflict` asks for a choice.
struct ConflictCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conflict", abstract: "Values that stand against one another: the inbox's conflicts.",
    subcommands: [Listing.self, Show.self, Resolve.self], defaultSubcommand: Listing.self)

  struct Listing: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Open conflicts, oldest first.")
    @OptionGroup var place: ReplicaPlace
    @OptionGroup var output: OutputOptions
    mutating func run() async throws { try InboxView.show(.conflict, place, output) }
  }
}

extension ConflictCommand {
  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "One conflict: the values, who wrote them and when.")
    @OptionGroup var place: ReplicaPlace
    @OptionGroup var output: OutputOptions
    @Argument(help: "The conflict's id or its number in the list; `all` for every open one.") var id: String

    mutating func run() async throws {
      let replica = try place.open()
      let found = try replica.inbox().filter { $0.kind == .conflict }
      let ids = try InboxPage.ids(id, .conflict, among: found)
      guard found.contains(where: { ids.contains($0.id) }) else {
        throw RelayError(.entryUnknown, "there is no open conflict '\(id)'")
      }
      if output.isJSON {
        try Output.json(found.filter { ids.contains($0.id) }.map(InboxAnswer.init))
      } else {
        print(try InboxPage.text(found, in: replica) { ids.contains($0.id) })
      }
    }
  }

  /// As `inbox resolve`, by the numbers of the conflicts' own list.
  struct Resolve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "resolve", abstract: "Settle a conflict.")
    @OptionGroup var place: ReplicaPlace
    @OptionGroup var output: OutputOptions
    @Argument(help: "The conflict's id or its number in the list; `all` for every open one.") var id: String
    @OptionGroup var settlement: ConflictSettlement

    mutating func run() async throws {
      let replica = try place.open()
      let found = try replica.inbox().filter { $0.kind == .conflict }
      try settlement.settle(try InboxPage.ids(id, .conflict, among: found), in: replica, output)
    }
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
  /// Numbered by itself: the words of the same command take these numbers.
  ///
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
