import Relay
internal import RelayProtocol
import TestSupport
import Testing

/// What an app or a foreign tool does to its tables becomes exactly the operations that it amounts to.
@Suite struct CaptureTests {
  let folder = TestFolder()
  var path: String { folder.file("a.db") }

  private func operations(_ transaction: Transaction, _ table: UInt32, _ key: Value...) -> [OperationKind] {
    transaction.rows.first { $0.row == RowID(table: table, values: key) }?.operations.map(\.kind) ?? []
  }

  private func withPerson() throws -> Replica {
    let replica = try Clinic.open(path)
    try replica.write { (db) throws(RelayError) in
      try db.execute("INSERT INTO person (id, unit, phone, given) VALUES ('p', 'u1', '1', 'Ann')")
    }
    return replica
  }

  @Test func aWriteBlockBecomesOneTransactionWithItsNetEffect() throws {
    let replica = try Clinic.open(path)
    try replica.write(author: "Ann") { (db) throws(RelayError) in
      try db.execute("INSERT INTO person (id, unit, guests) VALUES ('p', 'u1', 2)")
      try db.execute("UPDATE person SET given = 'x' WHERE id = 'p'")
      try db.execute("INSERT INTO person (id, unit) VALUES ('gone', 'u1')")
      try db.execute("DELETE FROM person WHERE id = 'gone'")
    }
    let sealed = try replica.sealed()
    try #require(sealed.count == 1)
    #expect(sealed[0].author == "Ann")
    #expect(sealed[0].rows.count == 1)
    guard case .insert(let groups) = operations(sealed[0], 1, "p").first else {
      Issue.record("not an insert")
      return
    }
    #expect(groups.contains(GroupValues(group: 4, values: ["x", .null])))
    #expect(groups.contains(GroupValues(group: 7, values: [2])))
  }

  @Test func aRolledBackSavepointLeavesNothing() throws {
    let replica = try withPerson()
    try replica.write { (db) throws(RelayError) in
      try db.script("SAVEPOINT s; UPDATE person SET given = 'lost'; ROLLBACK TO s; RELEASE s")
    }
    #expect(try replica.sealed().count == 1)
  }

  @Test func writingTheSameValueIsNoChange() throws {
    let replica = try withPerson()
    try replica.write { (db) throws(RelayError) in try db.execute("UPDATE person SET given = 'Ann'") }
    #expect(try replica.sealed().count == 1)
  }

  @Test func countersAndSetsAreToldAsWhatChanged() throws {
    let replica = try withPerson()
    try replica.write { (db) throws(RelayError) in
      try db.execute("UPDATE person SET guests = guests + 5, tags = '[\"b\", \"a\"]'")
    }
    try replica.write { (db) throws(RelayError) in try db.execute("UPDATE person SET tags = '[\"b\"]'") }
    let sealed = try replica.sealed()
    #expect(operations(sealed[1], 1, "p") == [.increment(7, 5), .add(8, "a"), .add(8, "b")])
    #expect(operations(sealed[2], 1, "p") == [.remove(8, "a")])
  }

  @Test func aForeignShellIsCapturedAndNotHindered() throws {
    let replica = try withPerson()
    try Clinic.foreign(path, "UPDATE person SET family = 'Lee' WHERE id = 'p'")
    let sealed = try replica.sealed()
    #expect(operations(sealed[1], 1, "p") == [.set(4, ["Ann", "Lee"])])
  }

  @Test func replaceThatEvictsAnotherRowThroughAUniqueIndexDeletesIt() throws {
    let replica = try withPerson()
    try Clinic.foreign(path, "INSERT OR REPLACE INTO person (id, unit, phone) VALUES ('q', 'u1', '1')")
    let sealed = try replica.sealed()
    #expect(operations(sealed[1], 1, "p") == [.delete])
    #expect(sealed[1].rows.count == 2)
  }

  @Test func replaceFollowsTheCollationOfTheIndex() throws {
    let replica = try withPerson()
    try replica.write { (db) throws(RelayError) in
      try db.script("UPDATE person SET given = 'ann'; CREATE UNIQUE INDEX one ON person (unit, given COLLATE NOCASE)")
    }
    try Clinic.foreign(path, "SELECT 1")
    // The next look finds the index.
    let again = try Clinic.open(path)
    try Clinic.foreign(path, "INSERT OR REPLACE INTO person (id, unit, given) VALUES ('q', 'u1', 'ANN')")
    let sealed = try again.sealed()
    #expect(operations(try #require(sealed.last), 1, "p") == [.delete])
    #expect(try replica.read { (db) throws(RelayError) in try db.first("SELECT count(*) FROM person") } == [1])
  }

