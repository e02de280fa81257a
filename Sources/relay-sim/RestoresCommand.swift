import ArgumentParser
import RelaySimulation

struct RestoresCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restores",
    abstract: "Puts devices and the hub back to older copies of their files, and lets copies go on; all have to agree.")

  @Option(help: "Seeds, as A..B.")
  var seeds: SeedRange

  @Option(help: "How long the story of a seed is.")
  var steps = 120

  @Flag(help: "Tell what happened where something does not hold.")
  var tell = false

  @Flag(help: "Stop at the first seed at which something does not hold.")
  var first = false

  func validate() throws {
    guard (1...100_000).contains(steps) else { throw ValidationError("--steps is 1 to 100000") }
  }

  func run() throws {
    try seeds.tellCounts(goOn: !first) { seed in
      let outcome = simulateRestores(seed: seed, steps: steps)
      if tell, outcome.failure != nil { for line in outcome.story { print(line) } }
      return (outcome.failure, outcome.counts)
    }
  }
}
