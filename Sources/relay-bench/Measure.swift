internal import Foundation
internal import Relay
internal import RelaySQLite

/// How things are measured: rounds turn about, CPU of the process, memory of a process of its own.
struct Measure {
  let folder: String
  let rows: Int
  let writes: Int
  let rounds: Int
  /// Only one of the two sides of a comparison: for a tool that counts instructions.
  var side: Side?

  enum Side: String, CaseIterable { case plain, relay }

  func file() -> String { folder + "/" + UUID().uuidString }

  /// CPU of both, in milliseconds: turn about, so that a slow moment of the machine meets both.
  func compare(
    _ name: String, _ goal: Double, _ plain: () throws -> Double, _ relay: () throws -> Double
  ) throws -> [Figure] {
    var (a, b) = (Double.infinity, Double.infinity)
    for _ in 0..<rounds {
      if side != .relay { a = min(a, try plain()) }
      if side != .plain { b = min(b, try relay()) }
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

  // A name that a profiler can switch itself on at.
  @inline(never)
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
}
