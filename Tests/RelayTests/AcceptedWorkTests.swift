internal import RelayProtocol
internal import RelaySQLite
import TestSupport
import Testing

@testable import Relay

/// A device keeps what was accepted until a backup of the hub covers it (rule 26), within a cap.
@Suite struct AcceptedWorkTests {
  let folder = TestFolder()
  let replica: Replica
  let hub: ScriptedHub

  init() throws {
    replica = try Clinic.open(folder.file("a.db"))
    hub = try ScriptedHub(replica)
  }

  /// Accepts what is pending as seq `head` and installs it, with a backup that reaches to `durable`.
  private func confirm(_ row: RowRecord?, head: UInt64, durable: UInt64) throws {
    let request = try replica.nextRequest()
    let verdicts = try hub.accepted(request, from: head)
    let closing = PullClosing(
      head: head, logHash: Hash128(high: 0, low: head), confirmed: verdicts, durable: durable)
    _ = try replica.receive(
      SyncResponse(
        epoch: ScriptedHub.epoch, time: 0, verdicts: verdicts, page: hub.page(row.map { [$0] } ?? [], closing: closing)),
      to: request)
  }

  private func kept() throws -> [Value] {
    try replica.values("SELECT seq FROM relay_accepted ORDER BY seq").map { $0[0] }
  }

  private func forget(durable: UInt64, most: Int64) throws {
    try replica.locked { (core) throws(RelayError) in
      try core.db.transaction { () throws(RelayError) in try core.accepted.forget(durable: durable, most: most) }
    }
  }

  @Test(
    "An accepted transaction is there until the backup passes its seq, and gone after, with nothing left in the file")
  func untilDurable() throws {
    try replica.sql("INSERT INTO person (id, unit, given) VALUES ('p', 'u1', 'Ann')")
    let sealed = try replica.nextRequest().push[0]
    try confirm(hub.person("p", given: "Ann", seq: 3), head: 3, durable: 0)
    #expect(try replica.status().pending == 0)
    #expect(try kept() == [3])
    #expect(try replica.values("SELECT bytes FROM relay_accepted") == [[.blob(sealed)]])
    try confirm(nil, head: 4, durable: 2)
    #expect(try kept() == [3])
    try confirm(nil, head: 5, durable: 3)
    #expect(try kept().isEmpty)
  }

  @Test("A hub that says its backup reaches beyond its own head is not believed")
  func notBeyondTheHead() throws {
    try replica.sql("INSERT INTO person (id, unit, given) VALUES ('p', 'u1', 'Ann')")
    try confirm(hub.person("p", given: "Ann", seq: 3), head: 3, durable: 0)
    try replica.sql("UPDATE person SET given = 'Bea'")
    let request = try replica.nextRequest()
    try confirm(hub.person("p", given: "Bea", seq: 4), head: 4, durable: 3)
    #expect(request.push.count == 1)
    #expect(try kept() == [4])
    try confirm(nil, head: 5, durable: 3)
    #expect(try kept() == [4])
  }

  @Test("The oldest go first where there are more bytes than the cap, and what is larger than the cap is not kept")
  func cap() throws {
    for n in 1...4 {
      try replica.sql("INSERT INTO person (id, unit, given) VALUES ('p\(n)', 'u1', printf('%.1000c', 'x'))")
      let given = Value.text(String(repeating: "x", count: 1000))
      try confirm(hub.person("p\(n)", given: given, seq: UInt64(n)), head: UInt64(n), durable: 0)
    }
    #expect(try kept() == [1, 2, 3, 4])
    let sizes = try replica.values("SELECT length(bytes) FROM relay_accepted ORDER BY seq").map { $0[0].integer ?? 0 }
    try forget(durable: 0, most: sizes[1] + sizes[2] + sizes[3])
    #expect(try kept() == [2, 3, 4])
    try forget(durable: 2, most: sizes[3] + sizes[2] - 1)
    #expect(try kept() == [4])
    try forget(durable: 0, most: sizes[3] - 1)
    #expect(try kept().isEmpty)
  }

  @Test("A request knows what is pending however much is kept, and a commit goes on behind it")
  func keptIsNotPending() throws {
    for n in 1...20 {
      try replica.sql("INSERT INTO person (id, unit) VALUES ('p\(n)', 'u1')")
      try confirm(hub.person("p\(n)", seq: UInt64(n)), head: UInt64(n), durable: 0)
    }
    #expect(try kept().count == 20)
    #expect(try replica.nextRequest().pending.isEmpty)
    try replica.sql("UPDATE person SET given = 'x' WHERE id = 'p3'")
    let request = try replica.nextRequest()
    #expect(request.pending.count == 1)
    #expect(try Transaction(decoding: request.push[0]).dot.counter == 21)
    #expect(try replica.values("SELECT count(*) FROM relay_transaction") == [[1]])
    #expect(try replica.values("SELECT count(*) FROM relay_pending") == [[1]])
  }

  @Test("A file of the version before is refused, and nothing of it is changed")
  func olderFile() throws {
    try Clinic.foreign(
      replica.path,
      """
      ALTER TABLE relay_state RENAME COLUMN dot TO counter; DROP TABLE relay_replica; DROP TABLE relay_accepted;
      UPDATE relay_state SET version = 4
      """)
    let shell = try Database(path: replica.path, mode: .readWrite)
    func file() throws -> [[Value]] {
      try shell.query("SELECT name, sql FROM sqlite_master ORDER BY name") { (row) throws(RelayError) in row.values }
    }
    let before = try file()
    let error = #expect(throws: RelayError.self) { _ = try Clinic.open(replica.path) }
    #expect(error?.code == .unsupportedVersion)
    #expect(try file() == before)
  }
}
