import ArgumentParser
import RelaySimulation

@main
struct RelaySim: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relay-sim", abstract: "Devices and a hub in one process, with everything that can happen to them.",
    subcommands: [
      RunCommand.self, ReplayCommand.self, SometimesCommand.self, MutantsCommand.self, PartitionsCommand.self,
      RestoresCommand.self, FlipsCommand.self, StorageCommand.self, StoryCommand.self,
    ])

  static func main() {
    runAlone()
    main(nil)
  }
}
