import Relay
internal import RelayProtocol
import Synchronization
import TestSupport
import Testing

/// A line that carries little, a hub that keeps a request, and what `status` says meanwhile.
@Suite struct LineTests {
  let folder = TestFolder()
  let replica: Replica
  let hub: ScriptedHub

  init() throws {
    replica = try Clinic.open(folder.file("a.db"))
    hub = try ScriptedHub(replica)
  }

  private static func accepted(_ request: SyncRequest) throws(RelayError) -> [Verdict] {
    try request.push.map { (bytes) throws(RelayError) in
      let transaction = try Transaction(decoding: bytes)
      return Verdict(dot: transaction.dot, seq: transaction.dot.counter, effective: transaction.time)
    }
  }

  @Test("A proxy that takes 100 kB: work goes up in pieces, a transaction of 300 kB in parts, and it is remembered")
  func smallBodies() async throws {
    for n in 0..<4 {
      try replica.write { (db) throws(RelayError) in
        try db.execute(
          "INSERT INTO person (id, unit, given) VALUES (?, 'u1', ?)",
          [.text("p\(n)"), .text(String(repeating: "g", count: 300_000))])
      }
    }
    let hub = hub
    let parts = Mutex<[UInt64: UInt64]>([:])
    let whole = Mutex<[Verdict]>([])
    let line = ScriptedTransport { (request, _) throws(RelayError) in
      let size = request.encoded().count
      guard size <= 100_000 else {
        return TransportResponse(status: 413, body: [], isFromHub: false, sentBytes: size)
      }
      var verdicts = try LineTests.accepted(request)
      var held: UInt64 = 0
      if let part = request.part {
        held = part.offset + UInt64(part.bytes.count)
        parts.withLock { $0[part.dot.counter] = held }
        if held == part.total {
          verdicts.append(Verdict(dot: part.dot, seq: part.dot.counter, effective: .zero))
          held = 0
        }
      }
      whole.withLock { $0 += verdicts }
      guard request.pull != nil else { return ScriptedHub.reply(verdicts: verdicts, partReceived: held) }
      // What is confirmed comes with its rows.
      let confirmed = whole.withLock { $0 }
      let rows = (0..<4).map { hub.person("p\($0)", seq: UInt64($0 + 1)) }
      let closing = PullClosing(head: 4, logHash: .zero, confirmed: confirmed)
      return ScriptedHub.reply(hub.page(rows, closing: closing), verdicts: verdicts, partReceived: held)
    }
    _ = try await replica.sync(with: line, options: line.options)
    let (inParts, judged) = (parts.withLock { $0.count }, whole.withLock { $0.map(\.dot.counter) })
    #expect(inParts == 4)
    #expect(judged == [1, 2, 3, 4])
    #expect(try replica.status().lastPush == 1_700_000_000_000)

    // The next sync, of another process say, does not learn it anew.
    let long = String(repeating: "h", count: 200_000)
    try replica.sql("INSERT INTO person (id, unit, given) VALUES ('q', 'u1', '\(long)')")
    let again = ScriptedTransport { (request, _) throws(RelayError) in
      throw RelayError(.revoked, "enough")
    }
    let reopened = try Clinic.open(folder.file("a.db"))
    _ = try? await reopened.sync(with: again, options: again.options)
    #expect(again.requests.map { $0.encoded().count <= 100_000 } == [true])
  }

  @Test("A line that is cut: pages get smaller, and what arrived stays")
  func cutPages() async throws {
    let hub = hub
    let asked = Mutex<[UInt64]>([])
    let line = ScriptedTransport { (request, number) throws(RelayError) in
      let bytes = request.pull?.pageBytes ?? 0
      asked.withLock { $0.append(bytes) }
      guard bytes <= 1 << 20 else { throw RelayError(.connectionLost, "cut") }
      let row = hub.person("p\(number)", seq: UInt64(number))
      guard number < 6 else {
        return ScriptedHub.reply(hub.page([row], closing: PullClosing(head: 9, logHash: .zero)))
      }
      if number == 4 { throw RelayError(.connectionLost, "cut") }
      return ScriptedHub.reply(hub.page([row], token: [UInt8(number)]))
    }
    _ = try await replica.sync(with: line, options: line.options)
    let kilobytes = asked.withLock { $0.map { $0 / 1024 } }
    #expect(kilobytes == [4096, 2048, 1024, 1024, 512, 512])
    #expect(line.requests.last?.pull?.token == [5])
    #expect(try replica.values("SELECT id FROM person ORDER BY id") == [["p3"], ["p5"], ["p6"]])
  }

