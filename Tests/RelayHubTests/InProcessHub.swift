import Relay
import RelayHub
internal import RelayMerge
internal import RelayProtocol

/// A hub in this process, asked as the server asks it: a round trip goes the way of `RoundTrip`, and nothing waits.
struct InProcessHub {
  let writer: HubWriter
  let reader: HubReader

  /// What the hub answers to a body, as bytes.
  ///
  /// - Parameters:
  ///   - now: milliseconds since 1970.
  ///   - credential: what an enrolment is given.
  func answer(
    _ path: String, token: String, _ body: [UInt8], now: Int64, credential: String = ""
  ) throws(RelayError) -> [UInt8] {
    if path == "/v1/enrol" {
      let enrol = try EnrolRequest(decoding: body)
      var answer = try writer.enrol(enrol, token: credential, now: now)
      answer.answers = enrol.answer(device: answer.device, body: body)
      return answer.encoded()
    }
    let device = try reader.authenticate(token: token)
    switch path {
    case "/v1/verify":
      let verify = try VerifyRequest(decoding: body)
      var answer = try reader.verify(verify, device: device)
      answer.answers = verify.answer(device: device.name, body: body)
      return answer.encoded()
    case "/v1/rows":
      let rows = try RowsRequest(decoding: body)
      var answer = try reader.rows(rows, device: device)
      answer.answers = rows.answer(device: device.name, body: body)
      return answer.encoded()
    case "/v1/history":
      let history = try HistoryRequest(decoding: body)
      var answer = try reader.history(history, device: device)
      answer.answers = history.answer(device: device.name, body: body)
      return answer.encoded()
    default:
      let sync = try SyncRequest(decoding: body)
      var verdicts: [Verdict] = []
      let answers = sync.answer(device: device.name, body: body)
      return try self.sync(sync, device, now: now, answers: answers, &verdicts).encoded()
    }
  }

  /// One round trip.
  ///
  /// - Parameter verdicts: as the hub gives them, also where no answer comes of it.
  func sync(
    _ request: SyncRequest, _ device: HubDevice, now: Int64, answers: AnswerTo = .nothing,
    _ verdicts: inout [Verdict]
  ) throws(RelayError) -> SyncResponse {
    var trip = RoundTrip(request, device: device.id, hub: try reader.identity(), now: now, answers: answers)
    var step = trip.begin()
    while true {
      switch step {
      case .push(let job):
        let outcome = try writer.commit([job], now: now)[0].get()
        verdicts += outcome.verdicts
        step = trip.pushed(outcome)
      case .pull(let request): step = trip.pulled(try reader.page(request, device: device.id))
      case .wait: step = trip.woken(isNews: false)
      case .answer(let response): return response
      }
    }
  }
}
