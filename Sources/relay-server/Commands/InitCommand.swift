internal import ArgumentParser
internal import RelayHub
internal import RelayProtocol

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Makes the data directory of a new organisation.")

  @OptionGroup var data: DataOptions
  @Option(help: "The sync schema (JSON), the same file that the app loads.") var schema: String

  @Option(
    name: .customLong("grace-days"),
    help: "How many days work counts that was written before its row left, or a right was taken away; default 30.")
  var graceDays: Int64?

  func validate() throws {
    if let graceDays, !(0...3650).contains(graceDays) { throw ValidationError("--grace-days is 0 to 3650") }
  }

  func run() throws {
    let directory = try data.directory
    let schema = try Files.read(self.schema)
    try Files.makeDirectory(directory)
    let organisation = SystemEdge.random128()
    try Hub.create(
      directory: directory, schema: schema, organisation: organisation, epoch: SystemEdge.random128(),
      graceDays: graceDays ?? Grace.days)
    print(organisation)
  }
}
