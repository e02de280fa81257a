import Foundation
import Relay
internal import RelayProtocol
internal import RelaySQLite
import Synchronization
import TestSupport
import Testing

/// Whatever bytes answer, five in a row on one file: nothing traps, nothing goes on for ever, the file is whole, and work
/// that was not sent is still there.
///
/// `RELAY_FUZZ=mutated,random` asks for so many answers of each kind; without it a few thousand and a few hundred.
@Suite(.timeLimit(.minutes(60))) struct ClientFuzzTests {
  static let inARow = 5
  /// More than any file of a round would ask for with progress.
  static let mostRequests = 300

  static let asked: (mutated: Int, random: Int) = {
    let said = (ProcessInfo.processInfo.environment["RELAY_FUZZ"] ?? "").split(separator: ",").compactMap { Int($0) }
    return said.count == 2 ? (said[0], said[1]) : (2000, 400)
  }()

  let folder = TestFolder()

  /// A file with work that nobody ever answers for, as bytes to begin each round with.
  private func template() throws -> String {
    let path = folder.file("template.db")
    let replica = try Clinic.open(path)
    let hub = try ScriptedHub(replica)
    try hub.pull([hub.person("p", phone: "1", given: "Ann", seq: 1), hub.person("q", seq: 2)], head: 2)
    try replica.sql("INSERT INTO person (id, unit, given) VALUES ('mine', 'u1', 'Bo')")
    try replica.sql("UPDATE person SET phone = '2', guests = guests + 1 WHERE id = 'p'")
    return path
  }

  @Test func mutatedAnswers() async throws {
    let told = try await rounds(Self.asked.mutated / Self.inARow, seed: 1) { (fuzz, request) in
      var fuzz = fuzz
      let answer = fuzz.answer(request)
      return (fuzz.mutated(answer), fuzz)
    }
    // A fuzz whose answers are all refused at the door tests the door.
    #expect(told.taken > 0)
  }

  @Test func wellFormedAnswers() async throws {
    let told = try await rounds(Self.asked.random / Self.inARow, seed: 2) { (fuzz, request) in
      var fuzz = fuzz
      return (fuzz.answer(request), fuzz)
    }
    #expect(told.taken > told.answers / 10)
  }

  private func rounds(
    _ count: Int, seed: UInt64,
    _ answer: @escaping @Sendable (AnswerFuzz, SyncRequest) -> (TransportResponse, AnswerFuzz)
  ) async throws -> (answers: Int, taken: Int) {
    let template = try template()
    var (answers, taken) = (0, 0)
    for round in 0..<count {
      let path = folder.file("r.db")
      for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) }
      try FileManager.default.copyItem(atPath: template, toPath: path)
      let story = "seed \(seed), round \(round)"
      let fuzz = Mutex(AnswerFuzz(seed: seed << 32 | UInt64(round)))
      let isExplained = Mutex(false)
      let replica = try Clinic.open(path)
      for _ in 0..<Self.inARow {
        let told = Mutex(false)
        let line = ScriptedTransport { (request, number) throws(RelayError) in
          // One answer a sync, however often it asks: that is when a client would turn in circles.
          fuzz.withLock { fuzz in
            let before = fuzz
            let (response, after) = answer(before, request)
            if Self.explains(response, request) { isExplained.withLock { $0 = true } }
            if told.withLock({ told in
              defer { told = true }; return told
            }), number % 7 != 0 {
              return response
            }
            fuzz = after
            return response
          }
        }
        let failure = await replica.failure(over: line)
        #expect(line.requests.count < Self.mostRequests, "\(story): \(line.requests.count) requests")
        #expect(failure != .invariant, "\(story)")
        answers += 1
        if failure == nil { taken += 1 }
      }
      try expectsWhole(replica, isExplained.withLock { $0 }, story)
    }
    return (answers, taken)
  }

  /// No answer names a row of the work; a pull that brings everything anew says all the same that it is gone.
  private static func explains(_ response: TransportResponse, _ request: SyncRequest) -> Bool {
    guard let page = (try? SyncResponse(decoding: response.body))?.page else { return false }
    return page.isWhole || page.role != request.role
  }

  private func expectsWhole(_ replica: Replica, _ isExplained: Bool, _ story: String) throws {
    #expect(try replica.values("PRAGMA integrity_check") == [["ok"]], "\(story)")
    let status = try replica.status()
    let kept = try replica.values("SELECT dot FROM relay_transaction UNION SELECT dot FROM relay_refusal ORDER BY dot")
    #expect(isExplained || kept == [[1], [2]], "\(story): \(kept), \(status)")
    // The app goes on, as far as the role that it was given lets it.
    do throws(RelayError) {
      try replica.write { (db) throws(RelayError) in
        try db.execute("INSERT INTO person (id, unit) VALUES ('after', 'u1')")
      }
    } catch { #expect(error.code == .roleForbids, "\(story): \(error)") }
    _ = try replica.nextRequest()
  }
}
