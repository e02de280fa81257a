internal import RelayHub
internal import RelayProtocol

extension HubService {
  func answer(_ session: Session, _ body: [UInt8], _ lease: MemoryLease) async throws(RelayError) -> [UInt8] {
    guard session.route != .enrol else { return try await enrol(body, from: session.address) }
    guard let device = session.device else { throw RelayError(.unauthorized, "the request brings no credential") }
    let id = device.id
    switch session.route {
    case .sync: return try await sync(device, body, lease)
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
  ///
  /// - Parameter lease: counts the answer as soon as it is made.
  private func sync(
    _ device: HubDevice, _ body: [UInt8], _ lease: MemoryLease
  ) async throws(RelayError) -> [UInt8] {
    let (request, answers) = try await lanes.run(for: device.id, isLittle: body.count < Self.little) {
      () throws(RelayError) in
      let request = try SyncRequest(decoding: body)
      return (request, request.answer(device: device.name, body: body))
    }
    let hub = try await readers.read { (reader) throws(RelayError) in try reader.identity() }
    var trip = RoundTrip(request, device: device.id, hub: hub, now: SystemEdge.now(), answers: answers)
    var step = trip.begin()
    while true {
      switch step {
      case .push(let job): step = trip.pushed(try await writer.push(job))
      case .pull(let request):
        step = trip.pulled(try await page(request, device.id, lease))
      case .wait(let pull, let milliseconds):
        step = trip.woken(isNews: await parking.wait(pull, milliseconds: milliseconds))
        if Task.isCancelled { throw RelayError(.cancelled, "the device hung up") }
      case .answer(let response):
        let bytes = response.encoded()
        lease.hold(bytes.count)
        return bytes
      }
    }
  }

  /// A page, as large as the memory for answers has room when its turn has come: those who waited before it have theirs.
  private func page(
    _ request: SyncRequest, _ device: Int64, _ lease: MemoryLease
  ) async throws(RelayError) -> PulledPage {
    let answers = gate.answers
    return try await readers.read(for: device) { (reader) throws(RelayError) in
      // While answers fill the memory, because their readers are slow, pages are smaller; at twice as much there are none.
      guard answers.used < 2 * answers.most else {
        throw RelayError(.hubOverloaded, "too many answers wait to be read")
      }
      var request = request
      let room = UInt64(max(Self.leastPage, answers.room / 8))
      if let asked = request.pull?.pageBytes { request.pull?.pageBytes = min(asked, room) }
      let pulled = try reader.page(request, device: device)
      lease.hold(pulled.page.rows.bytes.count)
      return pulled
    }
  }

  private static let leastPage = 64 << 10
}
