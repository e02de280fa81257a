internal import ArgumentParser
internal import RelayHub
internal import RelayHubPostgres
internal import RelayProtocol

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Makes the store of a new organisation.")

  @OptionGroup var data: DataOptions
  @Option(help: "The sync schema (JSON), the same file that the app loads.") var schema: String

  @Option(
    name: .customLong("grace-days"),
    help: "How many days work counts that was written before its row left, or a right was taken away; default 30.")
  var graceDays: Int64?

  @Option(
    name: .customLong("retention-days"),
    help: "How many days the hub keeps what is gone: deleted rows, exits, refused work; default 400.")
  var retentionDays: Int64?

  @Option(help: "The id of an organisation whose hub is lost: its devices bring it their work (docs/operating.md).")
  var adopt: String?

  func validate() throws {
    if let adopt, Hash128(hexadecimal: adopt) == nil { throw ValidationError("--adopt is 32 hexadecimal digits") }
    if let retentionDays, !Retention.range.contains(retentionDays) {
      throw ValidationError("--retention-days is 1 to 36500")
    }
    if let graceDays, !(0...3650).contains(graceDays) { throw ValidationError("--grace-days is 0 to 3650") }
  }

  func run() throws {
    let place = try data.place
    let schema = try Files.read(self.schema)
    if case .directory(let path) = place { try Files.makeDirectory(path) }
    let organisation = adopt.flatMap { Hash128(hexadecimal: $0) } ?? SystemEdge.random128()
    try place.create(
      schema: schema, organisation: organisation, epoch: SystemEdge.random128(),
      graceDays: graceDays ?? Grace.days, retentionDays: retentionDays ?? Retention.days)
    print(organisation)
  }
}
