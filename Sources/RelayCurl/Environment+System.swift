public import Relay

#if canImport(Darwin)
  internal import Darwin
#else
  internal import CCurl
  internal import Glibc
#endif

extension Environment {
  /// The clock, the random numbers and the files of this machine, and SQLite's default VFS.
  public static var system: Environment {
    var environment = Environment(now: { wallClock() }, random: { .random(in: .min ... .max) })
    environment.fileID = { fileID(of: $0) }
    return environment
  }

  /// What tells a file from its copies: when it was made, to the nanosecond. Where the file system does not keep that, the
  /// number of its node, which some give anew with each mount.
  ///
  /// - Returns: nil for a file that is not there.
  public static func fileID(of path: String) -> UInt64? {
    #if canImport(Darwin)
      var found = stat()
      guard stat(path, &found) == 0 else { return nil }
      return mixed(UInt64(bitPattern: Int64(found.st_birthtimespec.tv_sec)), UInt64(found.st_birthtimespec.tv_nsec))
    #else
      var found = statx()
      let made = UInt32(STATX_BTIME)
      guard relay_statx(path, UInt32(STATX_INO) | made, &found) == 0 else { return nil }
      guard found.stx_mask & made != 0 else { return found.stx_ino }
      return mixed(UInt64(bitPattern: found.stx_btime.tv_sec), UInt64(found.stx_btime.tv_nsec))
    #endif
  }

  private static func mixed(_ seconds: UInt64, _ nanoseconds: UInt64) -> UInt64 {
    seconds &* 1_000_000_000 &+ nanoseconds
  }

  /// Milliseconds since 1970; 0 where the machine has no clock.
  private static func wallClock() -> Int64 {
    var time = timespec()
    guard clock_gettime(CLOCK_REALTIME, &time) == 0 else { return 0 }
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
