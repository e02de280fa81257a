internal import Foundation
internal import Relay
internal import RelaySQLite

/// How things are measured: rounds turn about, CPU of the process, memory of a process of its own.
struct Measure {
  let folder: String
  let rows: Int
  let writes: Int
  let rounds: Int

  func file() -> String { folder + "/" + UUID().uuidString }

  /// CPU of both, in milliseconds: turn about, so that a slow moment of the machine meets both.
  func compare(
    _ name: String, _ goal: Double, _ plain: () throws -> Double, _ relay: () throws -> Double
  ) throws -> [Figure] {
    var (a, b) = (Double.infinity, Double.infinity)
    for _ in 0..<rounds {
      a = min(a, try plain())
      b = min(b, try relay())
    }
    return [Figure(name, .milliseconds, plain: a * 1000, b * 1000, .ratio(goal))]
  }

  func least(_ body: () throws -> Double) rethrows -> Double {
    var least = Double.infinity
    for _ in 0..<rounds { least = min(least, try body()) }
    return least
  }

  /// CPU seconds of the process, kernel included.
  func cpu(_ body: () throws -> Void) rethrows -> Double { try elapsed(CLOCK_PROCESS_CPUTIME_ID, body) }

  func wall(_ body: () throws -> Void) rethrows -> Double { try elapsed(CLOCK_MONOTONIC, body) }

  private func elapsed(_ clock: clockid_t, _ body: () throws -> Void) rethrows -> Double {
    func now() -> Double {
      var time = timespec()
      clock_gettime(clock, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let start = now()
    try body()
    return now() - start
  }

  /// The most memory, in megabytes, that a process of its own took for one of `children`.
  func peak(of child: String, _ more: [String] = []) throws -> Double {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
    process.arguments = ["--child", child, "--folder", folder, "--rows", "\(rows)"] + more
    let out = Pipe()
    process.standardOutput = out
    try process.run()
    let text = String(decoding: out.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0, let kilobytes = Double(text.trimmingCharacters(in: .whitespacesAndNewlines))
    else { throw CocoaError(.featureUnsupported) }
    return kilobytes / 1024
  }

  /// Runs one of `children` and prints the most memory that this process took, in kilobytes.
  func runAsChild(_ name: String) throws {
    try Child.run(name, self)
    var usage = rusage()
    // 0 is this process, RUSAGE_SELF, whose type differs between C libraries.
    getrusage(0, &usage)
    print(usage.ru_maxrss)
  }
}
