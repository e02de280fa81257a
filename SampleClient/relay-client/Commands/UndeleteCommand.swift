internal import ArgumentParser
internal import Organisation
internal import Relay

struct UndeleteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "undelete", abstract: "Bring a deleted row back, whole.",
    discussion: "Without a key: lists the keys of rows of the table whose deletion this device knows of.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions

  @Argument(help: "The table.")
  var table: String

  @Argument(help: "The row's key; a value for every column of it, in its order.")
  var key: [String] = []

  mutating func run() async throws {
    let replica = try place.open()
    guard let schema = replica.schema.table(named: table) else {
      throw RelayError(.usage, "the sync schema has no table '\(table)'")
    }
    guard !key.isEmpty else {
      let keys = try replica.deleted(table).map { $0.map { $0.text ?? $0.description } }
      if output.isJSON { return try Output.json(keys) }
      return print(
        keys.isEmpty
          ? Language.say("nothing is known to be deleted", "没有已知被删除的行")
          : keys.map { $0.joined(separator: " ") }.joined(separator: "\n")
      )
    }
    try replica.undelete(table, key: try schema.key(key))
    if output.isJSON {
      try Output.json(["undeleted": key])
    } else {
      let row = "\(table) \(key.joined(separator: " "))"
      print(Language.say("\(row) comes back with the next sync", "\(row)将在下次同步时恢复"))
    }
  }
}
