/// How long to pause before asking again.
///
/// Full jitter between nothing and a bound that doubles from one second to five minutes
/// (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015).
struct Pace: Sendable {
  /// A hub or a proxy is obeyed up to here.
  static let longestAsked: Duration = .seconds(600)

  /// - Parameters:
  ///   - tries: how many went wrong in a row, from 1.
  ///   - random: 64 random bits.
  func delay(after tries: Int, random: UInt64) -> Duration {
    let bound = min(Int64(1000) << Int64(min(max(tries, 1) - 1, 20)), 300_000)
    return .milliseconds(Int64(random % UInt64(bound + 1)))
  }
}
