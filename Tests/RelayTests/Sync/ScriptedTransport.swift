import Relay
internal import RelayProtocol
import Synchronization

/// A line to a hub that a test writes word for word; counts what was asked and what was waited for.
final class ScriptedTransport: Transport {
  typealias Script = @Sendable (_ request: SyncRequest, _ number: Int) throws(RelayError) -> TransportResponse

  private struct State {
    var requests: [SyncRequest] = []
    var pauses: [Duration] = []
    var deadlines: [Duration?] = []
  }

  private let state = Mutex(State())
  private let script: Script

  init(_ script: @escaping Script) { self.script = script }

  var requests: [SyncRequest] { state.withLock { $0.requests } }
  /// What was waited for between requests.
  var pauses: [Duration] { state.withLock { $0.pauses } }
  var deadlines: [Duration?] { state.withLock { $0.deadlines } }

  /// Time passes only in name. A second is how long a sync waits before it says what it waits for; that is no pause.
  var options: SyncOptions {
    SyncOptions { [self] (pause) async throws(CancellationError) in
      if pause == .seconds(1) { throw CancellationError() }
      state.withLock { $0.pauses.append(pause) }
    }
  }

  func send(_ request: TransportRequest, deadline: Duration?) async throws(RelayError) -> TransportResponse {
    let sync = try SyncRequest(decoding: request.body)
    let number = state.withLock { state in
      state.requests.append(sync)
      state.deadlines.append(deadline)
      return state.requests.count
    }
    // A test that asks without an end is a test that fails.
    guard number <= 500 else { throw RelayError(.revoked, "asked \(number) times") }
    return try script(sync, number).answering(sync, request.body)
  }
}

extension TransportResponse {
  /// The same answer to this request, where it is one that can be read: a script has other things to be wrong about.
  func answering(_ request: SyncRequest, _ body: [UInt8]) -> TransportResponse {
    guard status == 200, var response = try? SyncResponse(decoding: self.body) else { return self }
    response.answers = request.answer(device: "d", body: body)
    var answer = self
    answer.body = response.encoded()
    return answer
  }
}

extension ScriptedHub {
  /// The whole answer to a request, as bytes.
  static func reply(
    _ page: PullPage? = nil, verdicts: [Verdict] = [], partReceived: UInt64 = 0, epoch: Hash128 = ScriptedHub.epoch,
    schemaVersion: UInt64? = nil
  ) -> TransportResponse {
    let response = SyncResponse(
      epoch: epoch, time: 0, verdicts: verdicts, partReceived: partReceived, page: page, schemaVersion: schemaVersion)
    return TransportResponse(status: 200, body: response.encoded())
  }

  static func reply(_ code: ErrorCode, _ message: String = "so the script says") -> TransportResponse {
    TransportResponse(status: 409, body: ErrorReply(code: code.rawValue, message: message).encoded())
  }

  /// The last page of a pull: nothing new at this head.
  func end(at head: UInt64, confirmed: [Verdict] = []) -> PullPage {
    page([], closing: PullClosing(head: head, logHash: Hash128(high: 0, low: head), confirmed: confirmed))
  }
}

extension Replica {
  /// How a sync over this line fails; nil where it does not.
  func failure(over line: ScriptedTransport, _ options: SyncOptions? = nil) async -> ErrorCode? {
    do {
      _ = try await sync(with: line, options: options ?? line.options)
      return nil
    } catch { return error.code }
  }
}
