public import RelayProtocol

/// Keeps strangers from trying codes: five wrong ones from an address within a minute, and that address may try none for
/// the rest of the minute, right or wrong. A value without a clock; the server asks it before and after each try.
public struct EnrolmentGuard: Sendable {
  /// Wrong tries of one address, oldest first, in milliseconds.
  private var tries: [String: [Int64]] = [:]

  static let most = 5
  static let window: Int64 = 60_000
  /// Addresses that are remembered at a time.
  static let addresses = 10_000

  public init() {}

  /// - Parameters:
  ///   - address: the peer's, without its port.
  ///   - now: milliseconds since 1970.
  /// - Throws: `hub_overloaded` where the address tried too often.
  public mutating func ask(_ address: String, now: Int64) throws(RelayError) {
    forget(before: now.subtractingSaturating(Self.window), address)
    guard (tries[address]?.count ?? 0) < Self.most else {
      throw RelayError(.hubOverloaded, "too many wrong codes from this address; try again in a minute")
    }
  }

  /// Tells that a code was wrong.
  public mutating func wrong(_ address: String, now: Int64) {
    if tries.count >= Self.addresses, tries[address] == nil {
      let oldest = now.subtractingSaturating(Self.window)
      tries = tries.filter { ($0.value.last ?? .min) > oldest }
      // More addresses at once than anybody enrols from: all of them are one attack, and begin anew.
      if tries.count >= Self.addresses { tries = [:] }
    }
    tries[address, default: []].append(now)
  }

  private mutating func forget(before oldest: Int64, _ address: String) {
    guard let known = tries[address] else { return }
    let recent = known.filter { $0 > oldest }
    tries[address] = recent.isEmpty ? nil : recent
  }
}
