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

  @Argument(help: "The letter of the value to keep.")
  var choice: String?

  @Option(
    name: .customLong("value"), parsing: .unconditionalSingleValue,
    help: "Another value; once for every column of a column group, in its order.")
  var values: [String] = []

  func validate() throws {
    guard (choice == nil) != values.isEmpty else { throw ValidationError("give a letter or --value") }
    if let choice, ChoiceLetter.place(choice) == nil { throw ValidationError("'\(choice)' is not a letter") }
  }

  mutating func run() async throws {
    let replica = try place.open()
    let ids = try InboxPage.ids(id, .conflict, in: replica)
    let conflicts = try replica.inbox().filter { $0.kind == .conflict }
    let known = Dictionary(conflicts.map { ($0.id, $0) }) { first, _ in first }
    for id in ids { try replica.resolve(id, try resolution(of: id, known[id], in: replica)) }
    if output.isJSON {
      try Output.json(["resolved": ids.joined(separator: " ")])
    } else {
      print(
        Language.say(
          "resolved \(ids.joined(separator: ", ")); it goes out with the next sync",
          "已解决\(ids.joined(separator: "、"))；下次同步时发送"))
    }
  }

  private func resolution(
    of id: String, _ item: InboxItem?, in replica: Replica
  ) throws(RelayError) -> Resolution {
    if let place = choice.flatMap(ChoiceLetter.place) {
      if let item {
        let letters = item.siblings.compactMap { ChoiceLetter.letter($0.position) }
        guard item.siblings.contains(where: { $0.position == place }) else {
          throw RelayError(
            .valueNotAllowed, "'\(choice ?? "")' is none of the values",
            advice: "Nothing was changed. Choose \(letters.map(String.init).joined(separator: " or ")).")
        }
      }
      return .sibling(place)
    }
    guard let item else {
      throw RelayError(.entryUnknown, "there is no open conflict '\(id)'")
    }
    guard let table = replica.schema.table(named: item.table),
      let group = table.groups.first(where: { $0.name == item.column })
    else { throw RelayError(.valueNotAllowed, "conflict '\(id)' is settled by a letter, not by a value") }
    guard group.columns.count == values.count else {
      let names = group.columns.map { table.columns[$0].name }.joined(separator: ", ")
      throw RelayError(.valueNotAllowed, "conflict '\(id)' takes \(group.columns.count) values: \(names)")
    }
    var typed: [Value] = []
    for (column, text) in zip(group.columns, values) { typed.append(try table.columns[column].value(text)) }
    return .values(typed)
  }
}
