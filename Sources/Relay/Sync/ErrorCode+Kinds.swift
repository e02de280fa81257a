public import RelayProtocol

extension ErrorCode {
  /// No hub was reached: there was no network, no server, or something else on the way answered.
  public var isUnreachable: Bool {
    switch self {
    case .hubUnreachable, .hubNameUnknown, .connectionRefused, .connectionLost, .hubSilent, .certificateUntrusted,
      .certificateExpired, .signInPage, .proxyPassword:
      true
    default: false
    }
  }

  /// The line did not carry an exchange to its end.
  var isOfTheLine: Bool { self == .connectionLost || self == .hubSilent || self == .deadline }

  /// The same request may go well a moment later.
  var isPassing: Bool {
    switch self {
    case .hubUnreachable, .hubNameUnknown, .connectionRefused, .connectionLost, .hubSilent, .deadline, .hubOverloaded,
      .slowDown, .storeUnreachable, .hubFailed, .wrongAnswer, .busy:
      true
    default: false
    }
  }
}
