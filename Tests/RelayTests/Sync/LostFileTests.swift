import Foundation
import Relay
internal import RelayProtocol
import TestSupport
import Testing

/// A file that goes away or changes under a running sync, and files that are not Relay's.
@Suite struct LostFileTests {
  let folder = TestFolder()

  enum Fate: CaseIterable { case unlinked, replaced, cut }

  @Test("A sync on a file that went away under it ends with an error", arguments: Fate.allCases)
  func lost(fate: Fate) async throws {
    let path = folder.file("a.db")
    let replica = try Clinic.open(path)
    let hub = try ScriptedHub(replica)
    let line = ScriptedTransport { (_, _) in
      switch fate {
      case .unlinked: try? FileManager.default.removeItem(atPath: path)
      case .replaced:
        try? FileManager.default.copyItem(atPath: path, toPath: path + "2")
        _ = rename(path + "2", path)
      case .cut: _ = truncate(path, 0)
      }
      return ScriptedHub.reply(hub.end(at: 1))
    }
    #expect(await replica.failure(over: line) == .fileReplaced)
  }

  @Test("Looking at a file says what it is, and leaves every byte")
  func kinds() throws {
    func look(_ name: String) throws -> FileKind {
      let before = FileManager.default.contents(atPath: folder.file(name))
      let kind = try Replica.kind(of: folder.file(name), schema: Clinic.schema)
      #expect(FileManager.default.contents(atPath: folder.file(name)) == before)
      return kind
    }
    #expect(FileManager.default.createFile(atPath: folder.file("empty.db"), contents: nil))
    #expect(try look("empty.db") == .empty)
    for (name, sql, kind) in [
      ("blank.db", "CREATE TABLE t (a); DROP TABLE t", FileKind.blank), ("other.db", "CREATE TABLE t (a)", .foreign),
      ("clinic.db", Clinic.ddl, .attachable),
    ] {
      do {
        let db = try Database(path: folder.file(name), mode: .create)
        try db.script(sql)
        _ = try db.first("PRAGMA journal_mode = DELETE")
      }
      #expect(try look(name) == kind)
    }
    do { _ = try Clinic.open(folder.file("a.db")) }
    #expect(try Replica.kind(of: folder.file("a.db"), schema: Clinic.schema) == .replica)
    #expect(throws: RelayError.self) { try Replica.kind(of: folder.file("none.db"), schema: Clinic.schema) }
  }

  @Test("A clock that once stood in 2098 comes back with the first pull after it is right")
  func wrongClock() throws {
    let path = folder.file("a.db")
    let year2098: Int64 = 4_040_000_000_000
    var environment = Environment(now: { year2098 }, random: { 5 })
    do {
      let replica = try Replica(at: path, schema: Clinic.schema, environment: environment) { (db) throws(RelayError) in
        try db.script(Clinic.ddl)
      }
      _ = try ScriptedHub(replica)
      try replica.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
      #expect(try replica.sealed()[0].time.milliseconds >= year2098)
    }
    environment.now = { 1_700_000_000_000 }
    let replica = try Replica(at: path, schema: Clinic.schema, environment: environment)
    let request = try replica.nextRequest()
    let dot = try Transaction(decoding: request.push[0]).dot
    // The hub keeps such a write to five minutes beyond its own clock.
    let verdict = Verdict(dot: dot, seq: 1, effective: HybridTime(milliseconds: 1_700_000_300_000))
    let page = PullPage(
      grants: [ScopeGrant(scope: "unit/u1")], role: "field",
      closing: PullClosing(head: 1, logHash: .zero, confirmed: [verdict]))
    let response = SyncResponse(epoch: ScriptedHub.epoch, time: 1_700_000_000_000, verdicts: [verdict], page: page)
    _ = try replica.receive(response, to: request)
    try replica.sql("INSERT INTO person (id, unit) VALUES ('q', 'u1')")
    let time = try #require(try replica.sealed().last).time.milliseconds
    #expect(time <= 1_700_000_300_000)
  }
}
