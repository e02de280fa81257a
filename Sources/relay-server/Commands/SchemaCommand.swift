internal import ArgumentParser
internal import RelayHub
internal import RelayHubPostgres

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract:
      "Puts a newer version of the sync schema in force, or the same under other names; works while the hub runs.",
    discussion: """
      The file has to leave every older version as it was: what is new says so with "since". Devices with an older \
      version go on as before.
      """)

  @OptionGroup var data: DataOptions
  @Option(help: "The sync schema (JSON).") var schema: String
  @Flag(help: "Only say what would change.") var check = false

  func run() throws {
    let writer = try data.place.writer()
    let changes = try writer.update(schema: try Files.read(schema), checkOnly: check)
    print(changes.isEmpty ? "nothing changes" : changes.joined(separator: "\n"))
  }
}
