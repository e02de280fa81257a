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
    var counts: [String: Int] = [:]
    let failed = seeds.failing { seed in
      let outcome = simulateFlips(seed: seed, flips: flips)
      counts.merge(outcome.counts, uniquingKeysWith: +)
      return outcome.failure
    }
    for (what, count) in counts.sorted(by: { $0.key < $1.key }) { print("\(count)\t\(what)") }
    print("\(seeds.range.count) seeds; failed: \(failed)")
    if !failed.isEmpty { throw ExitCode(1) }
  }
}
