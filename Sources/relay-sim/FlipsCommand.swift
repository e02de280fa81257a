import ArgumentParser
import RelaySimulation

struct FlipsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flips",
    abstract: "Turns over one bit after the other of files at rest: it is named, or does no harm; the rest comes back.")

  @Option(help: "Seeds, as A..B.")
  var seeds: SeedRange
  @Option(help: "Bits of the device's and of the hub's files that turn over, each alone, for each seed.")
  var flips = 40

  func run() throws {
    try seeds.tellCounts { seed in
      let outcome = simulateFlips(seed: seed, flips: flips)
      return (outcome.failure, outcome.counts)
    }
  }
}
