import Relay
internal import RelayProtocol
import Synchronization
import TestSupport
import Testing

/// A hub whose lists have no end: what asks for the rest of one ends with a code, after few requests.
@Suite struct EndlessListTests {
  let folder = TestFolder()
  let replica: Replica
  let hub: ScriptedHub

  init() throws {
    replica = try Clinic.open(folder.file("a.db"))
    hub = try ScriptedHub(replica)
    try hub.pull([hub.person("p", given: "Ann", seq: 1)], head: 1)
    try replica.sql("UPDATE person SET given = 'Bo' WHERE id = 'p'")
  }

  private static let options = SyncOptions { (_) async throws(CancellationError) in }

  private final class Counter: Sendable {
    private let value = Atomic<Int>(0)
    var count: Int { value.load(ordering: .relaxed) }
    func next() -> Int { value.add(1, ordering: .relaxed).newValue }
  }

  /// Answers syncs as a hub should, and the rest as the script says.
  private struct Line: Transport {
    let hub: ScriptedHub
    let script: @Sendable (TransportRequest, Int) throws(RelayError) -> [UInt8]
    let asked = Counter()

    func send(_ request: TransportRequest, deadline: Duration?) async throws(RelayError) -> TransportResponse {
      guard request.path == "/v1/sync" else {
        let number = asked.next()
        guard number <= 500 else { throw RelayError(.revoked, "asked \(number) times") }
        return TransportResponse(status: 200, body: try script(request, number))
      }
      let sync = try SyncRequest(decoding: request.body)
      var verdicts: [Verdict] = []
      do { verdicts = try hub.accepted(sync, from: 2) } catch { throw RelayError(.invariant, "\(error)") }
      let page = hub.page(
        [hub.person("p", given: "Bo", seq: 2)],
        closing: PullClosing(head: 2, logHash: Hash128(high: 0, low: 2), confirmed: verdicts))
      return ScriptedHub.reply(page, verdicts: verdicts).answering(sync, request.body)
    }
  }

  private func fails(_ body: () async throws -> Void) async -> ErrorCode? {
    do {
      try await body()
      return nil
    } catch { return (error as? RelayError)?.code }
  }

  @Test("verify: the same rows again, or none, and more to come", arguments: [0, 1, 3])
  func verify(rows: Int) async throws {
    let keys = (0..<rows).map { RowID(table: 1, values: [.text("p\($0)")]).key }
    let line = Line(hub: hub) { (request, _) throws(RelayError) in
      let asked = try VerifyRequest(decoding: request.body)
      var answer = VerifyResponse(more: true)
      if asked.table == 0 {
        var digest = ScopeDigest()
        digest.add(Array(repeating: 1, count: 32))
        answer = VerifyResponse(tables: [.init(table: 1, digest: digest)])
      } else {
        answer.rows = keys.map { .init(key: $0, hash: Hash128(high: 1, low: 1)) }
      }
      answer.answers = asked.answer(device: "d", body: request.body)
      return answer.encoded()
    }
    #expect(await fails { _ = try await replica.verify(with: line, options: Self.options) } == .noProgress)
    #expect(line.asked.count <= 10)
    #expect(try replica.values("SELECT given FROM person") == [["Bo"]])
  }

  @Test("history: nothing told, no step back, and more to come", arguments: [UInt64(7), 8, 1])
  func history(next: UInt64) async throws {
    let line = Line(hub: hub) { (request, _) throws(RelayError) in
      let asked = try HistoryRequest(decoding: request.body)
      // 7 stays where it is, 8 goes forth again, 1 comes closer each time and tells nothing.
      let before = asked.before == 0 ? 7 : next == 1 ? max(1, asked.before - 1) : next
      var answer = HistoryResponse(head: 2, next: before)
      answer.answers = asked.answer(device: "d", body: request.body)
      return answer.encoded()
    }
    let code = await fails {
      _ = try await replica.history(table: "person", key: ["p"], with: line, options: Self.options)
    }
    #expect(code == .noProgress)
    #expect(line.asked.count <= 40)
  }
}
