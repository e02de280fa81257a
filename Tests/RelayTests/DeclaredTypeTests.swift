import Relay
internal import RelayProtocol
import TestSupport
import Testing

/// Columns of an app that exists already: declared types that make SQLite store a value as another type's.
@Suite struct DeclaredTypeTests {
  let folder = TestFolder()

  static let schema = Array(
    """
    { "name": "bills", "version": 1, "roles": ["field"], "tables": [
      { "id": 1, "name": "bill", "key": ["id"], "scopes": ["everyone"], "homes": ["everyone"],
        "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "amount", "type": "real" },
          { "id": 3, "name": "day", "type": "text" }, { "id": 4, "name": "count", "type": "integer" } ],
        "access": { "field": { "read": true, "write": true } } } ] }
    """.utf8)

  private func open(_ ddl: String) throws -> Replica {
    try Replica(at: folder.file("a.db"), schema: Self.schema, environment: Clinic.environment(1)) {
      (db) throws(RelayError) in try db.script(ddl)
    }
  }

  private func values(_ replica: Replica) throws -> [[Value]] {
    try replica.sealed().flatMap(\.rows).flatMap(\.operations).map { operation in
      if case .insert(let groups) = operation.kind { return groups.flatMap(\.values) }
      if case .set(_, let values) = operation.kind { return values }
      return []
    }
  }

  @Test func whatTheDeclaredTypeMadeOfAValueIsUndoneWhereThatIsExact() throws {
    let replica = try open(
      "CREATE TABLE bill (id VARCHAR(36) PRIMARY KEY, amount DECIMAL(10,2), day DATE, count FLOAT)")
    try replica.sql("INSERT INTO bill VALUES ('a', 10.00, '20261128', 3), ('b', 7.25, '2026-11-28', NULL)")
    try Clinic.foreign(replica.path, "UPDATE bill SET amount = 8.0, count = 4 WHERE id = 'b'")
    #expect(
      try values(replica) == [
        [.real(10), "20261128", 3], [.real(7.25), "2026-11-28", .null], [.real(8)], [4],
      ])
    let types = "SELECT typeof(amount), typeof(day) FROM bill WHERE id = 'a'"
    #expect(try replica.values(types) == [["integer", "integer"]])
  }

  @Test func whatIsNotExactIsRefusedAtTheWrite() throws {
    let replica = try open("CREATE TABLE bill (id TEXT PRIMARY KEY, amount REAL, day DATE, count INTEGER)")
    let error = #expect(throws: RelayError.self) { try replica.sql("INSERT INTO bill VALUES ('a', 1, '1.50', 1)") }
    #expect(error?.code == .valueNotAllowed)
  }

  @Test func keysOfMixedTypesAreSealedInTheirOrder() throws {
    let schema = String(decoding: Self.schema, as: UTF8.self).replacing(
      "\"name\": \"id\", \"type\": \"text\"", with: "\"name\": \"id\"")
    let replica = try Replica(
      at: folder.file("b.db"), schema: Array(schema.utf8), environment: Clinic.environment(1)
    ) { (db) throws(RelayError) in
      try db.script("CREATE TABLE bill (id PRIMARY KEY NOT NULL, amount REAL, day TEXT, count INTEGER)")
    }
    try replica.sql("INSERT INTO bill (id) VALUES ('z'), ('aa'), (-1), (300), (2), (1.5), (x'00'), (-300)")
    try Clinic.foreign(replica.path, "INSERT INTO bill (id) VALUES ('y'), (7), (-7)")
    let sealed = try replica.sealed()
    #expect(sealed.map(\.rows.count) == [8, 3])
    for transaction in sealed { #expect(transaction.rows.map(\.row) == transaction.rows.map(\.row).sorted()) }
  }
}
