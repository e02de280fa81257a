internal import RelayHub
internal import RelayProtocol
internal import Synchronization

/// Who tried which wrong codes lately; shared by all connections.
final class CodeTries: Sendable {
  private let tries = Mutex(EnrolmentGuard())

  /// - Throws: `hub_overloaded` where this address has tried too often.
  func ask(_ address: String) throws(RelayError) {
    let now = SystemEdge.now()
    try tries.withLock { (tries) throws(RelayError) in try tries.ask(address, now: now) }
  }

  func wrong(_ address: String) {
    let now = SystemEdge.now()
    tries.withLock { $0.wrong(address, now: now) }
  }
}
