package import Relay
internal import RelayProtocol

/// The hub of a fleet behind the transport that the library talks to: replies and error replies in the wire's bytes.
package struct FleetTransport: Transport {
  private let hub: InProcessHub
  private let clock: TestClock
  private let isAway: Bool

  /// - Parameter isAway: there is no network.
  package init(_ fleet: Fleet, isAway: Bool = false) {
    self.isAway = isAway
    hub = fleet.hub
    clock = fleet.clock
  }

  package static let options = SyncOptions { (_) async throws(CancellationError) in }

  package func send(_ request: TransportRequest, deadline: Duration?) async throws(RelayError) -> TransportResponse {
    guard !isAway else { throw RelayError(.hubUnreachable, "no network") }
    do throws(RelayError) {
      let body = try hub.answer(request.path, token: request.token ?? "", request.body, now: clock.now)
      return TransportResponse(status: 200, body: body)
    } catch {
      return TransportResponse(
        status: 409, body: ErrorReply(code: error.code.rawValue, message: error.message).encoded())
    }
  }
}
