import Relay
import TestSupport
import Testing

/// What an app's closures may do with the connection that they are lent, and what they are told where they may not.
@Suite struct LentConnectionTests {
  private struct Unwelcome: Error {}

  /// One replica in a folder of its own.
  private struct Desk {
    let folder = TestFolder()
    let replica: Replica

    init() throws { replica = try Clinic.open(folder.file("desk.db")) }

    func names() throws -> [String] {
      try replica.read { db in try db.query("SELECT given FROM person ORDER BY given") { row in row[0].text ?? "" } }
    }
  }

  @Test(
    "A closure neither ends its transaction nor reaches beyond it, and what it had written is gone",
    arguments: [
      "COMMIT", "ROLLBACK", "BEGIN", "END", "ATTACH ':memory:' AS other", "PRAGMA synchronous = OFF",
      "PRAGMA journal_mode = DELETE", "PRAGMA writable_schema = 1", "UPDATE relay_state SET base = 7",
      "DELETE FROM relay_transaction", "UPDATE relay_guard SET applying = 1", "UPDATE relay_inbox SET status = 'told'",
    ])
  func refused(_ statement: String) throws {
    let desk = try Desk()
    // Relay has used its own statements by now: none of them may be handed out to the closure.
    try desk.replica.write { db in try db.execute("INSERT INTO person (id, unit, given) VALUES ('p0', 'u', 'Zero')") }
    let error = #expect(throws: RelayError.self) {
      try desk.replica.write { db in
        try db.execute("INSERT INTO person (id, unit, given) VALUES ('p1', 'u', 'One')")
        try db.execute(statement)
      }
    }
    #expect(error?.code == .notAllowed)
    let script = #expect(throws: RelayError.self) { try desk.replica.write { db in try db.script(statement) } }
    #expect(script?.code == .notAllowed)
    #expect(try desk.names() == ["Zero"])
    try desk.replica.write { db in try db.execute("INSERT INTO person (id, unit, given) VALUES ('p2', 'u', 'Two')") }
    #expect(try desk.names() == ["Two", "Zero"])
  }

  @Test(
    "After a statement that takes back the whole transaction nothing of the closure stays, whatever error it swallows",
    arguments: [true, false])
  func takenBack(_ goesOn: Bool) throws {
    let desk = try Desk()
    try desk.replica.write { db in try db.execute("INSERT INTO person (id, unit, given) VALUES ('p0', 'u', 'Zero')") }
    let error = #expect(throws: RelayError.self) {
      try desk.replica.write { db in
        try db.execute("INSERT INTO person (id, unit, given) VALUES ('p1', 'u', 'One')")
        try? db.execute("INSERT OR ROLLBACK INTO person (id, unit, given) VALUES ('p0', 'u', 'Again')")
        guard goesOn else { return }
        try? db.script("UPDATE person SET given = 'By script' WHERE id = 'p0'")
        try db.execute("UPDATE person SET given = 'Alone' WHERE id = 'p0'")
      }
    }
    #expect(error?.code == .notAllowed)
    #expect(try desk.names() == ["Zero"])
    #expect(try desk.replica.status().pending == 1)
    try desk.replica.write { db in try db.execute("INSERT INTO person (id, unit, given) VALUES ('p2', 'u', 'Two')") }
    #expect(try desk.names() == ["Two", "Zero"])
    #expect(try desk.replica.status().pending == 2)
  }

  @Test("Savepoints, questions to pragmas and a choice in the inbox are an app's own business")
  func allowed() throws {
    let desk = try Desk()
    try desk.replica.write { db in
      try db.execute("SAVEPOINT mine")
      try db.execute("INSERT INTO person (id, unit, given) VALUES ('p1', 'u', 'One')")
      try db.execute("ROLLBACK TO mine")
      try db.execute("RELEASE mine")
      try db.execute("INSERT INTO person (id, unit, given) VALUES ('p2', 'u', 'Two')")
      try db.execute("UPDATE relay_inbox SET choice = NULL")
      #expect(try db.query("PRAGMA table_info(person)") { row in row[1].text }.contains("given"))
    }
    #expect(try desk.names() == ["Two"])
  }

  @Test("A read cannot write")
  func readOnly() throws {
    let desk = try Desk()
    let error = #expect(throws: RelayError.self) {
      try desk.replica.read { db in try db.execute("INSERT INTO person (id, unit, given) VALUES ('p1', 'u', 'One')") }
    }
    #expect(error?.code == .readOnly)
    #expect(try desk.names() == [])
  }

  @Test("A read does not wait for a write that is under way, and sees what was committed before it")
  func readBesideWrite() throws {
    let desk = try Desk()
    let replica = desk.replica
    try replica.write { db in try db.execute("INSERT INTO person (id, unit, given) VALUES ('p1', 'u', 'One')") }
    let other = try Clinic.open(desk.replica.path, seed: 2)
    try other.write { db in
      try db.execute("UPDATE person SET given = 'Changed'")
      #expect(try replica.read { db in try db.query("SELECT given FROM person") { $0[0].text } } == ["One"])
    }
    #expect(try desk.names() == ["Changed"])
  }

  @Test("A closure that calls its replica again is told so instead of waiting for itself")
  func nested() throws {
    let desk = try Desk()
    let replica = desk.replica
    func code(_ body: () throws -> Void) -> ErrorCode? {
      do { try body() } catch { return (error as? RelayError)?.code }
      return nil
    }
    try replica.write { db in
      #expect(code { try replica.write { _ in } } == .nested)
      #expect(code { _ = try replica.status() } == .nested)
      #expect(code { _ = try replica.read { _ in } } == .nested)
      try db.execute("INSERT INTO person (id, unit, given) VALUES ('p1', 'u', 'One')")
    }
    try replica.read { _ in #expect(code { try replica.write { _ in } } == .nested) }
    #expect(try desk.names() == ["One"])
  }

  @Test("An app's own error comes out of write, read and query as it went in, and nothing was written")
  func ownErrors() throws {
    let desk = try Desk()
    #expect(throws: Unwelcome.self) {
      try desk.replica.write { db in
        try db.execute("INSERT INTO person (id, unit, given) VALUES ('p1', 'u', 'One')")
        throw Unwelcome()
      }
    }
    #expect(throws: Unwelcome.self) { try desk.replica.read { _ in throw Unwelcome() } }
    #expect(throws: Unwelcome.self) {
      try desk.replica.read { db in try db.query("SELECT 1") { _ in throw Unwelcome() } }
    }
    #expect(try desk.names() == [])
  }
}
