import Relay
import RelayHub
internal import RelayProtocol

/// The hub of a fleet behind the transport that the library talks to: replies and error replies in the wire's bytes.
struct FleetTransport: Transport {
  let writer: HubWriter
  let reader: HubReader
  let clock: Fleet.Clock

  init(_ fleet: Fleet) {
    writer = fleet.writer
    reader = fleet.reader
    clock = fleet.clock
  }

  static let options = SyncOptions { (_) async throws(CancellationError) in }

  func send(_ request: TransportRequest, deadline: Duration?) async throws(RelayError) -> TransportResponse {
    do throws(RelayError) {
      return TransportResponse(status: 200, body: try answer(request))
    } catch {
      return TransportResponse(
        status: 409, body: ErrorReply(code: error.code.rawValue, message: error.message).encoded())
    }
  }

  private func answer(_ request: TransportRequest) throws(RelayError) -> [UInt8] {
    let device = try reader.authenticate(token: request.token ?? "")
    switch request.path {
    case "/v1/verify":
      let verify = try VerifyRequest(decoding: request.body)
      var answer = try reader.verify(verify, device: device)
      answer.answers = verify.answer(device: device.name, body: request.body)
      return answer.encoded()
    case "/v1/rows":
      let rows = try RowsRequest(decoding: request.body)
      var answer = try reader.rows(rows, device: device)
      answer.answers = rows.answer(device: device.name, body: request.body)
      return answer.encoded()
    case "/v1/history":
      let history = try HistoryRequest(decoding: request.body)
      var answer = try reader.history(history, device: device)
      answer.answers = history.answer(device: device.name, body: request.body)
      return answer.encoded()
    default:
      let sync = try SyncRequest(decoding: request.body)
      let job = PushJob(device: device.id, request: sync)
      let outcome = try writer.commit([job], now: clock.now)[0].get()
      var response = SyncResponse(
        epoch: try reader.epoch(), time: 0, verdicts: outcome.verdicts, partReceived: outcome.partReceived,
        schemaVersion: try reader.schemaVersion())
      response.answers = sync.answer(device: device.name, body: request.body)
      if sync.pull != nil { response.page = try reader.pull(sync, device: device) }
      return response.encoded()
    }
  }
}
