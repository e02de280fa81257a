import Foundation
import Relay
internal import RelayProtocol
import TestSupport
import Testing

/// A device's clock that was wrong once, and work whose bytes went bad in the file.
@Suite struct ClockTests {
  let folder = TestFolder()
  static let right: Int64 = 1_700_000_000_000
  static let wrong: Int64 = 4_040_000_000_000

  private func open(_ clock: TestClock) throws -> Replica {
    let environment = Environment(now: { clock.now }, random: { 77 })
    return try Replica(at: folder.file("a.db"), schema: Clinic.schema, environment: environment) {
      (db) throws(RelayError) in try db.script(Clinic.ddl)
    }
  }

  @Test func aClockThatStoodInTheFutureIsForgottenWithTheFirstVerdict() throws {
    let clock = TestClock(ClockTests.right)
    let replica = try open(clock)
    let hub = try ScriptedHub(replica)
    clock.set(Self.wrong)
    try replica.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    clock.set(Self.right)
    try replica.sql("UPDATE person SET given = 'Ann'")
    let request = try replica.nextRequest()
    let times = try request.push.map { try Transaction(decoding: $0).time.milliseconds }
    #expect(times == [Self.wrong, Self.wrong])
    // The hub takes them for at most five minutes later than it got them.
    let latest = HybridTime(milliseconds: Self.right + Limits.clockLead)
    let verdicts = try hub.accepted(request, from: 1).map { verdict in
      Verdict(dot: verdict.dot, seq: verdict.seq, effective: min(verdict.effective, latest))
    }
    try hub.answer(
      request, [hub.person("p", given: "Ann", seq: 2)], head: 2, confirmed: verdicts, verdicts: verdicts)
    try replica.sql("UPDATE person SET given = 'Bea'")
    let next = try Transaction(decoding: try #require(try replica.nextRequest().push.last))
    #expect(next.time.milliseconds == Self.right + Limits.clockLead)
  }

  /// Whoever looks at it later, and however the file's log was bent: never later than the device's own clock, and never before what
  /// the device wrote earlier.
  @Test(arguments: [nil, -5, Int64.min, Int64.max] as [Int64?])
  func whatAnotherProgramWritesCountsAsOfThen(bent: Int64?) throws {
    let clock = TestClock(Self.right)
    let replica = try open(clock)
    try replica.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    let began = Int64(Date().timeIntervalSince1970 * 1000)
    try Database(path: replica.path, mode: .readWrite).script("UPDATE person SET given = 'Ann'")
    let ended = Int64(Date().timeIntervalSince1970 * 1000)
    if let bent { try Database(path: replica.path, mode: .readWrite).script("UPDATE relay_log SET at = \(bent)") }
    clock.set(Self.wrong)
    let times = try replica.nextRequest().push.map { try Transaction(decoding: $0).time }
    #expect(times.count == 2 && times[0] < times[1])
    switch bent {
    case nil: #expect((began - 1...ended + 1).contains(times[1].milliseconds))
    case .some(.max): #expect(times[1].milliseconds == Self.wrong)
    default: #expect(times[1].milliseconds == Self.right)
    }
  }

  /// Nobody holds the lock on a file for a minute without writing; a transaction that was marked is one, however long it took.
  @Test(arguments: [(59_999, false), (60_000, false), (60_000, true)])
  func commitsOfOneConnectionThatLieAMinuteApartAreTwo(pause: Int64, isMarked: Bool) throws {
    let replica = try open(TestClock(Self.wrong))
    let app = try Database(path: replica.path, mode: .readWrite)
    if isMarked { try app.script("UPDATE relay_boundary SET open = 1") }
    try app.script("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    let first = try app.query("SELECT max(at) FROM relay_log") { (row) throws(RelayError) in row.int(0) }[0]
    try app.script("UPDATE person SET given = 'Ann'; INSERT INTO person (id, unit) VALUES ('q', 'u1')")
    if isMarked { try app.script("UPDATE relay_boundary SET open = 0") }
    try app.script(
      "UPDATE relay_log SET at = \(first + pause) WHERE id > (SELECT min(id) FROM relay_log WHERE tbl > 0)")
    let sealed = try replica.nextRequest().push.map { try Transaction(decoding: $0) }
    let isCut = pause == 60_000 && !isMarked
    #expect(sealed.map(\.time.milliseconds) == (isCut ? [first, first + pause] : [first + pause]))
    #expect(sealed.map(\.rows.count) == (isCut ? [1, 2] : [2]))
  }

  @Test func whatAnotherProgramWroteByAClockThatRanAheadIsOfNow() throws {
    let replica = try open(TestClock(Self.right))
    try Database(path: replica.path, mode: .readWrite).script("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    let times = try replica.nextRequest().push.map { try Transaction(decoding: $0).time.milliseconds }
    #expect(times == [Self.right])
  }

  /// What ran ahead and waits has no verdict yet: the clock comes back from it, and not behind what was told before.
  @Test func aClockThatComesBackStaysBehindNothingThatWasSeen() throws {
    let clock = TestClock(Self.wrong)
    let replica = try open(clock)
    let hub = try ScriptedHub(replica)
    try replica.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    let request = try replica.nextRequest()
    let latest = HybridTime(milliseconds: Self.right + Limits.clockLead)
    let verdicts = try hub.accepted(request, from: 1).map { verdict in
      Verdict(dot: verdict.dot, seq: verdict.seq, effective: min(verdict.effective, latest))
    }
    try hub.answer(request, [hub.person("p", seq: 1)], head: 1, confirmed: verdicts, verdicts: verdicts)
    try replica.sql("INSERT INTO person (id, unit) VALUES ('q', 'u1')")
    clock.set(Self.right + 1000)
    try hub.answer(try replica.nextRequest(), [], head: 1, confirmed: [], verdicts: [])
    try replica.sql("UPDATE person SET given = 'Ann' WHERE id = 'p'")
    let next = try Transaction(decoding: try #require(try replica.nextRequest().push.last))
    #expect(next.rows.count == 1 && next.time > latest)
    #expect(next.time.milliseconds <= Self.right + 1000 + Limits.clockLead)
  }

  /// The hub took the second write ten seconds after the first, each for as late as it lets one lie.
  @Test(arguments: [true, false]) func ofSeveralVerdictsTheLastSetsTheTimeBack(areTogether: Bool) throws {
    let clock = TestClock(Self.wrong)
    let replica = try open(clock)
    let hub = try ScriptedHub(replica)
    try replica.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    try replica.sql("UPDATE person SET given = 'Ann'")
    clock.set(Self.right + 10_000)
    let request = try replica.nextRequest()
    let verdicts = try hub.accepted(request, from: 1).enumerated().map { at, verdict in
      let taken = HybridTime(milliseconds: Self.right + Limits.clockLead + Int64(at) * 10_000)
      return Verdict(dot: verdict.dot, seq: verdict.seq, effective: taken)
    }
    if !areTogether {
      let first = SyncResponse(
        epoch: ScriptedHub.epoch, time: UInt64(Self.right), verdicts: [verdicts[0]])
      _ = try replica.receive(first, to: request)
    }
    try hub.answer(
      request, [hub.person("p", given: "Ann", seq: 2)], head: 2, confirmed: verdicts, verdicts: verdicts)
    try replica.sql("UPDATE person SET given = 'Bea'")
    let next = try Transaction(decoding: try #require(try replica.nextRequest().push.last))
    #expect(next.time > verdicts[1].effective)
    #expect(next.time.milliseconds < Self.right + Limits.clockLead + 20_000)
  }

  /// A device whose clock is slow knows of what it has pulled how late it is, whatever an answer of before says.
  @Test func aLateAnswerSetsNoTimeBackThatWasPulled() throws {
    let clock = TestClock(Self.right - 3_600_000)
    let replica = try open(clock)
    let hub = try ScriptedHub(replica)
    let late = try replica.nextRequest()
    // Somebody else's clock runs ahead: the hub takes the write for five minutes later than it is.
    let seen = HybridTime(milliseconds: Self.right + Limits.clockLead)
    let stamp = StampedWrite(Stamp(dot: Dot(ReplicaID(bits: 9), 1), seq: 1, effective: seen), nil)
    let person = hub.person("p", given: "Ann", seq: 1, stamps: [StampedCell(id: CellID(4), writes: [stamp])])
    let request = try replica.nextRequest()
    let closing = PullClosing(head: 1, logHash: Hash128(high: 0, low: 1))
    _ = try replica.receive(
      SyncResponse(
        epoch: ScriptedHub.epoch, time: UInt64(Self.right),
        page: hub.page([person], closing: closing)), to: request)
    let before = SyncResponse(epoch: ScriptedHub.epoch, time: UInt64(Self.right - 600_000))
    _ = try replica.receive(before, to: late)
    try replica.sql("UPDATE person SET given = 'Bea'")
    let written = try Transaction(decoding: try #require(try replica.nextRequest().push.first)).time
    #expect(written > seen)
  }

  @Test func countersGoOnAfterTheNewestTransactionIsGone() throws {
    let replica = try open(TestClock(Self.right))
    let hub = try ScriptedHub(replica)
    try replica.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    let request = try replica.nextRequest()
    let verdicts = try hub.accepted(request, from: 1)
    try hub.answer(request, [hub.person("p", seq: 1)], head: 1, confirmed: verdicts, verdicts: verdicts)
    #expect(try replica.values("SELECT count(*) FROM relay_transaction") == [[0]])
    try replica.sql("UPDATE person SET given = 'Ann'")
    let next = try Transaction(decoding: try #require(try replica.nextRequest().push.first))
    #expect(next.dot.counter == 2)
    let first = try SealedTransaction(Transaction(decoding: request.push[0]))
    #expect(next.previous == first.hash)
  }

  @Test func workThatWentBadInTheFileIsNotSent() throws {
    let replica = try open(TestClock(Self.right))
    try replica.sql("INSERT INTO person (id, unit, given) VALUES ('p', 'u1', 'Ann')")
    try Clinic.foreign(
      replica.path, "UPDATE relay_transaction SET bytes = CAST(replace(bytes, 'Ann', 'Bnn') AS BLOB)")
    let error = #expect(throws: RelayError.self) { _ = try replica.nextRequest() }
    #expect(error?.code == .damagedWork)
    #expect(try replica.exportPending().transactions.count == 1)
  }

  @Test func workThatGoesBadBetweenItsPartsIsNotSentToItsEnd() throws {
    let replica = try open(TestClock(Self.right))
    let long = String(repeating: "n", count: 3500)
    try replica.sql("INSERT INTO person (id, unit, given) VALUES ('p', 'u1', '\(long)')")
    let first = try replica.nextRequest(pushBytes: 1000)
    var held = UInt64(try #require(first.part).bytes.count)
    func answer() -> SyncResponse { SyncResponse(epoch: ScriptedHub.epoch, time: 0, partReceived: held) }
    _ = try replica.receive(answer(), to: first)
    try Clinic.foreign(
      replica.path,
      """
      UPDATE relay_transaction
      SET bytes = CAST(substr(bytes, 1, length(bytes) - 9) || 'm' || substr(bytes, -8) AS BLOB)
      """)
    let error = #expect(throws: RelayError.self) {
      for _ in 0..<10 {
        let next = try replica.nextRequest(pushBytes: 1000)
        let part = try #require(next.part)
        held += UInt64(part.bytes.count)
        #expect(held < part.total, "the last part of a damaged transaction was sent")
        _ = try replica.receive(answer(), to: next)
      }
    }
    #expect(error?.code == .damagedWork)
    #expect(held > 1000)
  }
}
