import Relay
internal import RelayProtocol
import TestSupport
import Testing

/// What a pull does to a replica: rows come and go, pending work stays on top, and nothing is half there.
@Suite struct InstallTests {
  let folder = TestFolder()
  let replica: Replica
  let hub: ScriptedHub

  init() throws {
    replica = try Clinic.open(folder.file("a.db"))
    hub = try ScriptedHub(replica)
  }

  private let p = RowID(table: 1, values: ["p"])

  @Test func rowsArriveAndAreNotTakenForEdits() throws {
    #expect(try hub.pull([hub.person("p", given: "Ann", seq: 1)], head: 3) == .installed(base: 3))
    #expect(try replica.values("SELECT given FROM person") == [["Ann"]])
    #expect(try replica.sealed().isEmpty)
    #expect(try replica.status().base == 3)
  }

  @Test func anEditIsSealedWithTheBaseOfTheRowThatItsAuthorSaw() throws {
    try hub.pull([hub.person("p", given: "Ann", seq: 1)], head: 3)
    try replica.sql("UPDATE person SET level = 'low'; INSERT INTO person (id, unit) VALUES ('new', 'u1')")
    let sealed = try replica.sealed()
    #expect(sealed[0].rows.map(\.base) == [3, 0])
  }

  @Test func pendingWorkStaysOnTopOfWhatArrives() throws {
    try hub.pull([hub.person("p", phone: "1", given: "Ann", seq: 1)], head: 1)
    try replica.sql("UPDATE person SET phone = '2', guests = guests + 5")
    let stamp = StampedWrite(Stamp(dot: Dot(ReplicaID(bits: 9), 1), seq: 2, effective: .zero), .delta(3))
    let row = hub.person(
      "p", phone: "1", given: "Anna", guests: 3, seq: 2, stamps: [StampedCell(id: CellID(7), writes: [stamp])])
    try hub.pull([row], head: 2)
    #expect(try replica.values("SELECT phone, given, guests FROM person") == [["2", "Anna", 8]])
    // The edit keeps the base that its author had.
    #expect(try replica.sealed()[0].rows[0].base == 1)
  }

