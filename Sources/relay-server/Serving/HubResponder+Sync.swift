internal import Hummingbird
internal import RelayHub
internal import RelayProtocol
internal import ServiceLifecycle

extension HubResponder {
  /// One round trip: push, make it durable, pull; and where nothing is new, wait for it if the device asked.
  func sync(_ request: Request) async throws(RelayError) -> Response {
    let token = try bearer(request)
    // Before the body is read: a push could only wait, and a pull would make the waiting longer.
    guard !writer.isOverloaded else { throw RelayError(.hubOverloaded, "too many pushes wait") }
    let (device, epoch, version) = try await known(token, request)
    var sync = try SyncRequest(decoding: try await body(of: request))
    // The hub decides how much it gathers for one answer; a device may ask for less.
    if let asked = sync.pull?.pageBytes { sync.pull?.pageBytes = min(asked, UInt64(Limits.part)) }
    var response = SyncResponse(epoch: epoch, time: UInt64(max(0, SystemEdge.now())), schemaVersion: version)
    if !sync.push.isEmpty || sync.part != nil {
      let outcome = try await writer.push(PushJob(device: device.id, request: sync))
      response.verdicts = outcome.verdicts
      response.partReceived = outcome.partReceived
    }
    guard let pull = sync.pull else { return Replies.cbor(response.encoded(), to: request) }

    // What changes from here on, the page may not know.
    let rights = signal.news.rights
    let page = try await self.page(sync, device)
    // What the device just heard about its own push is news too: it goes on at once.
    guard pull.wait > 0, !pull.digests, response.verdicts.isEmpty, page.isQuiet(for: sync) else {
      response.page = page
      return Replies.cbor(response.encoded(), to: request)
    }
    response.page = try await parkedPage(
      request, sync, token: token, (page, rights, version), wait: min(pull.wait, Limits.wait))
    response.schemaVersion = try await readers.read { (reader) throws(RelayError) in try reader.schemaVersion() }
    var reply = Replies.cbor(response.encoded(), to: request)
    // Watching the connection has taken its next request from the server; the device opens another one.
    reply.headers[.connection] = "close"
    return reply
  }

  /// Whose credential this is, the hub's epoch, and the newest version of the sync schema that it knows.
  ///
  /// - Throws: `unauthorized` or `revoked`; `wrong_hub` where the credential is unknown because the device belongs to
  ///   another organisation, which its request tells.
  private func known(
    _ token: String, _ request: Request
  ) async throws(RelayError) -> (HubDevice, Hash128, UInt64) {
    do throws(RelayError) {
      return try await readers.read { (reader) throws(RelayError) in
        (try reader.authenticate(token: token), try reader.epoch(), try reader.schemaVersion())
      }
    } catch {
      guard error.code == .unauthorized else { throw error }
      let sync = try SyncRequest(decoding: try await body(of: request))
      let own = try await readers.read { (reader) throws(RelayError) in reader.organisation }
      guard sync.organisation != own else { throw error }
      throw RelayError(.wrongHub, "this hub serves another organisation")
    }
  }

  private func page(_ sync: SyncRequest, _ device: HubDevice) async throws(RelayError) -> PullPage {
    try await readers.read { (reader) throws(RelayError) in try reader.pull(sync, device: device) }
  }

  /// Waits until the device has something to hear, `wait` milliseconds passed, the device hung up or the server goes
  /// down; the newest page.
  private func parkedPage(
    _ request: Request, _ sync: SyncRequest, token: String, _ first: (page: PullPage, rights: UInt64, version: UInt64),
    wait: UInt64
  ) async throws(RelayError) -> PullPage {
    // The body was read; this keeps the rest of the connection behind it, which tells of the hang-up.
    var request = request
    request.body = RequestBody(buffer: ByteBuffer())
    let end = ContinuousClock.now + .milliseconds(wait)
    do {
      return try await request.body.consumeWithCancellationOnInboundClose { _ in
        var (page, rights, version) = first
        // A newer version of the schema is news: what the device held back may go out.
        while page.isQuiet(for: sync), version == first.version,
          await park(beyond: News(head: page.closing?.head ?? 0, rights: rights), until: end)
        {
          rights = signal.news.rights
          // A credential can be taken away while its device is parked.
          let (device, now) = try await readers.read { (reader) throws(RelayError) in
            (try reader.authenticate(token: token), try reader.schemaVersion())
          }
          version = now
          page = try await self.page(sync, device)
        }
        return page
      }
    } catch let error as RelayError {
      throw error
    } catch {
      throw RelayError(.cancelled, "the device hung up")
    }
  }

  /// - Returns: whether there may be news; false when there is nothing to wait for any more.
  private func park(beyond news: News, until end: ContinuousClock.Instant) async -> Bool {
    await withGracefulShutdownHandler {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await signal.wait(beyond: news) }
        group.addTask { try? await Task.sleep(until: end) }
        await group.next()
        group.cancelAll()
      }
    } onGracefulShutdown: {
      signal.close()
    }
    return !signal.isClosed && !Task.isCancelled && signal.news.isBeyond(news) && ContinuousClock.now < end
  }
}

extension PullPage {
  /// Whether this page, taken alone, tells the device nothing: only the head may have moved.
  func isQuiet(for request: SyncRequest) -> Bool {
    guard token.isEmpty, runs.isEmpty, let closing, role == request.role, !isWhole, request.installed == nil
    else { return false }
    guard closing.confirmed.isEmpty, closing.exits.isEmpty, closing.notices.isEmpty else { return false }
    // A page that continues a pull is its last one, even where it is empty.
    guard request.pull?.token.isEmpty ?? true else { return false }
    return grants.lazy.filter(\.readable).map(\.scope).elementsEqual(request.scopes)
  }
}
