import Relay
import RelayProtocol
import TestSupport
import Testing

/// What is too large to travel stops nothing but itself.
@Suite struct OutgrownTests {
  let folder = TestFolder()
  let replica: Replica

  init() throws { replica = try Clinic.open(folder.file("a.db")) }

  @Test func theApiRefusesItAtOnceAndNothingWasWritten() throws {
    let long = String(repeating: "x", count: Limits.value + 1)
    for (id, given) in [("p", long), (String(repeating: "k", count: 2000), "Ann")] {
      let error = #expect(throws: RelayError.self) {
        try replica.write { (db) throws(RelayError) in
          try db.execute("INSERT INTO person (id, unit, given) VALUES (?, 'u1', ?)", [.text(id), .text(given)])
        }
      }
      #expect(error?.code == .valueNotAllowed)
      #expect(error?.message.hasPrefix("person: ") == true, "\(error?.message ?? "")")
    }
    let author = #expect(throws: RelayError.self) {
      try replica.write(author: String(repeating: "a", count: 256)) { (db) throws(RelayError) in
        try db.execute("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
      }
    }
    #expect(author?.code == .valueNotAllowed)
    #expect(try replica.values("SELECT count(*) FROM person") == [[0]])
    #expect(try replica.status().pending == 0)
  }

  @Test func whatTheShellWroteStaysHereWithANoticeAndTheRestGoesUp() throws {
    try Clinic.foreign(
      replica.path,
      """
      INSERT INTO person (id, unit) VALUES (printf('%.2000c', 'k'), 'u1'), ('small', 'u1');
      INSERT INTO person (id, unit, given) VALUES ('large', 'u1', printf('%.*c', \(Limits.value + 1), 'x'))
      """)
    try replica.sql("INSERT INTO person (id, unit) VALUES ('next', 'u1')")
    let sealed = try replica.sealed().flatMap(\.rows).map { try $0.row.values() }
    #expect(sealed == [["small"], ["next"]])
    #expect(try replica.values("SELECT count(*) FROM person") == [[4]])
    let notices = try replica.inbox().filter { $0.kind == .notice }
    #expect(notices.map(\.rule) == ["value_not_allowed", "value_not_allowed"])
    #expect(notices.allSatisfy { $0.message?.hasSuffix("it stays on this device alone") == true })
  }

  @Test func aRowThatStayedHereGoesUpOnceItFitsAndCanBeDeletedWithoutAWord() throws {
    let large = "printf('%.*c', \(Limits.value + 1), 'x')"
    try Clinic.foreign(
      replica.path,
      """
      INSERT INTO person (id, unit, given) VALUES ('shrunk', 'u1', \(large)), ('gone', 'u1', \(large))
      """)
    #expect(try replica.sealed().isEmpty)
    #expect(try replica.inbox().count == 2)
    try Clinic.foreign(replica.path, "UPDATE person SET unit = 'u2' WHERE id = 'shrunk'")
    #expect(try replica.sealed().isEmpty)
    try Clinic.foreign(
      replica.path, "UPDATE person SET given = 'Ann' WHERE id = 'shrunk'; DELETE FROM person WHERE id = 'gone'")
    let sealed = try replica.sealed().flatMap(\.rows)
    #expect(try sealed.map { try $0.row.values() } == [["shrunk"]])
    #expect(sealed[0].operations[0].isInsert)
    #expect(sealed[0].base == 0)
    #expect(try replica.inbox().isEmpty)
    #expect(try replica.values("SELECT count(*) FROM relay_alone") == [[0]])
  }

  @Test func aLargeImportIsCutIntoTransactionsThatCanBeSent() throws {
    try Clinic.foreign(
      replica.path,
      """
      INSERT INTO person (id, unit, given) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 70)
        SELECT 'p' || i, 'u1', printf('%.1000000c', 'x') FROM n
      """)
    try replica.sql("INSERT INTO person (id, unit) VALUES ('next', 'u1')")
    #expect(try replica.values("SELECT count(*) FROM relay_transaction") == [[3]])
  }
}
