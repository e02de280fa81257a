import Foundation
import RelaySimulation
import TestSupport
import Testing

/// Random histories of small fleets against a truth that no program has. `RELAY_SCHEDULES` says how many of each kind,
/// `RELAY_SEED` where to begin.
@Suite struct OracleTests {
  static let environment = ProcessInfo.processInfo.environment
  static let first = environment["RELAY_SEED"].flatMap { UInt64($0) } ?? 1
  static let many = environment["RELAY_SCHEDULES"].flatMap { UInt64($0) } ?? 700

  @Test(arguments: [20, 60, 120])
  func everyWriteIsInForceOrKnowinglySupersededOrAskedAboutOrKept(steps: Int) throws {
    var counts: [String: Int] = [:]
    for seed in Self.first..<(Self.first + Self.many) {
      let number = seed &* 1000 &+ UInt64(steps)
      let schedule = try Schedule(seed: number)
      do {
        try schedule.run(steps: steps)
      } catch {
        let story = schedule.oracle.story.joined(separator: "\n")
        Issue.record("RELAY_SEED=\(seed), \(steps) steps: \(error)\nWhat had happened:\n\(story)")
        return
      }
      counts.merge(schedule.oracle.counts, uniquingKeysWith: +)
    }
    // What never happened was not tested. A few schedules need not have everything.
    guard Self.many * UInt64(steps) >= 12_000 else { return }
    for what in Oracle.mustHappen + ["lost requests", "lost answers"] {
      #expect(counts[what] ?? 0 > 0, "\(what) never happened in \(counts)")
    }
  }
}
