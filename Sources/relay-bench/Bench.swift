internal import ArgumentParser
internal import Foundation
internal import Relay

/// Every figure beside plain SQLite, measured in the same run on the same disk.
@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relay-bench", abstract: "What Relay costs, as ratios to plain SQLite.",
    discussion: """
      Build it with -c release. CPU is of the whole process; the least of the rounds is told. Memory and what happens in
      two processes at once is measured in processes of their own.
      """)

  @Option(help: "Rows of the large cases.") var rows = 100_000
  @Option(help: "One-row transactions.") var writes = 2_000
  @Option(help: "Rounds of each case.") var rounds = 3
  @Option(help: "Only the cases whose name has this in it.") var only: String?
  @Option(help: "A folder on the disk to measure.") var folder = NSTemporaryDirectory()
  @Flag(help: "One JSON object with name, figure, goal and met of each case.") var json = false
  @Flag(help: "List the cases and measure nothing.") var list = false
  @Option(help: .hidden) var device: DeviceProcess.Work?
  @Option(help: .hidden) var hub = ""
  @Option(help: "plain or relay: only that side of each comparison, for callgrind.") var side: Measure.Side?

  func validate() throws {
    guard (1...10_000_000).contains(rows), (1...1_000_000).contains(writes), (1...100).contains(rounds) else {
      throw ValidationError("--rows up to ten million, --writes up to a million, --rounds up to 100")
    }
  }

  func run() throws {
    if let device { return try DeviceProcess.runToEnd(device, rows: rows, folder: folder, hub: hub) }
    let place = folder + "/relay-bench-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: place) }
    let measure = Measure(folder: place, rows: rows, writes: writes, rounds: rounds, side: side)
    var figures: [Figure] = []
    if !json { print(list ? "cases" : Figure.heading) }
    for one in Case.all(measure) where only.map({ one.name.contains($0) }) ?? true {
      guard !list else {
        print("  \(one.name)")
        continue
      }
      for figure in try one.run() {
        figures.append(figure)
        if !json { print(figure.line) }
      }
    }
    guard json else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(figures), as: UTF8.self))
  }
}

/// One case: its name, and how its figures are found.
struct Case {
  var name: String
  var run: () throws -> [Figure]

  static func all(_ measure: Measure) -> [Case] {
    writing(measure) + installing(measure) + onTheWire(measure) + overHTTP(measure) + underAttack(measure)
      + thatCost(measure) + inLargeFiles(measure)
      + accepting(measure) + atTheHub(measure) + atTheLimits(measure) + whileItGrows(measure) + onPostgres(measure)
  }
}

extension Measure.Side: ExpressibleByArgument {}
