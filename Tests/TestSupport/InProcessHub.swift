package import Relay
package import RelayHub
package import RelayHubPostgres
package import RelayMerge
package import RelayProtocol

/// A hub in this process, asked as the server asks it: a round trip goes the way of `RoundTrip`, and nothing waits.
package struct InProcessHub {
  package let writer: HubWriter
  package let reader: HubReader

  package init(writer: HubWriter, reader: HubReader) { (self.writer, self.reader) = (writer, reader) }

  /// The hub that is at a place.
  ///
  /// - Parameter newName: draws names for its order; nil where that has none.
  package init(
    at place: HubPlace, resolvers: Resolvers = Resolvers(), newName: (@Sendable () -> UInt64)? = nil
  ) throws(RelayError) {
    self.init(
      writer: try place.writer(resolvers: resolvers, newName: newName),
      reader: try place.reader(resolvers: resolvers))
  }

  /// A new hub.
  package init(
    new place: HubPlace, schema: [UInt8], graceDays: Int64 = Grace.days, resolvers: Resolvers = Resolvers()
  ) throws(RelayError) {
    try place.create(
      schema: schema, organisation: Hash128(high: 5, low: 5), epoch: Hash128(high: 6, low: 6), graceDays: graceDays,
      resolvers: resolvers)
    try self.init(at: place, resolvers: resolvers)
  }

  /// The credential of a device that a test enrolled.
  package static func token(_ name: String) -> String { "token-" + name }

  /// Gives a device its code, and lets its replica use it.
  ///
  /// - Parameter now: milliseconds since 1970.
  package func enrol(
    _ replica: Replica, as name: String, role: String, _ grants: [ScopeGrant], now: Int64
  ) throws(RelayError) {
    let code = "code-" + name
    try writer.addDevice(name: name, role: role, grants: grants, code: code, expires: .max)
    let request = EnrolRequest(
      code: code, schemaHash: replica.schema.hash, replica: try replica.replicaID(), organisation: reader.organisation,
      schemaVersion: replica.schema.version)
    let response = try writer.enrol(request, token: InProcessHub.token(name), now: now)
    try replica.enrolled(response, hub: "http://127.0.0.1")
  }

  /// Round trips until a pull is installed.
  ///
  /// - Parameter each: is told of every request before it is sent.
  package func sync(
    _ replica: Replica, as name: String, now: Int64, each: (SyncRequest) throws -> Void = { (_) in }
  ) throws {
    for _ in 0..<100_000 {
      let request = try replica.nextRequest()
      try each(request)
      var verdicts: [Verdict] = []
      let response = try answer(request, as: name, now: now, &verdicts)
      if case .installed = try replica.receive(response, to: request) { return }
    }
    throw RelayError(.invariant, "\(name) does not come to an end")
  }

  /// The hub's side of a round trip, through the wire's bytes.
  ///
  /// - Parameter verdicts: as the hub gives them, also where no answer comes of it.
  /// - Throws: `page_void` when the pull has to start again; what was pushed is judged all the same.
  package func answer(
    _ sent: SyncRequest, as name: String, now: Int64, _ verdicts: inout [Verdict]
  ) throws(RelayError) -> SyncResponse {
    let request = try SyncRequest(decoding: sent.encoded())
    let device = try reader.authenticate(token: InProcessHub.token(name))
    return try SyncResponse(decoding: try sync(request, device, now: now, &verdicts).encoded())
  }

  /// What the hub answers to a body, as bytes.
  ///
  /// - Parameters:
  ///   - now: milliseconds since 1970.
  ///   - credential: what an enrolment is given.
  package func answer(
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

  private func sync(
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
