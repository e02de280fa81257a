import Relay
internal import RelayProtocol
import Synchronization
import TestSupport
import Testing

/// Something between device and hub gives one request's answer to another: nothing of it is installed, and it is asked
/// again.
@Suite struct WrongAnswerTests {
  let folder = TestFolder()
  let replica: Replica
  let hub: ScriptedHub

  init() throws {
    replica = try Clinic.open(folder.file("a.db"))
    hub = try ScriptedHub(replica)
    try replica.sql("INSERT INTO person (id, unit) VALUES ('mine', 'u1')")
  }

  /// What a line makes of the name of the request that an answer belongs to.
  enum Mixup: CaseIterable, Sendable {
    case anotherRequest, anotherBody, anotherDevice, anotherReplica, anotherBase

    func applied(to answer: AnswerTo) -> AnswerTo {
      var answer = answer
      switch self {
      case .anotherRequest: answer.nonce = Hash128(high: 9, low: answer.nonce.low)
      case .anotherBody: answer.digest = Hash128(high: 9, low: answer.digest.low)
      case .anotherDevice: answer.device += "2"
      case .anotherReplica: answer.replica = ReplicaID(bits: answer.replica.bits ^ 1)
      case .anotherBase: answer.base += 1
      }
      return answer
    }
  }

  /// A hub that accepts the work and gives a row of somebody else's, over a line that mixes up the first answers.
  private func line(_ mixup: Mixup, first count: Int) -> (MixedLine, ScriptedTransport) {
    let hub = hub
    let scripted = ScriptedTransport { (request, _) throws(RelayError) in
      let verdicts = try request.push.map { (bytes) throws(RelayError) in
        let transaction = try Transaction(decoding: bytes)
        return Verdict(dot: transaction.dot, seq: 1, effective: transaction.time)
      }
      let rows = [hub.person("mine", seq: 1), hub.person("theirs", seq: 2)]
      let closing = PullClosing(head: 2, logHash: .zero, confirmed: verdicts)
      return ScriptedHub.reply(hub.page(rows, closing: closing), verdicts: verdicts)
    }
    return (MixedLine(line: scripted, mixup: mixup, count: count), scripted)
  }

  @Test("One wrong answer: it is as if it had been lost", arguments: Mixup.allCases)
  func once(mixup: Mixup) async throws {
    let (line, scripted) = line(mixup, first: 1)
    _ = try await replica.sync(with: line, options: scripted.options)
    #expect(scripted.requests.count == 2)
    #expect(scripted.pauses.count == 1)
    // The same work was offered again.
    #expect(scripted.requests[0].push == scripted.requests[1].push)
    #expect(try replica.values("SELECT id FROM person ORDER BY id") == [["mine"], ["theirs"]])
    #expect(try replica.status().pending == 0)
  }

  @Test("Wrong answers without end: the sync ends with the code, and nothing of them is in the file")
  func always() async throws {
    let (line, scripted) = line(.anotherDevice, first: .max)
    var options = scripted.options
    options.attempts = 4
    let error = await #expect(throws: RelayError.self) { try await replica.sync(with: line, options: options) }
    #expect(error?.code == .wrongAnswer)
    #expect(scripted.requests.count == 4)
    #expect(try replica.values("SELECT id FROM person") == [["mine"]])
    let status = try replica.status()
    #expect(status.pending == 1)
    #expect(status.base == 0)
  }
}

/// Gives the first answers the name of another request.
private struct MixedLine: Transport {
  let line: ScriptedTransport
  let mixup: WrongAnswerTests.Mixup
  let count: Int

  func send(_ request: TransportRequest, deadline: Duration?) async throws(RelayError) -> TransportResponse {
    var answer = try await line.send(request, deadline: deadline)
    guard line.requests.count <= count else { return answer }
    var response = try SyncResponse(decoding: answer.body)
    response.answers = mixup.applied(to: response.answers)
    answer.body = response.encoded()
    return answer
  }
}
