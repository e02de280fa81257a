import RelayHub
import RelayProtocol
import TestSupport
import Testing

@Suite struct HubStories {
  let row = Office.row("m")

  @Test func aLostAnswerIsGivenAgain() throws {
    let office = try Office([("a", ["*"])])
    let bytes = office.sealed(7, row, office.member("x"))
    let first = try office.push("a", bytes)
    #expect(first[0].isAccepted)
    #expect(try office.push("a", bytes) == first)
    #expect(try office.reader.head() == 1)
  }

  @Test(arguments: [false, true]) func twoNotesAtOnceOpenOneEntry(swapped: Bool) throws {
    let office = try Office([("a", ["*"]), ("b", ["*"])])
    try office.push("a", office.sealed(7, row, office.member("x")))
    let a = office.sealed(7, row, .set(3, [.text("A")]), base: 1, at: 5)
    let b = office.sealed(8, row, .set(3, [.text("B")]), base: 1, at: 6)
    let verdicts =
      swapped
      ? [try office.push("b", b), try office.push("a", a)] : [try office.push("a", a), try office.push("b", b)]
    #expect(verdicts.map { $0[0].opensEntries } == [false, true])
    let record = try #require(try office.pull("a").rows.decoded().first?.rows.first)
    #expect(record.values?[1] == .text("B"))
    #expect(record.entries.map(\.opened) == [3])
    #expect(record.entries[0].siblings.map(\.author) == ["r8", "r7"])
  }

  @Test func differentColumnsAreNoConflict() throws {
    let office = try Office([("a", ["*"]), ("b", ["*"])])
    try office.push("a", office.sealed(7, row, office.member("x")))
    try office.push("a", office.sealed(7, row, .set(3, [.text("A")]), base: 1))
    #expect(try !office.push("b", office.sealed(8, row, .set(5, [.text("N")]), base: 1))[0].opensEntries)
  }

  @Test func theMaximumThatNobodyHadSeenStays() throws {
    let office = try Office([("a", ["*"]), ("b", ["*"])])
    try office.push("a", office.sealed(7, row, office.member("x")))
    try office.push("a", office.sealed(7, row, .set(4, [.integer(10)]), base: 1))
    try office.push("b", office.sealed(8, row, .set(4, [.integer(7)]), base: 1))
    try office.push("a", office.sealed(7, row, .set(4, [.integer(5)]), base: 2))
    #expect(try office.pull("a").rows.decoded().first?.rows.first?.values?[2] == .integer(7))
  }

