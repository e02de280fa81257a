import ArgumentParser
import RelaySimulation

struct SometimesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sometimes", abstract: "Runs a batch, and tells what happened in it and what never did.")

  @Option(help: "Seeds, as A..B.")
  var seeds: SeedRange

  func run() throws {
    var counts: [String: Int] = [:]
    for seed in seeds.range {
      let report = simulate(seed: seed)
      if let failure = report.failure {
        print("seed \(seed): \(failure.prefix(600))")
        throw ExitCode(1)
      }
      counts.merge(report.counts, uniquingKeysWith: +)
    }
    for (what, count) in counts.sorted(by: { $0.key < $1.key }) { print("\(count)\t\(what)") }
    let never = Sometimes.points.filter { counts[$0] ?? 0 == 0 }
    print("\(Sometimes.points.count) points, \(never.count) never: \(never)")
    if !never.isEmpty { throw ExitCode(1) }
  }
}
