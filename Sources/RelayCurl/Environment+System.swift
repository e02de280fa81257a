public import Relay

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

extension Environment {
  /// The clock and the random numbers of this machine, and SQLite's default VFS.
  public static var system: Environment { Environment(now: { wallClock() }, random: { .random(in: .min ... .max) }) }

  /// Milliseconds since 1970; 0 where the machine has no clock.
  private static func wallClock() -> Int64 {
    var time = timespec()
    guard clock_gettime(CLOCK_REALTIME, &time) == 0 else { return 0 }
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
