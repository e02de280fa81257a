import ArgumentParser
import RelaySimulation

struct RestoresCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restores",
    abstract: "Puts devices and the hub back to older copies of their files, and lets copies go on; all have to agree.")

  @Option(help: "Seeds, as A..B.")
  var seeds: SeedRange

  @Flag(help: "Tell what happened where something does not hold.")
  var tell = false

  @Flag(help: "Stop at the first seed at which something does not hold.")
  var first = false

  func run() throws {
    try seeds.tellCounts(goOn: !first) { seed in
      let outcome = simulateRestores(seed: seed)
      if tell, outcome.failure != nil { for line in outcome.story { print(line) } }
      return (outcome.failure, outcome.counts)
    }
  }
}
