/// Milliseconds since 1970, as the simulation says.
///
/// The invariant behind `@unchecked Sendable`: a simulation and all that runs in it are one thread.
final class VirtualClock: @unchecked Sendable {
  /// What every clock that is right shows.
  var now: Int64 { time + leapt }
  /// The same without the leaps: what is planned happens at this.
  private(set) var time: Int64 = 1_700_000_000_000
  private var leapt: Int64 = 0

  func advance(to time: Int64) { self.time = max(self.time, time) }

  /// So many days pass in which nothing happens.
  func leap(days: Int64) { leapt += days * 86_400_000 }
}

/// What one machine has of its own: how wrong its clock is, and its random bits.
///
/// The invariant behind `@unchecked Sendable`: a simulation and all that runs in it are one thread.
final class Machine: @unchecked Sendable {
  private let clock: VirtualClock
  var skew: Int64 = 0
  private var random: SplitMix

  init(_ clock: VirtualClock, seed: UInt64, _ name: String) {
    self.clock = clock
    random = SplitMix(seed: seed, "machine " + name)
  }

  var now: Int64 { clock.now + skew }

  func bits() -> UInt64 { random.next() }
}
