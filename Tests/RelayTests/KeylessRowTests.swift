import Relay
internal import RelayProtocol
import TestSupport
import Testing

/// SQLite lets a key be NULL. Such a row can be named by nobody else: it is told of at once, and sent once it has a key.
@Suite struct KeylessRowTests {
  let folder = TestFolder()
  let replica: Replica

  init() throws {
    let path = folder.file("a.db")
    try Database(path: path, mode: .create).script(
      Clinic.ddl.replacing("person TEXT NOT NULL, day TEXT NOT NULL", with: "person TEXT, day TEXT"))
    replica = try Replica(at: path, schema: Clinic.schema, environment: Clinic.environment(1))
  }

  private func told() throws -> [String] { try replica.inbox().map { $0.message ?? "" } }

  @Test func theShellsRowStaysHereAndIsToldOfAtOnce() throws {
    try Clinic.foreign(
      replica.path,
      """
      INSERT INTO person (unit, given) VALUES ('u1', 'Ann'), ('u1', 'Bob');
      INSERT INTO person (id, unit) VALUES ('p', 'u1'); INSERT INTO visit VALUES ('p', NULL, 'when?')
      """)
    #expect(try replica.sealed().flatMap(\.rows).map(\.row) == [RowID(table: 1, values: ["p"])])
    let told = try told()
    #expect(told.count == 2)
    #expect(told.contains { $0.hasPrefix("person: 2 rows have no key (id is NULL)") }, "\(told)")
    #expect(told.contains { $0.hasPrefix("visit: a row has no key (day is NULL)") }, "\(told)")
  }

  @Test func aKeyGivenLaterSendsTheRowAndEndsTheNotice() throws {
    try Clinic.foreign(replica.path, "INSERT INTO person (unit, given) VALUES ('u1', 'Ann'), ('u1', 'Bob')")
    #expect(try replica.sealed().isEmpty)
    try Clinic.foreign(replica.path, "UPDATE person SET id = 'a' WHERE given = 'Ann'")
    #expect(try replica.sealed().flatMap(\.rows).map(\.row) == [RowID(table: 1, values: ["a"])])
    #expect(try told().count == 1)
    try Clinic.foreign(replica.path, "DELETE FROM person WHERE given = 'Bob'")
    #expect(try replica.sealed().count == 1)
    #expect(try told().isEmpty)
  }

  @Test func takingAKeyAwayDeletesTheRowForTheOthersAndIsToldHere() throws {
    try replica.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    try Clinic.foreign(replica.path, "UPDATE person SET id = NULL")
    let last = try #require(try replica.sealed().last)
    #expect(last.rows.map(\.operations) == [[Operation(.delete)]])
    #expect(try told().count == 1)
  }

  @Test func theApiRefusesIt() throws {
    let error = #expect(throws: RelayError.self) {
      try replica.write { (db) throws(RelayError) in try db.execute("INSERT INTO person (unit) VALUES ('u1')") }
    }
    #expect(error?.code == .valueNotAllowed)
    #expect(error?.message.contains("id is NULL") == true, "\(error?.message ?? "")")
    #expect(try replica.values("SELECT count(*) FROM person") == [[0]])
  }
}
