import ArgumentParser
import RelaySimulation

struct PartitionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "partitions",
    abstract:
      "Many clients write while lines swallow everything for a second up to five minutes; all have to drain after it.")

  @Option(help: "Seeds, as A..B.")
  var seeds: SeedRange
  @Option(help: "Devices.")
  var clients = 10
  @Option(help: "Transactions a second, of all of them.")
  var rate = 20
  @Option(help: "How long they write, in virtual seconds.")
  var seconds = 300

  func run() throws {
    var slowest: Int64 = 0
    let failed = seeds.failing { seed in
      let report = simulatePartitions(seed: seed, clients: clients, rate: rate, seconds: seconds)
      slowest = max(slowest, report.drained)
      return report.failure
    }
    print("\(seeds.range.count) runs, the slowest drained \(slowest) ms after the last partition; failed: \(failed)")
    if !failed.isEmpty { throw ExitCode(1) }
  }
}
