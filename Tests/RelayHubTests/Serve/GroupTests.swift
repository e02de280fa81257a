import Relay
internal import RelayHubPostgres
internal import RelayMerge
import RelayProtocol
import TestSupport
import Testing

@testable import RelayHub

/// Pushes of several devices in one commit: what goes wrong with one leaves nothing of it and touches no other, and what
/// groups remember of the store ends with the first write that is not theirs.
@Suite struct GroupTests {
  private let office: Office

  init() throws { office = try Office([("a", ["unit/x"]), ("b", ["unit/x"]), ("c", ["unit/x"])]) }

  private func job(_ device: String, _ push: [[UInt8]], part: TransactionPart? = nil) throws -> PushJob {
    var request = office.request(push)
    request.part = part
    return PushJob(device: try office.device(device).id, request: request)
  }

  /// A transaction in one part, that names something which the hub does not have.
  private func partAhead(of replica: UInt64) -> TransactionPart {
    let bytes = office.sealed(replica, Office.row("ahead"), office.member("x"), seen: [Dot(ReplicaID(bits: 999), 5)])
    return TransactionPart(
      dot: Dot(ReplicaID(bits: replica), office.count[replica] ?? 0), hash: office.last[replica] ?? .zero,
      total: UInt64(bytes.count), offset: 0, bytes: bytes)
  }

  @Test(
    "A push that fails once something of it is written leaves nothing; those beside it are judged as if it had not come"
  )
  func failsLate() throws {
    let first = office.sealed(1000, Office.row("m1"), office.member("x"))
    let part = partAhead(of: 1000)
    let jobs = [
      try job("b", [office.sealed(1001, Office.row("m2"), office.member("x"))]), try job("a", [first], part: part),
      try job("c", [office.sealed(1002, Office.row("m3"), office.member("x"))]),
    ]
    let results = try office.writer.commit(jobs, now: 1000)
    // The fault took place: it was found only after something had been written, and the group was judged twice.
    #expect(office.writer.session.undo == .each)
    #expect(try results[0].get().verdicts.map(\.seq) == [1])
    #expect(throws: RelayError.self) { try results[1].get() }
    #expect(try results[2].get().verdicts.map(\.seq) == [2])
    #expect(try office.reader.head() == 2)
    #expect(try office.pull("b").rowCount == 2)
    // Nothing of it stays in the way: the same transaction is taken when it comes alone.
    #expect(try office.push("a", first)[0].seq == 3)
    #expect(office.writer.session.undo == .whole)
    try office.expectDigestsHold("b", ["unit/x"])
  }

  @Test("A push that fails before anything of it is written costs its group nothing")
  func failsEarly() throws {
    // The first of its chain does not come.
    _ = office.sealed(1000, Office.row("m1"), office.member("x"))
    let jobs = [
      try job("a", [office.sealed(1000, Office.row("m2"), office.member("x"))]),
      try job("b", [office.sealed(1001, Office.row("m3"), office.member("x"))]),
    ]
    let results = try office.writer.commit(jobs, now: 1000)
    #expect(office.writer.session.undo == .whole)
    #expect(throws: RelayError.self) { try results[0].get() }
    #expect(try results[1].get().verdicts.map(\.seq) == [1])
  }

  @Test("What another process grants or takes away counts with the next group, whatever groups remember")
  func othersWrite() throws {
    #expect(try office.push("a", office.sealed(1000, Office.row("m1"), office.member("x")))[0].isAccepted)
    // A database that does not tell of other nodes' writes lets nothing be kept.
    if TestStore.database == nil { #expect(office.writer.session.kept?.memory.devices.isEmpty == false) }
    let desk = try office.place.writer()
    try desk.grant(device: "a", role: nil, grants: [], now: 0)
    let verdict = try office.push("a", office.sealed(1000, Office.row("m2"), office.member("y")))[0]
    #expect(verdict.refusal?.rule == .notWritable)
    try desk.grant(device: "a", role: nil, grants: [ScopeGrant(scope: "unit/y")], now: 0)
    #expect(try office.push("a", office.sealed(1000, Office.row("m3"), office.member("y")))[0].isAccepted)
    try desk.revoke(device: "a")
    let jobs = [PushJob(device: 1, request: office.request([]))]
    #expect(throws: RelayError.self) { try office.writer.commit(jobs, now: 1000)[0].get() }
    // The same on the connection that judges.
    #expect(try office.push("b", office.sealed(1001, Office.row("m4"), office.member("x")))[0].isAccepted)
    try office.writer.grant(device: "b", role: nil, grants: [], now: 0)
    let own = try office.push("b", office.sealed(1001, Office.row("m5"), office.member("y")))[0]
    #expect(own.refusal?.rule == .notWritable)
  }

  @Test("A row that a large transaction, one of the same push, or a child has written is no longer what was read ahead")
  func writtenMeanwhile() throws {
    #expect(try office.push("a", office.sealed(1000, Office.row("m0"), office.member("x")))[0].isAccepted)
    func note(_ replica: UInt64, _ row: String, _ text: String) -> [UInt8] {
      office.sealed(replica, Office.row(row), .set(3, [.text(text)]), base: 1)
    }
    // Each of these writes the same cell without having seen the other; the first is too large to be read ahead.
    let large = String(repeating: "x", count: (1 << 20) - 16)
    let outcomes = try office.writer.commit(
      [try job("a", [note(1000, "m0", large)]), try job("b", [note(1001, "m0", "small")])], now: 1000)
    #expect(try outcomes.map { try $0.get().verdicts[0].opensEntries } == [false, true])
    let row = try #require(try office.writer.session.load(Office.row("m0")))
    #expect(row.state.writes(CellID(3)).count == 2)
    // Two of one push, and a talk whose member somebody deletes in the same group.
    let talk = office.sealed(
      1002, Office.row("t1", table: 2),
      .insert([GroupValues(group: 2, values: [.text("m0")]), GroupValues(group: 3, values: [.text("hello")])]), base: 2)
    let together = try office.writer.commit(
      [
        try job("a", [note(1000, "m0", "one"), note(1000, "m0", "two")]), try job("c", [talk]),
        try job("b", [office.sealed(1001, Office.row("m0"), .delete, base: 2)]),
      ], now: 1000)
    for outcome in together { #expect(try outcome.get().verdicts.allSatisfy(\.isAccepted)) }
    let end = try #require(try office.writer.session.load(Office.row("m0")))
    #expect(office.writer.session.isAlive(end), "who deleted it had not seen the talk")
    #expect(end.state.writes(.live).count > 1)
    #expect(end.state.writes(CellID(3)).contains { $0.value == .values([.text("two")]) })
    try office.expectDigestsHold("b", ["unit/x"])
  }

  @Test("Scopes that a group remembers by number are still news for who waits")
  func remembersScopes() throws {
    for row in ["m1", "m2"] {
      let outcome = try office.writer.group(
        [try job("a", [office.sealed(1000, Office.row(row), office.member("x"))])], now: 1000)
      #expect(outcome.news.scopes == ["unit/x"])
    }
  }
}

extension Office {
  /// What the hub keeps of each scope's sum is what its rows add up to.
  func expectDigestsHold(_ device: String, _ scopes: [String]) throws {
    let session = writer.session
    for scope in scopes {
      let kept = try session.store.digests.digest(of: scope, "office", version: schema.newest)
      #expect(try kept == session.scanDigest(scope, "office", schema), "\(scope)")
    }
  }
}
