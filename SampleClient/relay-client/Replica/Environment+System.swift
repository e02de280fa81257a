internal import Foundation
internal import Relay
internal import RelayCurl

extension Environment {
  /// The machine's clock, random source and files: the one place where this app asks for them.
  static let system: Environment = {
    var environment = Environment(
      now: { Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)) },
      random: {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
      })
    environment.fileID = { fileID(of: $0) }
    return environment
  }()
}
