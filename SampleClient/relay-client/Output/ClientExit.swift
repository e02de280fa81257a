internal import Relay

/// What a calling program learns without reading.
enum ClientExit: Int32 {
  case done = 0
  case failed = 1
  case usage = 2
  case hubUnreachable = 4
  case revoked = 5

  init(_ code: ErrorCode) {
    self =
      switch code {
      case .usage: .usage
      case _ where code.isUnreachable: .hubUnreachable
      case .revoked: .revoked
      default: .failed
      }
  }
}
