internal import ArgumentParser
internal import Organisation
internal import Relay

/// A bad line on a laptop whose own line is good: what people without a network see.
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Show on a laptop how it is without a network, or with a bad one.",
    discussion: "Only this file's way to the hub is changed, until `demo online`; `status` says so.",
    subcommands: [Offline.self, Slow.self, Online.self])

  struct Offline: DemoLineCommand {
    static let configuration = CommandConfiguration(
      commandName: "offline", abstract: "No network: `sync` ends with 4, and everything else works.")
    @OptionGroup var place: ReplicaPlace
    @OptionGroup var output: OutputOptions
    var line: String? { DemoLine.offline }
  }

  struct Slow: DemoLineCommand {
    static let configuration = CommandConfiguration(commandName: "slow", abstract: "A line that carries little.")
    @OptionGroup var place: ReplicaPlace
    @OptionGroup var output: OutputOptions
    @Argument(help: "Kilobits a second, such as 64.") var kilobits: SignedNumber
    var line: String? { String(kilobits.value) }

    func validate() throws {
      guard DemoLine.speeds.contains(kilobits.value) else { throw ValidationError("a line carries a number above 0") }
    }
  }

  struct Online: DemoLineCommand {
    static let configuration = CommandConfiguration(commandName: "online", abstract: "The line as it is.")
    @OptionGroup var place: ReplicaPlace
    @OptionGroup var output: OutputOptions
    var line: String? { nil }
  }
}

/// A command that says how the line is pretended to be.
protocol DemoLineCommand: AsyncParsableCommand, TableCommand {
  var place: ReplicaPlace { get }
  var output: OutputOptions { get }
  /// nil for as it is.
  var line: String? { get }
}

extension DemoLineCommand {
  mutating func run() async throws {
    try ClientNotes.write([(.line, line)], in: try place.open())
    var page = Page()
    page.tell(
      "line", "line", "线路",
      line.map { .phrase($0, Phrase(DemoLine.text($0), DemoLine.text($0))) }
        ?? .phrase("online", Phrase("as it is", "如实")))
    try output.say(page, Language.spoken)
  }
}
