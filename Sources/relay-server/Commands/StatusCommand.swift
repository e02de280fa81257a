internal import ArgumentParser
internal import RelayHub
internal import RelayHubPostgres

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "What the hub holds; works while the hub runs.")

  @OptionGroup var data: DataOptions
  @Flag(help: "As JSON.") var json = false

  func run() throws {
    let fields = StatusOutput.fields(try data.place.reader().status())
    if json { return print(JSONText.object(fields)) }
    for field in fields { print("\(field.name): \(field.value.plain)") }
  }
}