  @Test func anEditLeavesPendingOnlyWhenAPullConfirmsIt() throws {
    try hub.pull([hub.person("p", given: "Ann", seq: 1)], head: 1)
    try replica.sql("UPDATE person SET given = 'Bo'")
    let request = try replica.nextRequest()
    let verdicts = try hub.accepted(request, from: 2)
    #expect(
      try replica.receive(SyncResponse(epoch: ScriptedHub.epoch, time: 0, verdicts: verdicts), to: request) == .again)
    #expect(try replica.status().pending == 1)
    #expect(try replica.sealed().isEmpty)
    try hub.pull([hub.person("p", given: "Bo", seq: 2)], head: 2, confirmed: verdicts)
    let status = try replica.status()
    #expect(status.pending == 0)
    #expect(status.accepted == 1)
    #expect(try replica.values("SELECT count(*) FROM relay_image") == [[0]])
  }

  @Test func aForeignWriteBetweenAskingAndInstallingKeepsTheOldBase() throws {
    try hub.pull([hub.person("p", given: "Ann", seq: 1)], head: 1)
    let request = try replica.nextRequest()
    try Clinic.foreign(replica.path, "UPDATE person SET level = 'low'")
    try hub.answer(request, [hub.person("p", given: "Anna", seq: 2)], head: 2)
    #expect(try replica.values("SELECT given, level FROM person") == [["Anna", "low"]])
    let sealed = try replica.sealed()
    #expect(sealed[0].base == 1)
    #expect(sealed[0].rows[0].base == 1)
  }

  @Test func aReplyThatComesTwiceOrLateIsDiscarded() throws {
    let request = try replica.nextRequest()
    #expect(try hub.answer(request, [hub.person("p", given: "Ann", seq: 1)], head: 1) == .installed(base: 1))
    #expect(try hub.answer(request, [hub.person("p", given: "Old", seq: 1)], head: 1) == .discarded)
    #expect(try replica.values("SELECT given FROM person") == [["Ann"]])
  }

  @Test func pagesWaitUntilTheLastOneIsInAndSurviveReopening() throws {
    var request = try replica.nextRequest()
    let first = SyncResponse(
      epoch: ScriptedHub.epoch, time: 0, page: hub.page([hub.person("p", given: "Ann", seq: 1)], token: [1, 2]))
    #expect(try replica.receive(first, to: request) == .again)
    #expect(try replica.values("SELECT count(*) FROM person") == [[0]])
    let again = try Clinic.open(replica.path)
    request = try again.nextRequest()
    #expect(request.pull?.token == [1, 2])
    let closing = PullClosing(head: 2, logHash: .zero)
    let last = SyncResponse(
      epoch: ScriptedHub.epoch, time: 0, page: hub.page([hub.person("q", seq: 2)], closing: closing))
    #expect(try again.receive(last, to: request) == .installed(base: 2))
    #expect(try again.values("SELECT id FROM person ORDER BY id") == [["p"], ["q"]])
  }

  @Test func aRefusedEditLeavesTheViewAndStaysInTheInbox() throws {
    try hub.pull([hub.person("p", given: "Ann", seq: 1)], head: 1)
    try replica.sql("UPDATE person SET given = 'Bo'")
    try replica.sql("UPDATE person SET level = 'low'")
    let request = try replica.nextRequest()
    var verdicts = try hub.accepted(request, from: 2)
    verdicts[0].refusal = Refusal(rule: .notWritable, row: p, message: "not yours")
    try hub.answer(
      request, [hub.person("p", given: "Ann", level: "low", seq: 3)], head: 3, confirmed: verdicts, verdicts: verdicts)
    #expect(try replica.values("SELECT given, level FROM person") == [["Ann", "low"]])
    let inbox = try replica.inbox()
    #expect(inbox.map(\.rule) == ["not_writable"])
    #expect(inbox[0].others?.contains("Bo") == true)
    #expect(try replica.status().refused == 1)
  }

  @Test func aRefusedInsertTakesWhatBuildsOnItOutOfTheView() throws {
    try replica.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    try replica.sql("UPDATE person SET given = 'Bo'")
    let request = try replica.nextRequest()
    var verdicts = try hub.accepted(request, from: 1)
    verdicts[0].refusal = Refusal(rule: .keyUnavailable, row: p, message: "taken")
    verdicts.removeLast()
    #expect(
      try replica.receive(SyncResponse(epoch: ScriptedHub.epoch, time: 0, verdicts: verdicts), to: request) == .again)
    #expect(try replica.values("SELECT id FROM person").isEmpty)
    #expect(try replica.status().pending == 2)
  }

  @Test func aRowThatLeavesWithUnsentWorkStaysReadableUntilItsVerdict() throws {
    try hub.pull([hub.person("p", given: "Ann", seq: 1)], head: 1)
    try replica.sql("UPDATE person SET given = 'Bo'")
    try hub.pull(exits: [p], head: 2)
    #expect(try replica.values("SELECT given FROM person") == [["Bo"]])
    let verdicts = try hub.accepted(try replica.nextRequest(), from: 3)
    try hub.pull(head: 3, confirmed: verdicts)
    #expect(try replica.values("SELECT id FROM person").isEmpty)
    #expect(try replica.values("SELECT count(*) FROM relay_image") == [[0]])
  }

  @Test func aRowThatLeavesWithoutWorkIsGoneAndNoDelete() throws {
    try hub.pull([hub.person("p", given: "Ann", seq: 1)], head: 1)
    try hub.pull(exits: [p], head: 2)
    #expect(try replica.values("SELECT id FROM person").isEmpty)
    #expect(try replica.sealed().isEmpty)
  }

  @Test func reInsertingAfterAKnownDeleteHasSeenIt() throws {
    try hub.pull([hub.person("p", given: "Ann", seq: 1)], head: 1)
    try hub.pull([RowRecord(row: p, seq: 2, values: nil)], head: 2)
    try replica.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    #expect(try replica.sealed()[0].rows[0].base == 2)
  }

  @Test func aRowThatAConstraintRefusesIsHeldAndStopsNothing() throws {
    try Clinic.foreign(replica.path, "CREATE UNIQUE INDEX one_level ON person (level)")
    try hub.pull(
      [hub.person("a", level: "low", seq: 1), hub.person("b", level: "low", seq: 1), hub.person("c", seq: 1)], head: 1)
    #expect(try replica.values("SELECT id FROM person ORDER BY id") == [["a"], ["c"]])
    #expect(try replica.status().held == 1)
    try hub.pull([hub.person("a", level: "high", seq: 2)], head: 2)
    #expect(try replica.values("SELECT id FROM person ORDER BY id") == [["a"], ["b"], ["c"]])
    #expect(try replica.status().held == 0)
  }

  @Test func twoRowsMaySwapAUniqueValueInOnePull() throws {
    try hub.pull([hub.person("a", phone: "1", seq: 1), hub.person("b", phone: "2", seq: 1)], head: 1)
    try hub.pull([hub.person("a", phone: "2", seq: 2), hub.person("b", phone: "1", seq: 2)], head: 2)
    #expect(try replica.values("SELECT id, phone FROM person ORDER BY id") == [["a", "2"], ["b", "1"]])
    #expect(try replica.status().held == 0)
  }

  @Test func aConflictIsReadableAndResolvingItForTheShownValueIsARealOperation() throws {
    func write(_ replica: UInt64, _ value: Value) -> CellWrite {
      CellWrite(dot: Dot(ReplicaID(bits: replica), 1), seq: replica, effective: .zero, value: .values([value]))
    }
    let entry = EntryRecord(
      cell: CellID(3), opened: 2,
      siblings: [
        SiblingRecord(write: write(1, "1"), author: "Ann", device: "d1"),
        SiblingRecord(write: write(2, "2"), author: "Bo", device: "d2"),
      ])
    try hub.pull([hub.person("p", phone: "1", seq: 2, entries: [entry])], head: 2)
    let item = try #require(try replica.inbox().first)
    #expect(item.kind == .conflict)
    #expect(item.others?.contains("'2' (Bo, d2") == true)
    try replica.resolve(item.id, .sibling(0))
    let sealed = try replica.sealed()
    #expect(sealed[0].rows[0].operations == [Operation(.set(3, ["1"]), resolves: 2)])
  }

  @Test func aDigestThatDiffersIsToldAndStopsNothing() throws {
    let request = try replica.nextRequest()
    let closing = PullClosing(head: 1, logHash: .zero, digests: [ScopeDigest()])
    let page = hub.page([hub.person("p", seq: 1)], closing: closing)
    _ = try replica.receive(SyncResponse(epoch: ScriptedHub.epoch, time: 0, page: page), to: request)
    #expect(try replica.status().mismatch == ["unit/u1"])
  }

  // MARK: What is not believed

  @Test("Work that is called accepted and of which nothing is seen stays pending, and is offered again")
  func acceptedWithoutTheRow() throws {
    try hub.pull([hub.person("p", given: "Ann", seq: 1)], head: 1)
    try replica.sql("UPDATE person SET given = 'Bo'")
    let request = try replica.nextRequest()
    let verdicts = try hub.accepted(request, from: 2)
    try hub.answer(request, head: 2, confirmed: verdicts, verdicts: verdicts)
    #expect(try replica.values("SELECT given FROM person") == [["Bo"]])
    #expect(try replica.status().pending == 1)
    #expect(try replica.sealed().map(\.dot) == verdicts.map(\.dot))
    // An older version of the row explains nothing either.
    try hub.pull([hub.person("p", given: "Ann", seq: 1)], head: 3, confirmed: verdicts)
    #expect(try replica.status().pending == 1)
    try hub.pull([hub.person("p", given: "Bo", seq: 2)], head: 4, confirmed: verdicts)
    #expect(try replica.status().pending == 0)
    #expect(try replica.values("SELECT given FROM person") == [["Bo"]])
    #expect(try replica.values("SELECT count(*) FROM relay_pending") == [[0]])
  }

  @Test("An insert that is called accepted is not forgotten either, and an exit explains it")
  func acceptedWithoutTheNewRow() throws {
    try replica.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1'), ('q', 'u1')")
    let request = try replica.nextRequest()
    let verdicts = try hub.accepted(request, from: 1)
    let q = RowID(table: 1, values: ["q"])
    try hub.answer(request, [hub.person("p", seq: 1)], head: 1, confirmed: verdicts, verdicts: verdicts)
    #expect(try replica.status().pending == 1)
    #expect(try replica.values("SELECT id FROM person ORDER BY id") == [["p"], ["q"]])
    try hub.pull([hub.person("p", seq: 2)], exits: [q], head: 2, confirmed: verdicts)
    #expect(try replica.status().pending == 0)
    #expect(try replica.values("SELECT id FROM person") == [["p"]])
  }
}
