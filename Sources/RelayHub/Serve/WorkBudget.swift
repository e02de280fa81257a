/// How much of the hub's time each device may take: a token bucket a device, in milliseconds of work.
///
/// Work is charged when it is done, so that one that was dearer than expected delays only the device that asked for it.
public struct WorkBudget: Sendable {
  private struct Bucket: Sendable {
    var left: Double
    var at: Int64
  }

  /// What a device may take at once, and what comes back every second, both in milliseconds of work.
  public let burst: Double
  public let rate: Double
  private var buckets: [Int64: Bucket] = [:]

  public init(burst: Double, rate: Double) {
    self.burst = burst
    self.rate = rate
  }

  /// - Parameter now: milliseconds of a clock that does not jump.
  /// - Returns: 0 where the device may ask for work; otherwise milliseconds after which it may.
  public func delay(_ device: Int64, now: Int64) -> UInt64 {
    let left = left(device, now)
    guard left <= 0 else { return 0 }
    // Until a little is there, not only the first drop.
    return UInt64(max(1, (-left + burst / 20) / rate * 1000))
  }

  /// What the device has taken and not got back, in milliseconds of work.
  public func taken(_ device: Int64, now: Int64) -> Double { burst - left(device, now) }

  public mutating func charge(_ device: Int64, work: Double, now: Int64) {
    buckets[device] = Bucket(left: left(device, now) - max(0, work), at: now)
    // Full buckets say nothing; they are dropped now and then.
    if buckets.count > 10_000 {
      let full = buckets.filter { left($0.key, now) >= burst }
      for device in full.keys { buckets[device] = nil }
    }
  }

  private func left(_ device: Int64, _ now: Int64) -> Double {
    guard let bucket = buckets[device] else { return burst }
    return min(burst, bucket.left + Double(max(0, now - bucket.at)) / 1000 * rate)
  }
}
