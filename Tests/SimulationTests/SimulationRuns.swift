import RelaySimulation
import Testing

/// Whole fleets under everything that can happen to them. `relay-sim run` asks for more seeds.
@Suite struct SimulationRuns {
  @Test(
    "Nothing is lost, nothing is made up, and everybody ends alike",
    arguments: [1...40, 41...80] as [ClosedRange<UInt64>])
  func seeds(_ seeds: ClosedRange<UInt64>) {
    for seed in seeds {
      let report = simulate(seed: seed)
      guard let failure = report.failure else { continue }
      Issue.record("\(report.replay): \(failure)\nWhat had happened:\n\(report.story.joined(separator: "\n"))")
      return
    }
  }

  @Test("A seed has one story")
  func replay() {
    for seed in [3, 4, 5] as [UInt64] { #expect(simulate(seed: seed).trace == simulate(seed: seed).trace) }
  }

  @Test("What once failed, shrunk to what it needs")
  func regressions() {
    // A commit failed on the disk, and after a kill it was there: the witness took it for lost.
    for (seed, kept) in [(613, [70, 119, 128, 151, 160])] as [(UInt64, [Int])] {
      let report = simulate(seed: seed, keeping: kept)
      #expect(report.failure == nil, "\(report.replay)")
      #expect(report.counts["device: io_error in work"] ?? 0 > 0, "the disk did not fail: \(report.counts)")
    }
  }
}
