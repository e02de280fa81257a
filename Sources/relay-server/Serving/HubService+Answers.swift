internal import RelayHub
internal import RelayProtocol

extension HubService {
  func answer(_ session: Session, _ body: [UInt8]) async throws(RelayError) -> [UInt8] {
    guard session.route != .enrol else { return try await enrol(body, from: session.address) }
    guard let device = session.device else { throw RelayError(.unauthorized, "the request brings no credential") }
    let id = device.id
    switch session.route {
    case .sync: return try await sync(device, body)
    case .verify:
      let verify = try VerifyRequest(decoding: body)
      return try await readers.read(for: id) { (reader) throws(RelayError) in
        var response = try reader.verify(verify, device: device)
        response.answers = verify.answer(device: device.name, body: body)
        return response.encoded()
      }
    case .history:
      let history = try HistoryRequest(decoding: body)
      return try await readers.read(for: id) { (reader) throws(RelayError) in
        var response = try reader.history(history, device: device)
        response.answers = history.answer(device: device.name, body: body)
        return response.encoded()
      }
    case .rows:
      let rows = try RowsRequest(decoding: body)
      return try await readers.read(for: id) { (reader) throws(RelayError) in
        var response = try reader.rows(rows, device: device)
        response.answers = rows.answer(device: device.name, body: body)
        return response.encoded()
      }
    case .enrol, .health, .ready, .none:
      throw RelayError(.invariant, "\(session.route.rawValue) has no body")
    }
  }

  private func enrol(_ body: [UInt8], from address: String?) async throws(RelayError) -> [UInt8] {
    let enrol = try EnrolRequest(decoding: body)
    let (token, now) = (SystemEdge.token(organisation), SystemEdge.now())
    do throws(RelayError) {
      var response = try await writer.perform { (writer) throws(RelayError) in
        try writer.enrol(enrol, token: token, now: now)
      }
      response.answers = enrol.answer(device: response.device, body: body)
      return response.encoded()
    } catch {
      if error.code == .codeInvalid, let address { codes.wrong(address) }
      throw error
    }
  }

  /// One round trip, as the hub's machine says (`RoundTrip`): the writer, the readers and the parking lot do the steps.
  private func sync(_ device: HubDevice, _ body: [UInt8]) async throws(RelayError) -> [UInt8] {
    var request = try SyncRequest(decoding: body)
    let answers = request.answer(device: device.name, body: body)
    // While answers fill the memory, because their readers are slow, pages are smaller.
    let room = UInt64(max(Self.leastPage, gate.answers.room / 8))
    if let asked = request.pull?.pageBytes { request.pull?.pageBytes = min(asked, room) }
    let hub = try await readers.read { (reader) throws(RelayError) in try reader.identity() }
    var trip = RoundTrip(request, device: device.id, hub: hub, now: SystemEdge.now(), answers: answers)
    var step = trip.begin()
    while true {
      switch step {
      case .push(let job): step = trip.pushed(try await writer.push(job))
      case .pull(let request):
        let page = try await readers.read(for: device.id) { (reader) throws(RelayError) in
          try reader.page(request, device: device.id)
        }
        step = trip.pulled(page)
      case .wait(let pull, let milliseconds):
        step = trip.woken(isNews: await parking.wait(pull, milliseconds: milliseconds))
        if Task.isCancelled { throw RelayError(.cancelled, "the device hung up") }
      case .answer(let response): return response.encoded()
      }
    }
  }

  private static let leastPage = 64 << 10
}