  @Test func aMoveTakesTheChildAndALateEditIsAccepted() throws {
    let office = try Office([("a", ["*"]), ("b", ["unit/x"])])
    try office.push("a", office.sealed(7, row, office.member("x")))
    let child = Office.row("t", table: 2)
    let insert = OperationKind.insert([
      GroupValues(group: 2, values: [.text("m")]), GroupValues(group: 3, values: [.text("hello")]),
    ])
    try office.push("a", office.sealed(7, child, insert, base: 1))
    #expect(try office.pull("b").rowCount == 2)
    try office.push("a", office.sealed(7, row, .set(2, [.text("y")]), base: 2))
    let page = try office.pull("b")
    #expect(page.rowCount == 0)
    #expect(page.closing?.exits == [row, child])
    #expect(try office.push("b", office.sealed(8, child, .set(3, [.text("late")]), base: 2))[0].isAccepted)
    #expect(
      try office.push("b", office.sealed(8, row, .set(5, ["n"]), base: 4))[0].refusal?.rule == .rowUnknown)
  }

  @Test func aKeyTakenElsewhereShowsNothingAndTheBatchGoesOn() throws {
    let office = try Office([("a", ["*"]), ("b", ["unit/x"])])
    try office.push("a", office.sealed(7, row, office.member("y")))
    let taken = office.sealed(8, row, office.member("x"))
    let own = Dot(ReplicaID(bits: 8), 1)
    let onto = office.sealed(8, row, .set(5, ["n"]), seen: [own])
    let other = office.sealed(8, Office.row("o"), office.member("x"))
    let verdicts = try office.push("b", taken, onto, other)
    #expect(verdicts.map { $0.refusal?.rule } == [.keyUnavailable, .dependsOnRefused, nil])
    #expect(verdicts.map(\.seq) == [2, 3, 4])
  }

  @Test func whatCannotBeReadLeavesTheVerdictsBeforeItAndIsToldAlone() throws {
    let office = try Office([("a", ["*"]), ("b", ["*"])])
    let good = office.sealed(7, row, office.member("x"))
    var bad = office.sealed(7, row, .set(5, ["later"]), base: 0, seen: [Dot(ReplicaID(bits: 7), 1)])
    bad[bad.count - 1] ^= 0xFF
    let other = PushJob(
      device: try office.device("b").id,
      request: office.request([office.sealed(8, Office.row("n"), office.member("y"))]))
    let job = PushJob(device: try office.device("a").id, request: office.request([good, bad]))
    // In one durable commit with another device's push.
    let outcomes = try office.writer.commit([job, other], now: 1000)
    #expect(try outcomes[0].get().verdicts.map(\.isAccepted) == [true])
    #expect(try outcomes[1].get().verdicts.map(\.isAccepted) == [true])
    #expect(try office.reader.head() == 2)
    let alone = PushJob(device: try office.device("a").id, request: office.request([bad]))
    let error = #expect(throws: RelayError.self) { _ = try office.writer.commit([alone], now: 1000)[0].get() }
    #expect(error?.code == .malformedMessage)
    #expect(try office.reader.head() == 2)
  }

  @Test("A copy's work gets a name that follows from its first transaction, whoever meets it")
  func aForkIsNamed() throws {
    let office = try Office([("a", ["*"]), ("b", ["*"])])
    let first = office.sealed(7, row, office.member("x"))
    try office.push("a", first)
    try office.push("a", office.sealed(7, Office.row("one"), office.member("x")))
    (office.count[7], office.last[7]) = (1, hash128(Hash128.zero.bytes, first))
    let other = office.sealed(7, Office.row("two"), office.member("z"))
    let next = office.sealed(7, Office.row("two"), .set(5, ["n"]), seen: [Dot(ReplicaID(bits: 7), 2)])
    let name = ReplicaID.fork(Dot(ReplicaID(bits: 7), 2), hash128(hash128(Hash128.zero.bytes, first).bytes, other))
    let verdicts = try office.push("a", other, next)
    #expect(verdicts.map(\.dot) == [Dot(name, 1), Dot(name, 2)])
    #expect(verdicts.map(\.isAccepted) == [true, true])
    // The same once more, and only the end of it.
    #expect(try office.push("a", other, next) == verdicts)
    #expect(try office.push("a", next) == [verdicts[1]])
    #expect(try office.reader.head() == 4)
    let error = #expect(throws: RelayError.self) { try office.push("b", other) }
    #expect(error?.code == .unauthorized)
  }

  @Test("A transaction whose predecessor the hub has by no name waits for it")
  func aForkWithoutABeginning() throws {
    let office = try Office([("a", ["*"])])
    try office.push("a", office.sealed(7, row, office.member("x")), office.sealed(7, row, .set(5, ["n"])))
    (office.count[7], office.last[7]) = (1, hash128([1]))
    let error = #expect(throws: RelayError.self) { try office.push("a", office.sealed(7, row, .set(5, ["m"]))) }
    #expect(error?.code == .outOfOrder)
  }

  @Test func aHistoryThatTheHubDoesNotKnowIsNotGuessed() throws {
    let office = try Office([("a", ["*"])])
    var request = office.request(base: 9)
    request.epoch = Office.epoch
    let error = #expect(throws: RelayError.self) {
      try office.reader.pull(request, device: try office.device("a"))
    }
    #expect(error?.code == .hubRolledBack)
  }

  @Test func aNewGrantVoidsThePagesSoFar() throws {
    let office = try Office([("a", ["unit/x"])])
    for id in ["m", "n", "o"] { try office.push("a", office.sealed(7, Office.row(id), office.member("x"))) }
    let page = try office.pull("a", pageBytes: 1)
    #expect(page.rowCount == 1)
    #expect(try office.pull("a", token: page.token).rowCount == 2)
    try office.writer.grant(device: "a", role: nil, grants: [ScopeGrant(scope: "*")], now: 1000)
    let error = #expect(throws: RelayError.self) { try office.pull("a", token: page.token) }
    #expect(error?.code == .pageVoid)
  }

  @Test func digestsAreCarriedAlongAsAScanWouldFindThem() throws {
    let office = try Office([("a", ["*", "unit/x"])])
    try office.push("a", office.sealed(7, row, office.member("x")))
    try office.push("a", office.sealed(7, row, .set(3, [.text("A")]), base: 1))
    try office.push("a", office.sealed(7, Office.row("n"), office.member("x")))
    try office.push("a", office.sealed(7, row, .set(2, [.text("y")]), base: 2))
    let kept = try #require(try office.pull("a").closing?.digests)
    let scanned = try office.reader.verify(
      VerifyRequest(epoch: Office.epoch, base: 4), device: try office.device("a")
    ).tables.map(\.digest)
    #expect(kept[0] == scanned[0])
    #expect(kept.map(\.count) == [2, 1])
  }
}
