internal import ArgumentParser
internal import Organisation
internal import Relay

/// What a conflict is settled for: one of its values, by its letter, or another one.
struct ConflictSettlement: ParsableArguments {
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

  func settle(_ ids: [String], in replica: Replica, _ output: OutputOptions) throws(RelayError) {
    let conflicts = try replica.inbox().filter { $0.kind == .conflict }
    let known = Dictionary(conflicts.map { ($0.id, $0) }) { first, _ in first }
    let author = try DeviceAuthor.name(replica)
    for id in ids { try replica.resolve(id, try resolution(of: id, known[id], in: replica), author: author) }
    if output.isJSON { return try Output.json(["resolved": ids.joined(separator: " ")]) }
    let list = ids.joined(separator: Language.say(", ", "、"))
    print(
      Language.say("resolved \(list); it goes out with the next sync", "已解决\(list)；下次同步时发送"))
  }

  private func resolution(
    of id: String, _ item: InboxItem?, in replica: Replica
  ) throws(RelayError) -> Resolution {
    guard let item else { throw RelayError(.entryUnknown, "there is no open conflict '\(id)'") }
    if let choice {
      let lettered = ChoiceLetter.lettered(item.siblings)
      if let chosen = lettered.first(where: { String($0.letter) == choice.lowercased() }) {
        return .sibling(chosen.value.position)
      }
      throw RelayError(
        .valueNotAllowed, "'\(choice)' is none of the values",
        advice:
          "Nothing was changed. Choose \(lettered.map { String($0.letter) }.joined(separator: Language.say(" or ", "、")))."
      )
    }
    guard let table = replica.schema.table(named: item.table),
      let group = table.groups.first(where: { $0.name == item.column })
    else { throw RelayError(.valueNotAllowed, "conflict '\(id)' is settled by a letter, not by a value") }
    guard group.columns.count == values.count else {
      let names = group.columns.map { table.columns[$0].name }.joined(separator: ", ")
      throw RelayError(.valueNotAllowed, "conflict '\(id)' takes \(group.columns.count) values: \(names)")
    }
    let isOrganisations = try Organisation.syncSchema.get().name == replica.schema.name
    if isOrganisations, table.name == "contact_point", group.name == "value" {
      try replica.read { (db) throws(RelayError) in
        let kind = try db.first("SELECT kind FROM contact_point WHERE id = ?", [.text(item.key)])?[0].text
        try ContactBook.check(values[0], kind ?? "")
      }
    }
    var typed: [Value] = []
    for (column, text) in zip(group.columns.map({ table.columns[$0] }), values) {
      // What no command of the organisation would write does not come in through a conflict either.
      typed.append(
        isOrganisations ? try ColumnRules.value(text, column.name, of: table.name) : try column.value(text))
    }
    return .values(typed)
  }
}
