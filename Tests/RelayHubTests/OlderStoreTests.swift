import Relay
internal import RelayHubPostgres
internal import RelayMerge
import RelayProtocol
import TestSupport
import Testing

@testable import RelayHub

/// Stores that an older version of the hub wrote.
@Suite struct OlderStoreTests {
  private static let json = """
    {"name":"t","version":1,"roles":["office"],"tables":[
     {"id":1,"name":"site","key":["id"],"columns":[
       {"id":1,"name":"id","type":"text"},{"id":2,"name":"unit","type":"text"},{"id":3,"name":"address","type":"text"}],
      "scopes":["unit/{unit}"],"homes":["unit/{unit}"],"unique":[["address"]],
      "access":{"office":{"read":true,"write":true}}}]}
    """

  private func site(_ address: String) -> OperationKind {
    .insert([GroupValues(group: 2, values: [.text("x")]), GroupValues(group: 3, values: [.text(address)])])
  }

  @Test("A long unique value that version 4 kept as it is still belongs to the row that has it")
  func longValues() throws {
    let office = try Office([("a", ["unit/x"]), ("b", ["unit/x"])], json: Self.json)
    let address = String(repeating: "long ", count: 500)
    #expect(try office.push("a", office.sealed(1000, Office.row("s1"), site(address)))[0].isAccepted)
    // As version 4 left it.
    let session = office.writer.session
    let stored = try #require(try session.load(Office.row("s1")))
    let key = try #require(try session.uniqueKeys(stored).first)
    let db = try #require((session.store as? SQLHubStore)?.db)
    try session.store.transaction { () throws(RelayError) in
      try session.store.rows.release(StoredKey(table: 1, list: key.list, value: sha256(key.value)), by: stored.id ?? 0)
      try session.store.rows.take(StoredKey(table: 1, list: key.list, value: key.value), by: stored.id ?? 0)
      let tables = ["fork", "offered", "epoch", "horizon", "opening", "lost_opening", "gap", "last_sync"]
      for table in tables { try db.run("DROP TABLE \(table)", []) }
      let indexes = ["row_dead", "exits_age", "notice_age", "standing_age", "entry_ended"]
      for index in indexes { try db.run("DROP INDEX \(index)", []) }
      try session.store.settings.set("version", [4])
    }
    #expect(throws: RelayError.self, "who only reads does not bring it over") { try office.place.reader() }

    let writer = try office.place.writer()
    #expect(try writer.session.store.settings.setting("version") == HubSession.version)
    let twin = office.sealed(1001, Office.row("s2"), site(address))
    let job = PushJob(device: try office.device("b").id, request: office.request([twin]))
    #expect(try writer.commit([job], now: 1000)[0].get().verdicts[0].refusal?.rule == .uniqueTaken)
  }

  @Test("A store of a version that this hub does not know is refused and stays as it is")
  func unknown() throws {
    let office = try Office([("a", ["unit/x"])])
    let store = office.writer.session.store
    try store.transaction { () throws(RelayError) in try store.settings.set("version", [3]) }
    for open in [{ _ = try office.place.writer() }, { _ = try office.place.reader() }] as [() throws -> Void] {
      #expect(throws: RelayError.self, performing: open)
    }
    #expect(try store.settings.setting("version") == [3])
  }
}
