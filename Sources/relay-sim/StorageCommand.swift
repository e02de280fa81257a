import ArgumentParser
import RelaySimulation

struct StorageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "storage",
    abstract: "Cuts the power under a database, again and again, and looks for what had been acknowledged.")

  @Option(help: "How often the power goes, with each setting.")
  var cuts = 10_000
  @Option(help: "Where chance begins.")
  var seed: UInt64 = 1
  @Option(help: "Files: each begins anew and has its share of the cuts.")
  var files = 10

  func run() throws {
    let clock = ContinuousClock()
    for flushes in StorageTrial.Flushes.allCases {
      var total = StorageTrial.Outcome()
      let time = try clock.measure {
        for file in 0..<max(1, files) {
          var trial = try StorageTrial(seed: seed &+ UInt64(file), flushes: flushes)
          try trial.run(cuts: cuts / max(1, files))
          total.add(trial.outcome)
        }
      }
      print(
        """
        synchronous=\(flushes.rawValue): \(total.cuts) power cuts in \(time), \(total.unsynced) with unsynced sectors, \
        \(total.midway) in the middle of a transaction (\(total.midwayKept) of these were there), \
        \(total.acknowledged) acknowledged; lost after \(total.lost) cuts, broken after \(total.broken)
        """)
      if flushes == .full, total.lost + total.broken > 0 { throw ExitCode(1) }
      if flushes == .normal, total.lost == 0 {
        print("NORMAL lost nothing: this look is blind")
        throw ExitCode(1)
      }
    }
  }
}
