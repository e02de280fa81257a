import Foundation
import Relay
internal import RelayMerge
internal import RelayProtocol
import TestSupport
import Testing

/// A column of the app's own that shows at which seq the hub last changed a row.
@Suite struct SeqColumnTests {
  let folder = TestFolder()
  let replica: Replica
  let hub: ScriptedHub

  static let schema = Array(
    String(decoding: Clinic.schema, as: UTF8.self)
      .replacingOccurrences(
        of: "\"name\": \"person\", \"key\"", with: "\"name\": \"person\", \"seqColumn\": \"hub_seq\", \"key\""
      ).utf8)
  static let ddl = Clinic.ddl.replacingOccurrences(
    of: "private_note TEXT)", with: "private_note TEXT, hub_seq INTEGER)")

  static func open(_ path: String, ddl: String = ddl) throws(RelayError) -> Replica {
    try Replica(at: path, schema: schema, environment: Clinic.environment(1)) { (db) throws(RelayError) in
      try db.script(ddl)
    }
  }

  init() throws {
    replica = try Self.open(folder.file("a.db"))
    hub = try ScriptedHub(replica)
  }

  private let p = RowID(table: 1, values: ["p"])

  private func seqs() throws -> [[Value]] { try replica.values("SELECT id, hub_seq FROM person ORDER BY id") }

  @Test("Confirmed rows show the seq of their last change; own rows show none until they are confirmed")
  func shown() throws {
    try hub.pull([hub.person("p", given: "Ann", seq: 1), hub.person("q", seq: 2)], head: 3)
    #expect(try seqs() == [["p", 1], ["q", 2]])
    try replica.sql("UPDATE person SET given = 'Bo' WHERE id = 'p'; INSERT INTO person (id, unit) VALUES ('n', 'u1')")
    try Clinic.foreign(replica.path, "UPDATE person SET family = 'Li' WHERE id = 'q'")
    #expect(try seqs() == [["n", .null], ["p", 1], ["q", 2]])
    let verdicts = try hub.accepted(try replica.nextRequest(), from: 4)
    try hub.pull(
      [hub.person("p", given: "Bo", seq: 4), hub.person("n", seq: 4), hub.person("q", family: "Li", seq: 5)], head: 5,
      confirmed: verdicts)
    #expect(try seqs() == [["n", 4], ["p", 4], ["q", 5]])
    #expect(try replica.sealed().isEmpty)
  }

  @Test("The column is nobody's write: neither what Relay puts in nor what the app does to it goes out")
  func notCaptured() throws {
    try hub.pull([hub.person("p", given: "Ann", seq: 1)], head: 3)
    try replica.sql("UPDATE person SET hub_seq = 99")
    try Clinic.foreign(replica.path, "UPDATE person SET hub_seq = NULL")
    #expect(try replica.sealed().isEmpty)
    #expect(try replica.status().pending == 0)
    let plain = try SyncSchema(json: Clinic.schema)
    #expect(replica.schema.hash == plain.hash)
  }

  @Test("A row under work shows the newest seq that came; a refused change or deletion brings it back with its seq")
  func underWork() throws {
    try hub.pull([hub.person("p", given: "Ann", seq: 1), hub.person("q", given: "Eve", seq: 2)], head: 3)
    try replica.sql("UPDATE person SET given = 'Bo' WHERE id = 'p'; DELETE FROM person WHERE id = 'q'")
    try hub.pull([hub.person("p", given: "Ann", level: "low", seq: 4)], head: 4)
    #expect(try replica.values("SELECT given, level, hub_seq FROM person") == [["Bo", "low", 4]])
    let request = try replica.nextRequest()
    var verdicts = try hub.accepted(request, from: 5)
    verdicts[0].refusal = Refusal(rule: .notWritable, row: p, message: "not yours")
    try hub.answer(request, head: 5, confirmed: verdicts, verdicts: verdicts)
    #expect(
      try replica.values("SELECT id, given, hub_seq FROM person ORDER BY id") == [["p", "Ann", 4], ["q", "Eve", 2]])
  }

  @Test("A row that a constraint holds keeps the seq of what it shows, and takes the new one when it is placed")
  func held() throws {
    try Clinic.foreign(replica.path, "CREATE UNIQUE INDEX one_level ON person (level)")
    try hub.pull([hub.person("a", level: "low", seq: 1), hub.person("b", seq: 2)], head: 2)
    try hub.pull([hub.person("b", level: "low", seq: 3)], head: 3)
    #expect(try seqs() == [["a", 1], ["b", 2]])
    #expect(try replica.status().held == 1)
    try hub.pull([hub.person("a", level: "high", seq: 4)], head: 4)
    #expect(try seqs() == [["a", 4], ["b", 3]])
  }

  @Test("A table without the column, or a synced column in its place, is named")
  func wrong() throws {
    let missing = #expect(throws: RelayError.self) { try Self.open(folder.file("b.db"), ddl: Clinic.ddl) }
    #expect(missing?.code == .schemaMismatch)
    #expect(missing?.message.contains("hub_seq") == true)
    let text = String(decoding: Self.schema, as: UTF8.self).replacingOccurrences(of: "hub_seq", with: "phone")
    let synced = #expect(throws: RelayError.self) { try SyncSchema(json: Array(text.utf8)) }
    #expect(synced?.code == .schemaInvalid)
  }
}
