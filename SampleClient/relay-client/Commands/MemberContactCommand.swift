internal import ArgumentParser
internal import Organisation
internal import Relay

struct MemberContactCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "contact", abstract: "Numbers and addresses of a member.",
    subcommands: [ContactAddCommand.self, ContactChangeCommand.self, ContactRemoveCommand.self])
}

struct ContactAddCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "add", abstract: "Add a number or address.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  @OptionGroup var who: DeskOptions

  @Argument(help: "The member's number, id or name.")
  var member: String

  @Argument(help: "mobile, phone, chat, email, address or kin.")
  var kind: String

  @Argument(help: "The number or address.")
  var value: String

  @Option(help: "What to call it.")
  var label: String?

  @Flag(help: "Try it first.")
  var preferred = false

  @Option(help: "Who said so: self, officer, third_party or import.")
  var source = "officer"

  mutating func run() async throws {
    var new = ContactBook.New(kind: kind, value: value)
    (new.label, new.isPreferred, new.source) = (label, preferred, source)
    let (workplace, member) = (try place.workplace(who), member)
    let added = try workplace.write { [new] (db) throws(RelayError) in
      try ContactBook.add(new, to: try Member.find(member, in: db), desk: workplace.desk, in: db)
    }
    if output.isJSON {
      try Output.json(WrittenAnswer(id: added.id, written: added.isNew ? ["contact_point"] : []))
    } else {
      print(
        (added.isNew ? Language.say("saved", "已保存") : Language.say("it is there already", "已有此联系方式"))
          + "   [\(added.id)]")
    }
  }
}

struct ContactChangeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "change", abstract: "Correct a number or address: value, label, preferred, verified_on, dead_since.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  @OptionGroup var who: DeskOptions

  @Argument(help: "The contact point's id or the start of it, as `member show` lists it.")
  var id: String

  @Argument(help: ArgumentHelp("What to change.", valueName: "column=value"))
  var changes: [String]

  mutating func run() async throws {
    let (id, text) = (id, changes)
    let written = try place.workplace(who).write { (db) throws(RelayError) in
      var assignments: [Assignment] = []
      for change in text { assignments.append(try Assignment(change)) }
      try ContactBook.change(id, assignments, in: db)
      return assignments.map(\.column)
    }
    if output.isJSON {
      try Output.json(WrittenAnswer(id: id, written: written))
    } else {
      print(Saved.text(written))
    }
  }
}

struct ContactRemoveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Delete a number or address. Who corrects it meanwhile brings it back.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  @OptionGroup var who: DeskOptions

  @Argument(help: "The contact point's id, as `member show` lists it.")
  var id: String

  mutating func run() async throws {
    let id = id
    try place.workplace(who).write { (db) throws(RelayError) in try ContactBook.remove(id, in: db) }
    if output.isJSON {
      try Output.json(WrittenAnswer(id: id, written: ["contact_point"]))
    } else {
      print(Language.say("removed", "已删除") + "   [\(id)]")
    }
  }
}
