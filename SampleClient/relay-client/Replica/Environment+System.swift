internal import Foundation
internal import Relay

extension Environment {
  /// The machine's clock and random source: the one place where this app asks for them.
  static let system = Environment(
    now: { Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)) },
    random: {
      var generator = SystemRandomNumberGenerator()
      return generator.next()
    })
}
