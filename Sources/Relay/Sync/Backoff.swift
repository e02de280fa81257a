package import RelayProtocol

/// Decides what follows a failed request: pure, so that tests and the simulator run it without a clock.
///
/// Full jitter between nothing and a bound that doubles from one second to five minutes
/// (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015).
package struct Backoff: Sendable {
  package enum Action: Sendable, Equatable {
    /// Ask again after so many milliseconds.
    case retry(after: Int64)
    /// Forget the pages so far and ask for the first one again.
    case startAgain
    case giveUp
  }

  private var failures = 0
  private var restarts = 0
  package let attempts: Int

  package init(attempts: Int) { self.attempts = attempts }

  package mutating func succeeded() { failures = 0 }

  /// - Parameters:
  ///   - retryAfter: what the hub asked for, in milliseconds; obeyed up to ten minutes.
  ///   - random: 64 random bits.
  package mutating func failed(_ code: ErrorCode, retryAfter: Int64?, random: UInt64) -> Action {
    switch code {
    case .pageVoid:
      restarts += 1
      return restarts <= 100 ? .startAgain : .giveUp
    case .hubUnreachable, .hubOverloaded, .slowDown, .busy:
      failures += 1
      guard failures < attempts else { return .giveUp }
      let bound = min(Int64(1000) << Int64(min(failures - 1, 20)), 300_000)
      let jitter = Int64(random % UInt64(bound + 1))
      return .retry(after: max(jitter, min(max(retryAfter ?? 0, 0), 600_000)))
    default: return .giveUp
    }
  }
}