  @Test(
    "What answers in a hub's place has a code each",
    arguments: [
      (200, ErrorCode.signInPage), (302, .signInPage), (511, .signInPage), (407, .proxyPassword),
      (404, .hubUnreachable),
      (502, .hubUnreachable), (429, .hubOverloaded), (503, .hubOverloaded),
    ])
  func foreignAnswers(status: Int, code: ErrorCode) async throws {
    let line = ScriptedTransport { (_, _) in TransportResponse(status: status, body: [], isFromHub: false) }
    var options = line.options
    options.attempts = 2
    #expect(await replica.failure(over: line, options) == code)
  }

  @Test("A proxy's Retry-After is obeyed like the hub's own, and so is the hub's in its reply")
  func retryAfter() async throws {
    let hub = hub
    let line = ScriptedTransport { (_, number) in
      switch number {
      case 1: return TransportResponse(status: 503, body: [], retryAfter: .seconds(90), isFromHub: false)
      case 2:
        let reply = ErrorReply(code: ErrorCode.hubOverloaded.rawValue, message: "later", retryAfter: 45_000)
        return TransportResponse(status: 503, body: reply.encoded())
      default: return ScriptedHub.reply(hub.end(at: 1))
      }
    }
    _ = try await replica.sync(with: line, options: line.options)
    #expect(line.pauses == [.seconds(90), .seconds(45)])
  }

  @Test("A local write ends a parked pull, and goes up with the request that follows")
  func writeEndsParking() async throws {
    let (hub, replica) = (hub, replica)
    let parked = ParkingTransport { (request) throws(RelayError) in
      let verdicts = try LineTests.accepted(request)
      let closing = PullClosing(head: 1, logHash: .zero, confirmed: verdicts)
      return ScriptedHub.reply(hub.page([hub.person("p", seq: 1)], closing: closing), verdicts: verdicts)
    }
    var options = parked.options
    options.wait = .seconds(50)
    async let report = replica.sync(with: parked, options: options)
    await parked.untilParked()
    try replica.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    #expect(try await report.accepted == 1)
    #expect(try replica.status().pending == 0)
  }

  @Test("A hub that never answers is told by status, also to another process, and gone afterwards")
  func silentHub() async throws {
    let (hub, replica) = (hub, replica)
    let parked = ParkingTransport { (_) in ScriptedHub.reply(hub.end(at: 1)) }
    var options = parked.options
    options.wait = .seconds(50)
    async let report = replica.sync(with: parked, options: options)
    await parked.untilParked()
    let beside = try Clinic.open(folder.file("a.db"))
    var activity: SyncActivity?
    while activity == nil {
      activity = try beside.status().activity
      await Task.yield()
    }
    #expect(activity == SyncActivity(waitsFor: "the hub's answer", since: 1_700_000_000_000))
    try replica.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    _ = try await report
    #expect(try beside.status().activity == nil)
    #expect(try beside.status().lastPull == 1_700_000_000_000)
  }
}

/// Keeps every request that pushes nothing and asks to wait, until it is cancelled.
final class ParkingTransport: Transport {
  private let answer: @Sendable (SyncRequest) throws(RelayError) -> TransportResponse
  private let parked = Mutex(0)

  init(_ answer: @escaping @Sendable (SyncRequest) throws(RelayError) -> TransportResponse) { self.answer = answer }

  var options: SyncOptions { SyncOptions { (_) async throws(CancellationError) in } }

  func untilParked() async { while parked.withLock({ $0 == 0 }) { await Task.yield() } }

  func send(_ request: TransportRequest, deadline: Duration?) async throws(RelayError) -> TransportResponse {
    let sync = try SyncRequest(decoding: request.body)
    guard sync.push.isEmpty, sync.pull?.wait ?? 0 > 0 else { return try answer(sync).answering(sync, request.body) }
    parked.withLock { $0 += 1 }
    while !Task.isCancelled { await Task.yield() }
    throw RelayError(.cancelled, "cancelled")
  }
}