  @Test func anIndexThatIsMadeAMomentBeforeIsFollowedToo() throws {
    let replica = try withPerson()
    try replica.sql("INSERT INTO person (id, unit, given) VALUES ('r', 'u2', 'Bob'), ('s', 'u3', 'Cy')")
    let shell = try Database(path: path, mode: .readWrite)
    try shell.script("CREATE UNIQUE INDEX one ON person (given)")
    try shell.script("INSERT OR REPLACE INTO person (id, unit, given) VALUES ('q', 'u1', 'Ann')")
    try shell.script("UPDATE OR REPLACE person SET given = 'Bob' WHERE id = 's'")
    let sealed = try replica.sealed()
    #expect(sealed.count == 3)
    #expect(operations(sealed[2], 1, "p") == [.delete])
    #expect(operations(sealed[2], 1, "r") == [.delete])
    #expect(operations(sealed[2], 1, "s") == [.set(4, ["Bob", .null])])
    #expect(sealed[2].rows.count == 4)
    // From now on the triggers know the index, and log what it concerns alone.
    try shell.script("INSERT OR REPLACE INTO person (id, unit, given) VALUES ('t', 'u1', 'Ann')")
    #expect(try replica.values("SELECT count(*) FROM relay_log") == [[2]])
  }

  @Test func aKeyThatComparesByACollationIsRefused() throws {
    let old = folder.file("nocase.db")
    try Database(path: old, mode: .create).script(
      Clinic.ddl.replacing(
        "id TEXT PRIMARY KEY, unit TEXT NOT NULL, phone",
        with: "id TEXT COLLATE NOCASE PRIMARY KEY, unit TEXT NOT NULL, phone"))
    let error = #expect(throws: RelayError.self) {
      _ = try Replica(at: old, schema: Clinic.schema, environment: Clinic.environment(1))
    }
    #expect(error?.code == .schemaMismatch)
    #expect(error?.message.contains("'id' compares by NOCASE") == true, "\(error?.message ?? "")")
  }

  @Test func thousandsOfRowsThatStoodThereAreOnePieceAndTheBadOneIsKeptOutOfIt() throws {
    let old = folder.file("many.db")
    let db = try Database(path: old, mode: .create)
    try db.script(Clinic.ddl.replacing("unit TEXT NOT NULL, phone", with: "unit TEXT, phone"))
    try db.script(
      """
      INSERT INTO person (id, unit) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
        SELECT 'p' || i, CASE WHEN i = 7 THEN NULL ELSE 'u1' END FROM n;
      INSERT INTO visit SELECT id, 'monday', NULL FROM person LIMIT 3
      """)
    let sealed = try Replica(at: old, schema: Clinic.schema, environment: Clinic.environment(1)).sealed()
    #expect(sealed.map(\.rows.count) == [1502, 1])
    #expect(sealed[1].rows[0].row == RowID(table: 1, values: ["p7"]))
  }

  @Test func whatStoodInATableBeforeRelayCameSyncsLikeTheRest() throws {
    let old = folder.file("old.db")
    let db = try Database(path: old, mode: .create)
    try db.script(Clinic.ddl + "INSERT INTO person (id, unit, given) VALUES ('p', 'u1', 'Ann'), ('q', 'u1', NULL);")
    try db.script("INSERT INTO visit VALUES ('p', 'monday', 'at home')")
    let replica = try Replica(at: old, schema: Clinic.schema, environment: Clinic.environment(1))
    let rows = try replica.sealed().flatMap(\.rows)
    #expect(rows.map(\.row.table) == [1, 1, 2])
    #expect(rows.allSatisfy { $0.operations[0].isInsert && $0.base == 0 })
    // Once: not at every open.
    #expect(try Clinic.open(old).sealed().count == 1)
  }

  @Test func replaceOfTheSameKeyIsADifference() throws {
    let replica = try withPerson()
    try Clinic.foreign(path, "REPLACE INTO person (id, unit, phone, given) VALUES ('p', 'u1', '2', 'Ann')")
    #expect(operations(try replica.sealed()[1], 1, "p") == [.set(3, ["2"])])
  }

  @Test func upsertIsAnUpdateOfWhatStood() throws {
    let replica = try withPerson()
    try Clinic.foreign(
      path, "INSERT INTO person (id, unit) VALUES ('p', 'u1') ON CONFLICT (id) DO UPDATE SET level = 'low'")
    #expect(operations(try replica.sealed()[1], 1, "p") == [.set(6, ["low"])])
  }

  @Test func anUpdateOfTheKeyIsADeleteAndAnInsert() throws {
    let replica = try withPerson()
    try Clinic.foreign(path, "UPDATE person SET id = 'r'")
    let sealed = try replica.sealed()
    #expect(operations(sealed[1], 1, "p") == [.delete])
    #expect(sealed[1].rows.contains { $0.row == RowID(table: 1, values: ["r"]) && $0.operations[0].isInsert })
  }

  @Test func aCascadeIsCaptured() throws {
    let replica = try withPerson()
    try replica.write { (db) throws(RelayError) in try db.execute("INSERT INTO visit VALUES ('p', 'mon', 'n')") }
    try Clinic.foreign(path, "PRAGMA foreign_keys = ON; DELETE FROM person WHERE id = 'p'")
    #expect(operations(try replica.sealed()[2], 2, "p", "mon") == [.delete])
  }

  @Test func deleteWithoutWhereIsCaptured() throws {
    let replica = try withPerson()
    try Clinic.foreign(path, "DELETE FROM person")
    #expect(operations(try replica.sealed()[1], 1, "p") == [.delete])
  }

  @Test func vacuumLosesNothing() throws {
    let replica = try withPerson()
    try Clinic.foreign(path, "UPDATE person SET given = 'Bo'; VACUUM")
    #expect(operations(try replica.sealed()[1], 1, "p") == [.set(4, ["Bo", .null])])
  }

  @Test func columnsThatDoNotSyncComeAndGoFreely() throws {
    let replica = try withPerson()
    try Clinic.foreign(
      path,
      """
      ALTER TABLE person ADD COLUMN extra TEXT; UPDATE person SET extra = 'e';
      ALTER TABLE person DROP COLUMN private_note; ALTER TABLE person RENAME COLUMN extra TO other;
      UPDATE person SET given = 'Bo'
      """)
    #expect(operations(try replica.sealed()[1], 1, "p") == [.set(4, ["Bo", .null])])
  }

  @Test func appendTablesRefuseUpdateAndDeleteFromEveryTool() throws {
    let replica = try Clinic.open(path)
    try replica.write { (db) throws(RelayError) in try db.execute("INSERT INTO register VALUES ('r', 'u1', 5)") }
    let error = #expect(throws: RelayError.self) {
      try Clinic.foreign(path, "UPDATE register SET amount = 6")
    }
    #expect(error?.code == .constraint)
    #expect(error?.message.contains("append_only") == true)
    #expect(throws: RelayError.self) { try Clinic.foreign(path, "DELETE FROM register") }
  }

  @Test func aTableThatAToolRebuiltIsCapturedAgainAfterTheNextOpen() throws {
    do { _ = try withPerson() }
    try Clinic.foreign(
      path,
      """
      CREATE TABLE copy AS SELECT * FROM register; DROP TABLE register;
      CREATE TABLE register (id TEXT PRIMARY KEY, unit TEXT NOT NULL, amount INTEGER NOT NULL);
      INSERT INTO register SELECT * FROM copy; DROP TABLE copy
      """)
    let replica = try Clinic.open(path)
    try Clinic.foreign(path, "INSERT INTO register VALUES ('s', 'u1', 1)")
    #expect(try replica.sealed().count == 2)
    #expect(try replica.read { (db) throws(RelayError) in try db.first("SELECT rebuilt FROM relay_state") } == [1])
  }

  @Test func aTableThatAToolRenamedAsideIsCapturedInItsPlaceAndNoLongerAside() throws {
    do { _ = try withPerson() }
    try Clinic.foreign(
      path,
      """
      ALTER TABLE register RENAME TO aside;
      CREATE TABLE register (id TEXT PRIMARY KEY, unit TEXT NOT NULL, amount INTEGER NOT NULL)
      """)
    let replica = try Clinic.open(path)
    try Clinic.foreign(
      path, "INSERT INTO aside VALUES ('a', 'u1', 1); DELETE FROM aside; INSERT INTO register VALUES ('s', 'u1', 1)")
    #expect(try replica.sealed().dropFirst().flatMap(\.rows).map(\.row) == [RowID(table: 3, values: ["s"])])
  }

  @Test func aFirstOpenThatFailsLeavesNothingBehind() throws {
    let error = #expect(throws: RelayError.self) {
      _ = try Replica(at: path, schema: Clinic.schema, environment: Clinic.environment(1)) { (db) throws(RelayError) in
        // The sync schema names more tables than this.
        try db.script("CREATE TABLE person (id TEXT PRIMARY KEY)")
      }
    }
    #expect(error?.code == .schemaMismatch)
    let db = try Database(path: path, mode: .readWrite)
    #expect(try db.first("SELECT count(*) FROM sqlite_master") == [0])
    // The next try finds a file that Relay has not seen, and makes the tables.
    #expect(try Clinic.open(path).status().pending == 0)
  }

  @Test func twoProcessesOnOneFileSealUnderOneChain() throws {
    let a = try withPerson()
    let b = try Clinic.open(path)
    try b.write { (db) throws(RelayError) in try db.execute("UPDATE person SET level = 'low'") }
    try a.write { (db) throws(RelayError) in try db.execute("UPDATE person SET level = 'high'") }
    let sealed = try a.sealed()
    #expect(sealed.map(\.dot.counter) == [1, 2, 3])
    #expect(sealed[2].previous == SealedTransaction(sealed[1]).hash)
    #expect(sealed[2].seen.count == 2)
  }

  @Test func aWriteThatThrowsLeavesNothing() throws {
    let replica = try withPerson()
    #expect(throws: RelayError.self) {
      try replica.write { (db) throws(RelayError) in
        try db.execute("UPDATE person SET given = 'lost'")
        throw RelayError(.usage, "changed my mind")
      }
    }
    #expect(try replica.sealed().count == 1)
    #expect(try replica.read { (db) throws(RelayError) in try db.first("SELECT given FROM person") } == ["Ann"])
  }

  @Test func aFileThatIsNoDatabaseIsLeftAlone() throws {
    try #require(FileManagerTool.write("hello, this is not a database at all, but long enough to look", to: path))
    let error = #expect(throws: RelayError.self) { try Clinic.open(path) }
    #expect(error?.code == .notADatabase)
  }
}
