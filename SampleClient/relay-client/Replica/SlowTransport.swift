internal import Relay

/// A bad line, for showing one on a good one: after each exchange it waits until what travelled would have passed.
struct SlowTransport: Transport {
  private let base: any Transport
  private let kilobits: Int
  private let sleep: @Sendable (Duration) async throws(CancellationError) -> Void

  /// - Parameter kilobits: that pass in a second.
  init(
    _ base: any Transport, kilobits: Int, sleep: @escaping @Sendable (Duration) async throws(CancellationError) -> Void
  ) {
    (self.base, self.kilobits, self.sleep) = (base, kilobits, sleep)
  }

  func send(_ request: TransportRequest, deadline: Duration?) async throws(RelayError) -> TransportResponse {
    let answer = try await base.send(request, deadline: deadline)
    let bits = (answer.sentBytes + answer.receivedBytes) * 8
    do throws(CancellationError) {
      try await sleep(.milliseconds(bits / kilobits))
    } catch {
      throw RelayError(.cancelled, "the work was cancelled")
    }
    return answer
  }
}
