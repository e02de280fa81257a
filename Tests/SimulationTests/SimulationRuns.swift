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

  @Test("Devices that are put back to older copies of their files work on, and all agree in the end")
  func restores() {
    var restores = 0
    for seed in 1...8 as ClosedRange<UInt64> {
      let outcome = simulateRestores(seed: seed)
      #expect(outcome.failure == nil, "seed \(seed)")
      restores += outcome.restores
    }
    #expect(restores > 10)
  }
}
