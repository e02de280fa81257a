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
    var counts: [String: Int] = [:]
    let failed = seeds.failing(goOn: !first) { seed in
      let outcome = simulateRestores(seed: seed)
      counts.merge(outcome.counts, uniquingKeysWith: +)
      if tell, outcome.failure != nil { for line in outcome.story { print(line) } }
      return outcome.failure
    }
    for (what, count) in counts.sorted(by: { $0.key < $1.key }) { print("\(count)\t\(what)") }
    print("\(seeds.range.count) seeds; failed: \(failed)")
    if !failed.isEmpty { throw ExitCode(1) }
  }
}
