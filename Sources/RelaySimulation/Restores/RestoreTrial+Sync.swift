internal import Relay
internal import RelayHub
internal import RelayProtocol

extension RestoreTrial {
  /// One sync as `Replica.sync` runs it, on a line without delay.
  ///
  /// - Parameter losing: the answer to its first request is lost, and it gives up.
  /// - Returns: whether it came to its end.
  func sync(_ node: Node, losing: Bool = false) throws -> Bool {
    guard let replica = node.replica else { return false }
    try replica.beginSync()
    var machine = SyncOnLine(pageBytes: 1 << 20, deadline: .seconds(30)).machine
    var event = SyncMachine.Event.start
    while true {
      if let broken { throw broken }
      switch machine.step(event) {
      case .ask(let wanted):
        var shape = wanted
        let request = try replica.nextRequest(pushBytes: shape.pushBytes, pageBytes: shape.pageBytes)
        (shape.pushed, shape.pulls) = (request.pushedBytes, request.pull != nil)
        do throws(RelayError) {
          let device = try hub.reader.authenticate(token: node.token)
          let answer = try ask(request, node, device)
          let (n, x) = (request.base, answer.page?.closing?.head)
          story.append("\(node.name) pushes \(request.push.count) at \(n): \(answer.verdicts.count) said, \(x ?? 0)")
          for verdict in answer.verdicts {
            if let refusal = verdict.refusal { count("refused \(refusal.rule)", node.name) }
          }
          if losing { return false }
          node.installing = x.map { Pulled(asked: n, head: $0) }
          var taken = try replica.take(answer, to: request)
          learn(answer.verdicts + (answer.page?.closing?.confirmed ?? []), node)
          try resume(node)
          taken.pushed = shape.pushed
          event = .taken(taken, random: node.machine.bits())
        } catch {
          guard node.process.isAlive else { throw error }
          count("told \(error.code.rawValue)", node.name)
          event = .failed(error, retryAfter: nil, of: shape, random: node.machine.bits())
        }
      case .sleep: event = .slept
      case .mend(let mend):
        count("mends \(mend)", node.name)
        event = .mended(try replica.mend(mend))
      case .done(let base):
        story.append("\(node.name) synced up to \(base)")
        try Books.check(replica.path, of: node.process)
        return true
      case .fail(let error): throw Broken("\(node.name) cannot sync: \(error)")
      }
    }
  }

  func settle() throws {
    for node in nodes {
      node.process.spare()
      if !node.process.isAlive {
        try start(node)
        try resume(node)
      }
    }
    for _ in 0..<4 { for node in nodes { _ = try sync(node) } }
  }

  /// Work on rows that nobody has any more waits for others, until a month is over or the operator says that nobody comes.
  func endWaits(_ random: inout SplitMix) throws {
    guard try nodes.contains(where: { try $0.replica?.status().pending ?? 0 > 0 }) else { return }
    for node in nodes {
      guard let status = try node.replica?.status(), status.pending > 0 else { continue }
      guard status.waitsFor != nil else { throw Broken("\(node.name): \(status.pending) wait, and nothing says why") }
    }
    if random.once(in: 2) {
      count("waits for what nobody has, for a month")
      clock.advance(to: clock.now + 31 * 86_400_000)
    } else {
      count("waits for what nobody has, until the operator ends it")
      try hub.writer.endWaiting()
    }
    try settle()
  }

  private func ask(_ request: SyncRequest, _ node: Node, _ device: HubDevice) throws(RelayError) -> SyncResponse {
    noteEnvelopes(of: request)
    // Of a push that failed, some may be judged.
    defer { do { try readLog(node) } catch { broken = broken ?? error } }
    return try hub.answer(request, device: device, now: clock.now)
  }

  /// What came in an envelope counts for no more than that says its author had seen.
  private func noteEnvelopes(of request: SyncRequest) {
    for at in request.envelopes.keys {
      guard let transaction = try? Transaction(decoding: request.push[at]),
        let work = RestoreTrial.work(of: transaction)
      else { continue }
      works[work]?.isBlurred = true
    }
  }
}
