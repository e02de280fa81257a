import ArgumentParser
import Foundation
import RelaySimulation

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Runs one fleet a seed under everything that can happen to it.")

  @Option(help: "Seeds, as A..B.")
  var seeds: SeedRange
  @Flag(help: "Go on after a failure.")
  var goOn = false
  @Flag(help: "On a hub whose disk loses what it said to have flushed: this has to fail, or nobody looks.")
  var canary = false

  func run() throws {
    let clock = ContinuousClock()
    var (failed, operations, runs) = ([UInt64](), 0, 0)
    let time = clock.measure {
      failed = seeds.failing(goOn: goOn) { seed in
        let report = canary ? simulateCanary(seed: seed) : simulate(seed: seed)
        runs += 1
        operations += report.operations
        return report.failure
      }
    }
    let rate = Double(operations) / (time / .seconds(1))
    print("\(runs) seeds in \(time), \(operations) operations, \(Int(rate)) a second; failed: \(failed)")
    if !failed.isEmpty { throw ExitCode(1) }
  }
}

/// Seeds from A to B, as `A..B`; one seed alone is its own range.
struct SeedRange: ExpressibleByArgument {
  var range: ClosedRange<UInt64>

  init?(argument: String) {
    let ends = argument.split(separator: ".", omittingEmptySubsequences: true).map { UInt64($0) }
    guard let low = ends.first ?? nil, let high = ends.last ?? nil, ends.count <= 2, low <= high else { return nil }
    range = low...high
  }

  /// Plays each seed, and tells why it failed.
  ///
  /// - Parameters:
  ///   - goOn: also after a failure.
  ///   - play: gives what did not hold; nil where everything did.
  /// - Returns: the seeds that failed.
  func failing(goOn: Bool = true, _ play: (UInt64) -> String?) -> [UInt64] {
    var failed: [UInt64] = []
    for seed in range {
      guard let failure = play(seed) else { continue }
      failed.append(seed)
      print("seed \(seed): \(failure.prefix(600))")
      if !goOn { break }
    }
    return failed
  }

  /// The same of what counts as it goes: tells what happened how often, and ends with 1 where a seed failed.
  func tellCounts(goOn: Bool = true, _ play: (UInt64) -> (failure: String?, counts: [String: Int])) throws {
    var counts: [String: Int] = [:]
    let failed = failing(goOn: goOn) { seed in
      let outcome = play(seed)
      counts.merge(outcome.counts, uniquingKeysWith: +)
      return outcome.failure
    }
    for (what, count) in counts.sorted(by: { $0.key < $1.key }) { print("\(count)\t\(what)") }
    print("\(range.count) seeds; failed: \(failed)")
    if !failed.isEmpty { throw ExitCode(1) }
  }
}

struct StoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "story", abstract: "Plays what a file says that devices did, and tells what came of it.")

  @Argument(help: "The file.")
  var file: String

  func run() throws {
    let report = play(try Story(String(contentsOfFile: file, encoding: .utf8)))
    for line in report.story { print(line) }
    guard let failure = report.failure else { return }
    print(failure)
    throw ExitCode(1)
  }
}

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Runs one seed again, twice, and tells its story.")

  @Argument(help: "The seed.")
  var seed: UInt64
  @Option(help: "Only these of its happenings, by number.")
  var keep: String?
  @Flag(help: "Leave out what a failure does not need.")
  var shrink = false
  @Flag(help: "Only the result.")
  var quiet = false

  func run() throws {
    let kept = keep?.split(separator: ",").compactMap { Int($0) }
    var report = simulate(seed: seed, keeping: kept)
    let again = simulate(seed: seed, keeping: kept)
    guard report.trace == again.trace else {
      print("The same seed had two stories: \(report.trace) and \(again.trace)")
      throw ExitCode(2)
    }
    if shrink { report = RelaySimulation.shrink(report) }
    if !quiet { for line in report.story { print(line) } }
    print("\(report.replay): trace \(String(report.trace, radix: 16)), \(report.operations) operations")
    guard let failure = report.failure else { return }
    print(failure)
    throw ExitCode(1)
  }
}
