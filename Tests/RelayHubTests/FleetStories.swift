import Relay
import RelayHub
import TestSupport
import Testing

/// Two or more devices, what each did, what a person expects: real replicas, a real hub, real files.
@Suite struct FleetStories {
  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device
  let office: Fleet.Device

  init() throws {
    (fleet, a, b) = try Fleet.pair()
    office = try fleet.add("office", "*")
    try a.sql("INSERT INTO person (id, unit, phone) VALUES ('p', 'u1', '0')")
    try fleet.syncAll()
    try fleet.syncAll()
  }

  @Test func aRowChangedByTheShellReachesEverybodyInOneSyncEach() throws {
    let shell = try Database(path: a.replica.path, mode: .readWrite)
    try shell.script("UPDATE person SET area = 'North'")
    try fleet.sync(a)
    try fleet.sync(b)
    try fleet.sync(office)
    #expect(try b.values("SELECT area FROM person") == [["North"]])
    #expect(try office.values("SELECT area FROM person") == [["North"]])
    for device in [a, b, office] { #expect(try device.replica.status().mismatch.isEmpty) }
  }

  @Test(arguments: [true, false])
  func theSameAskCellChangedTwiceIsOneConflictUntilSomebodySettlesIt(aFirst: Bool) throws {
    try a.sql("UPDATE person SET phone = '1'")
    try b.sql("UPDATE person SET phone = '2'")
    try fleet.sync(aFirst ? a : b)
    try fleet.sync(aFirst ? b : a)
    try fleet.syncAll()
    let shown = try a.values("SELECT phone FROM person")
    for device in [a, b, office] {
      #expect(try device.values("SELECT phone FROM person") == shown)
      let inbox = try device.replica.inbox().filter { $0.kind == .conflict }
      try #require(inbox.count == 1)
      #expect(inbox[0].others?.contains("'1' (a, a,") == true)
      #expect(inbox[0].others?.contains("'2' (b, b,") == true)
    }
    // Settling for the value that is shown already is a real operation.
    try b.replica.resolve(try #require(try b.replica.inbox().first { $0.kind == .conflict }).id, .sibling(0))
    try fleet.sync(b)
    try fleet.syncAll()
    for device in [a, b, office] {
      #expect(try device.values("SELECT phone FROM person") == shown)
      #expect(try device.replica.status().conflicts == 0)
    }
    let head = try fleet.reader.head()
    try fleet.syncAll()
    #expect(try fleet.reader.head() == head)
  }

  @Test func differentColumnsBothSurviveWithoutAQuestion() throws {
    try a.sql("UPDATE person SET phone = '1', guests = guests + 5")
    try b.sql("UPDATE person SET area = 'North', guests = guests + 3")
    try fleet.syncAll()
    try fleet.syncAll()
    for device in [a, b, office] {
      #expect(try device.values("SELECT phone, area, guests FROM person") == [["1", "North", 8]])
      #expect(try device.replica.status().conflicts == 0)
    }
  }

  @Test func aMovedPersonArrivesWholeAndAnUnsentEditFollows() throws {
    let there = try fleet.add("there", "unit/u2")
    try a.sql("INSERT INTO visit VALUES ('v', 'p', 'seen')")
    try fleet.syncAll()
    try fleet.syncAll()
    try a.sql("UPDATE person SET area = 'late edit'")
    try office.sql("UPDATE person SET unit = 'u2' WHERE id = 'p'")
    try fleet.sync(office)
    try fleet.sync(a)
    try fleet.syncAll()
    #expect(try there.values("SELECT id, area FROM person") == [["p", "late edit"]])
    #expect(try there.values("SELECT id, note FROM visit") == [["v", "seen"]])
    for device in [a, b] {
      #expect(try device.values("SELECT id FROM person").isEmpty)
      #expect(try device.values("SELECT id FROM visit").isEmpty)
    }
    #expect(try a.replica.status().refused == 0)
    for device in [a, b, office, there] { #expect(try device.replica.status().mismatch.isEmpty) }
  }

  @Test func aKeyThatLivesElsewhereIsRefusedAndShowsNothing() throws {
    let there = try fleet.add("there", "unit/u2")
    try there.sql("INSERT INTO person (id, unit, area) VALUES ('k', 'u2', 'secret')")
    try a.sql("INSERT INTO person (id, unit, area) VALUES ('k', 'u1', 'mine')")
    try a.sql("UPDATE person SET area = 'mine again' WHERE id = 'k'")
    try a.sql("UPDATE person SET area = 'fine' WHERE id = 'p'")
    try fleet.sync(there)
    try fleet.sync(a)
    #expect(try a.replica.inbox().map(\.rule) == ["key_unavailable", "depends_on_refused"])
    #expect(try a.values("SELECT id, area FROM person") == [["p", "fine"]])
    for item in try a.replica.inbox() {
      #expect(item.message?.contains("u2") != true)
      #expect(item.others?.contains("secret") != true)
    }
    #expect(try a.replica.status().refused == 2)
  }

  @Test func anAnswerThatIsLostChangesNothingTwice() throws {
    try a.sql("UPDATE person SET guests = guests + 5")
    for _ in 0..<3 { _ = try fleet.roundTrip(a, loss: .response) }
    try fleet.sync(a)
    try fleet.sync(office)
    #expect(try office.values("SELECT guests FROM person") == [[5]])
    #expect(try fleet.reader.head() == 2)
  }

  @Test func aRefusalThatIsToldTwiceTakesNothingThatCameSince() throws {
    let there = try fleet.add("there", "unit/u2")
    try there.sql("INSERT INTO person (id, unit) VALUES ('k', 'u2')")
    try fleet.sync(there)
    try a.sql("INSERT INTO person (id, unit) VALUES ('k', 'u1')")
    let request = try a.replica.nextRequest()
    let reply = try #require(try fleet.answer(a, request))
    _ = try a.replica.receive(reply, to: request)
    try fleet.sync(office)
    try office.sql("UPDATE person SET unit = 'u1' WHERE id = 'k'")
    try fleet.sync(office)
    try fleet.sync(a)
    _ = try a.replica.receive(reply, to: request)
    #expect(try a.values("SELECT id FROM person ORDER BY id") == [["k"], ["p"]])
  }

  @Test func aVisitWhosePersonWasDeletedKnowinglyStaysAndTheDigestsAgree() throws {
    try a.sql("INSERT INTO visit VALUES ('v', 'p', 'seen')")
    try fleet.settle()
    try b.sql("DELETE FROM person")
    try fleet.sync(b)
    let late = try fleet.add("late", "unit/u1")
    try fleet.syncAll()
    for device in [a, b, office, late] {
      #expect(try device.values("SELECT id FROM person").isEmpty)
      #expect(try device.values("SELECT note FROM visit") == [["seen"]])
      #expect(try device.replica.status().mismatch.isEmpty)
    }
  }

  @Test func aConflictOnARowDeletedHereIsNotSettledInSilence() throws {
    try a.sql("UPDATE person SET phone = '1'")
    try b.sql("UPDATE person SET phone = '2'")
    for device in [a, b, a] { try fleet.sync(device) }
    let id = try #require(try a.replica.inbox().first { $0.kind == .conflict }).id
    try a.sql("DELETE FROM person")
    let error = #expect(throws: RelayError.self) { try a.replica.resolve(id, .sibling(1)) }
    #expect(error?.code == .entryUnknown)
  }

  @Test func twoPeopleWhoSettleOneConflictDifferentlyStayInThatConflict() throws {
    try a.sql("UPDATE person SET phone = '1'")
    try b.sql("UPDATE person SET phone = '2'")
    for device in [a, b, a, office] { try fleet.sync(device) }
    let id = try #require(try a.replica.inbox().first { $0.kind == .conflict }).id
    try a.replica.resolve(id, .values(["3"]))
    try b.replica.resolve(id, .values(["4"]))
    try fleet.syncAll()
    try fleet.syncAll()
    for device in [a, b, office] {
      let open = try device.replica.inbox().filter { $0.kind == .conflict }
      #expect(open.map(\.id) == [id])
      #expect(open.first?.others?.contains("'3' (a, ") == true)
      #expect(open.first?.others?.contains("'4' (b, ") == true)
    }
    let other = try #require(try office.replica.inbox().first { $0.id == id }?.siblings.first { !$0.isShown })
    try office.replica.resolve(id, .sibling(other.position))
    try fleet.sync(office)
    try fleet.syncAll()
    for device in [a, b, office] { #expect(try device.replica.status().conflicts == 0) }
  }

  @Test func twoPeopleWhoSettleOneConflictAlikeCloseIt() throws {
    try a.sql("UPDATE person SET phone = '1'")
    try b.sql("UPDATE person SET phone = '2'")
    for device in [a, b, a] { try fleet.sync(device) }
    let id = try #require(try a.replica.inbox().first { $0.kind == .conflict }).id
    for device in [a, b] { try device.replica.resolve(id, .values(["3"])) }
    try fleet.syncAll()
    try fleet.syncAll()
    for device in [a, b, office] {
      #expect(try device.replica.status().conflicts == 0)
      #expect(try device.values("SELECT phone FROM person") == [["3"]])
    }
  }

  @Test func twoProcessesThatPullOneFileAtOnceComeToAnEnd() throws {
    for i in 0..<50 { try a.sql("INSERT INTO person (id, unit) VALUES ('n\(i)', 'u1')") }
    try fleet.sync(a)
    // Another process on b's file: each asks before the other's answer is in.
    let other = Fleet.Device(
      name: "b", replica: try Replica(at: b.replica.path, schema: Fleet.schema, environment: fleet.environment))
    var (steps, installed) = (0, 0)
    while installed < 2, steps < 100 {
      steps += 1
      let requests = try [b, other].map { ($0, try $0.replica.nextRequest(pageBytes: 300)) }
      for (device, request) in requests {
        guard let response = try fleet.answer(device, request) else { continue }
        if case .installed = try device.replica.receive(response, to: request) { installed += 1 }
      }
    }
    #expect(steps < 100, "they keep each other from the end")
    #expect(try b.values("SELECT count(*) FROM person") == [[51]])
    #expect(try b.replica.status().mismatch.isEmpty)
  }

  @Test func aPageWhoseForerunnersAnotherProcessForgotIsNotTheBeginningOfAPull() throws {
    for i in 0..<20 { try a.sql("INSERT INTO person (id, unit) VALUES ('n\(i)', 'u1')") }
    try fleet.sync(a)
    let other = try Replica(at: b.replica.path, schema: Fleet.schema, environment: fleet.environment)
    #expect(try fleet.roundTrip(b, pageBytes: 300) == .again)
    let request = try b.replica.nextRequest(pageBytes: 300)
    let second = try #require(try fleet.answer(b, request))
    try other.abandonPull()
    #expect(try b.replica.receive(second, to: request) == .discarded)
    while try fleet.roundTrip(b, pageBytes: 300) == .again {}
    #expect(try b.values("SELECT count(*) FROM person") == [[21]])
    #expect(try b.replica.status().mismatch.isEmpty)
  }

  @Test func aPullInManyPagesShowsNothingHalfAndAgreesAtTheEnd() throws {
    for i in 0..<50 { try a.sql("INSERT INTO person (id, unit) VALUES ('n\(i)', 'u1')") }
    try fleet.sync(a)
    var steps = 0
    while try fleet.roundTrip(b, pageBytes: 300) == .again {
      steps += 1
      #expect(try b.values("SELECT count(*) FROM person") == [[1]])
    }
    #expect(steps > 3)
    #expect(try b.values("SELECT count(*) FROM person") == [[51]])
    #expect(try b.replica.status().mismatch.isEmpty)
  }
}
