internal import ArgumentParser
internal import Foundation
internal import Relay

/// Every figure beside plain SQLite, measured in the same run on the same disk.
@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relay-bench", abstract: "What Relay costs, as ratios to plain SQLite.",
    discussion: "Build it with -c release. CPU is of the whole process; the least of the rounds is told.")

  @Option(help: "Rows of the large cases.") var rows = 100_000
  @Option(help: "One-row transactions.") var writes = 2_000
  @Option(help: "Rounds of each case.") var rounds = 3
  @Option(help: "Only the cases whose name has this in it.") var only: String?
  @Option(help: "A folder on the disk to measure.") var folder = NSTemporaryDirectory()

  func validate() throws {
    guard (1...100_000).contains(rows), (1...1_000_000).contains(writes), (1...100).contains(rounds) else {
      throw ValidationError("--rows up to 100000, --writes up to a million, --rounds up to 100")
    }
  }

  func run() throws {
    let place = folder + "/relay-bench-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: place) }
    let cases = Cases(folder: place, rows: rows, writes: writes)
    print("case".padded(46) + "SQLite".right(12) + "Relay".right(12) + "ratio".right(9))
    func measure(_ name: String, _ body: (String) throws -> Void) rethrows {
      if only.map({ name.contains($0) }) ?? true { try body(name) }
    }
    try measure("one-row transactions, \(writes): CPU") { try compare($0, cases.plainWrites, cases.relayWrites) }
    try measure("one transaction of \(rows) inserts: CPU") { try compare($0, cases.plainInsert, cases.relayInsert) }
    try measure("install \(rows) rows on an empty replica: CPU") { try compare($0, cases.plainInsert, cases.install) }
    try measure("file, \(rows) confirmed rows: bytes") { name in
      let sizes = try cases.sizes()
      line(name, "\(sizes.plain)", "\(sizes.relay)", ratio(sizes.relay, sizes.plain))
    }
    try measure("one changed row in \(rows): pull and install") { name in
      line(name, "", milliseconds(try least { try cases.oneChangedRow() }), "")
    }
    try measure("1,000 one-column edits: bytes up, gzip") { name in
      line(name, "", "\(try cases.editsOnTheWire())", "")
    }
    try measure("nothing new: bytes up, down") { name in
      let quiet = try cases.quietSync()
      line(name, "", "\(quiet.up), \(quiet.down)", "")
    }
  }

  private func compare(_ name: String, _ plain: () throws -> Double, _ relay: () throws -> Double) throws {
    // Turn about, so that a slow moment of the machine meets both.
    var (a, b) = (Double.infinity, Double.infinity)
    for _ in 0..<rounds {
      a = min(a, try plain())
      b = min(b, try relay())
    }
    line(name, milliseconds(a), milliseconds(b), ratio(b, a))
  }

  private func least(_ body: () throws -> Double) rethrows -> Double {
    var least = Double.infinity
    for _ in 0..<rounds { least = min(least, try body()) }
    return least
  }

  private func line(_ name: String, _ plain: String, _ relay: String, _ ratio: String) {
    print(name.padded(46) + plain.right(12) + relay.right(12) + ratio.right(9))
  }

  private func milliseconds(_ seconds: Double) -> String { String(format: "%.1f ms", seconds * 1000) }
  private func ratio(_ a: Double, _ b: Double) -> String { String(format: "%.2f×", a / b) }
  private func ratio(_ a: Int, _ b: Int) -> String { ratio(Double(a), Double(b)) }
}

extension String {
  fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
  fileprivate func right(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
