import ArgumentParser
import RelaySimulation

struct RestoresCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restores",
    abstract: "Puts devices back to older copies of their files; they work on, and all have to agree.")

  @Option(help: "Seeds, as A..B.")
  var seeds: SeedRange

  func run() throws {
    var restores = 0
    let failed = seeds.failing { seed in
      let outcome = simulateRestores(seed: seed)
      restores += outcome.restores
      return outcome.failure
    }
    print("\(seeds.range.count) seeds, a file was put back \(restores) times; failed: \(failed)")
    if !failed.isEmpty { throw ExitCode(1) }
  }
}
