internal import Relay
internal import RelayProtocol

extension Simulation {
  /// A device begins to sync, unless it does already.
  func beginSync(_ device: SimulatedDevice) throws {
    guard device.sync == nil, device.process.isAlive else { return }
    device.sync = SyncOnLine(
      pageBytes: Int(clamping: plan.configuration.pageBytes), deadline: plan.configuration.deadline)
    try step(device, .start)
  }

  /// The machine says what is to be done, until it has to wait for something.
  func step(_ device: SimulatedDevice, _ event: SyncMachine.Event) throws {
    var event = event
    while device.process.isAlive, let effect = device.sync?.machine.step(event) {
      device.sync?.turn += 1
      switch effect {
      case .ask(let shape):
        guard let failure = try ask(device, shape) else { return }
        event = failure
      case .sleep(let delay, let error):
        oracle.count("sync: sleeps because of \(error.code.rawValue)")
        later(.slept(turn(device)), in: Int64(delay / .milliseconds(1)))
        return
      case .mend(let mend):
        oracle.count("sync: mends \(mend)")
        var isMended = false
        guard try doing("a mend", device, { isMended = try device.replica()?.mend(mend) ?? false }) else {
          device.sync = nil
          return
        }
        event = .mended(isMended)
      case .done(let base):
        oracle.count("sync: done")
        oracle.tell("\(device.name) synced up to \(base)")
        device.sync = nil
        try Books.check(device.path, of: device.process)
        return
      case .fail(let error):
        try ended(device, error)
        return
      }
    }
  }

  private func ended(_ device: SimulatedDevice, _ error: RelayError) throws {
    oracle.count("sync: ends with \(error.code.rawValue)")
    oracle.tell("\(device.name) gives up: \(error.code.rawValue)")
    device.sync = nil
    // What no fault of this world explains.
    let unexplained: [ErrorCode] = [
      .hubRolledBack, .replicaForked, .outOfOrder, .corrupt, .damagedWork, .wrongHub, .schemaMismatch, .unauthorized,
      .revoked, .invariant, .fileReplaced, .notADatabase, .sql, .constraint,
    ]
    if unexplained.contains(error.code) { throw Broken("\(device.name) cannot sync: \(error)") }
  }

  /// Builds a request and sends it.
  ///
  /// - Returns: why there is none.
  private func ask(_ device: SimulatedDevice, _ wanted: RequestShape) throws -> SyncMachine.Event? {
    guard let witness = device.witness else { return nil }
    var shape = wanted
    var built: SyncRequest?
    let configuration = plan.configuration
    let isDone = try doing("a request", device) {
      built = try device.replica()?.nextRequest(
        pushBytes: min(shape.pushBytes, configuration.pushBytes),
        pageBytes: min(shape.pageBytes, configuration.pageBytes), wait: shape.wait)
    }
    guard device.process.isAlive else { return nil }
    guard isDone, let request = built else {
      device.sync = nil
      return nil
    }
    try oracle.sends(witness, request)
    if request.part != nil { oracle.count("sync: a transaction in parts") }
    if let token = request.pull?.token, !token.isEmpty { oracle.count("sync: a pull goes on") }
    if request.push.count > 1 { oracle.count("sync: several transactions in a push") }
    shape.pushed = request.pushedBytes
    shape.pulls = request.pull != nil
    let body = request.encoded()
    device.sync?.request = request
    device.sync?.body = body
    device.sync?.shape = shape
    device.requests += 1
    later(.deadline(turn(device)), in: Int64(shape.deadline / .milliseconds(1)))
    send(body, from: device)
    return nil
  }

  private func send(_ body: [UInt8], from device: SimulatedDevice) {
    let delivery = Delivery(line, size: body.count, &network)
    guard !device.isMute else { return oracle.count("line: a request into a partition") }
    if delivery.delays.isEmpty { oracle.count("line: a request lost") }
    if delivery.delays.count > 1 { oracle.count("line: a request twice") }
    let sent = delivery.bytes.map { Array(body.prefix($0)) } ?? body
    if sent.count < body.count { oracle.count("line: a request cut") }
    let reply = SimulatedHub.Reply(
      device: device.index, program: device.program, process: device.starts, request: device.requests)
    for delay in delivery.delays { later(.request(reply, body: sent), in: delay) }
  }

  /// An answer came: perhaps late, perhaps not the hub's, perhaps another one's.
  func arrived(_ reply: SimulatedHub.Reply, _ answer: TransportResponse) throws {
    let device = devices[reply.device]
    device.program = reply.program
    guard device.process.isAlive, device.starts == reply.process, device.requests == reply.request,
      let request = device.sync?.request, let witness = device.witness
    else { return oracle.count("line: an answer for nobody") }
    do throws(RelayError) {
      guard answer.status == 200, answer.isFromHub else { throw RelayError(answer) }
      let response = try SyncResponse(decoding: answer.body)
      try response.answers.check(request.answer(device: device.name, body: device.sync?.body ?? []))
      device.sync?.request = nil
      do { try take(device, witness, response, request) } catch { broken = error }
    } catch {
      oracle.count("sync: told \(error.code.rawValue)")
      try failed(device, error, retryAfter: answer.asksToWait)
    }
    if let broken { throw broken }
  }

  func failed(_ device: SimulatedDevice, _ error: RelayError, retryAfter: Duration?) throws {
    guard let shape = device.sync?.shape else { return }
    device.sync?.request = nil
    try step(device, .failed(error, retryAfter: retryAfter, of: shape, random: device.machine.bits()))
  }

  private func take(
    _ device: SimulatedDevice, _ witness: Witness, _ response: SyncResponse, _ request: SyncRequest
  ) throws {
    device.sync?.taking = SyncOnLine.Taking(response: response, request: request)
    var taken: SyncTaken?
    let isDone = try doing("an answer", device) { taken = try device.replica()?.take(response, to: request) }
    guard device.process.isAlive else { return }
    device.sync?.taking = nil
    if isDone { device.doubtful = nil }
    guard isDone, var taken else {
      device.sync = nil
      return
    }
    taken.pushed = device.sync?.shape?.pushed ?? 0
    // Whoever watches is not hindered.
    let pending = device.process.pauseFaults()
    witness.learn(response.verdicts)
    try witness.learnHubVersion()
    var base = taken.reopenedAt
    if case .installed(let there) = taken.step { base = there }
    if let base, let page = response.page {
      let version = SyncOnLine.Taking(response: response, request: request).version
      try oracle.installed(witness, at: base, page, version: version)
    }
    try oracle.checkView(witness)
    oracle.count("sync: an answer brings \(taken.progress)")
    if taken.step == .discarded { oracle.count("sync: an answer discarded") }
    device.process.goOn(with: pending)
    try step(device, .taken(taken, random: device.machine.bits()))
  }
}
