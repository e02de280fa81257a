import ArgumentParser
import RelaySimulation

struct RestoresCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restores",
    abstract: "Puts devices back to older copies of their files; they work on, and all have to agree.")

  @Option(help: "Seeds, as A..B.")
  var seeds: SeedRange

  func run() throws {
    var (failed, restores) = ([UInt64](), 0)
    for seed in seeds.range {
      let outcome = simulateRestores(seed: seed)
      restores += outcome.restores
      if let failure = outcome.failure {
        failed.append(seed)
        print("seed \(seed): \(failure.prefix(300))")
      }
    }
    print("\(seeds.range.count) seeds, a file was put back \(restores) times; failed: \(failed)")
    if !failed.isEmpty { throw ExitCode(1) }
  }
}
