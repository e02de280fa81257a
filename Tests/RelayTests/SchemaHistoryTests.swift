import Relay
internal import RelayMerge
internal import RelayProtocol
import Testing

/// One file holds the sync schema as it is and as older versions saw it.
@Suite struct SchemaHistoryTests {
  /// The clinic's file with more columns and tables, at version 2.
  private func clinic(
    _ columns: String = "", groups: String = "", tables: String = "", version: Int = 2, head: String = "",
    replacing changes: [(String, String)] = []
  ) throws -> SyncSchema {
    var text = String(decoding: Clinic.schema, as: UTF8.self)
    let tags = "{ \"id\": 8, \"name\": \"tags\", \"policy\": \"set\", \"default\": \"[]\", \"required\": true }"
    let name = "{ \"name\": \"name\", \"columns\": [\"given\", \"family\"], \"policy\": \"ask\" }"
    for (a, b) in [
      (tags, tags + columns), (name, name + groups), ("\"version\": 1", "\"version\": \(version)\(head)"),
      ("\"tables\": [", "\"tables\": [" + tables),
    ] + changes {
      try #require(text.contains(a), "\(a)")
      text = text.replacing(a, with: b)
    }
    return try SyncSchema(json: Array(text.utf8))
  }

  @Test("What an older version saw has the hash that its own file had")
  func hashOfTheOlder() throws {
    let one = try SyncSchema(json: Clinic.schema)
    let two = try clinic(
      """
      , { "id": 9, "name": "email", "type": "text", "since": 2 },
        { "id": 10, "name": "street", "since": 2 }, { "id": 11, "name": "town", "since": 2 }
      """,
      groups: ", { \"name\": \"home\", \"columns\": [\"street\", \"town\"], \"policy\": \"ask\" }",
      tables: """
        { "id": 9, "name": "plan", "since": 2, "key": ["id"], "scopes": ["everyone"],
          "columns": [ { "id": 1, "name": "id" } ] },
        """,
      replacing: [
        (
          "\"office\": { \"read\": true, \"write\": true } } },\n    { \"id\": 2",
          "\"office\": { \"read\": true, \"write\": true, \"hidden\": [\"email\"] } } },\n    { \"id\": 2"
        )
      ].filter { String(decoding: Clinic.schema, as: UTF8.self).contains($0.0) })
    #expect(two.hash != one.hash)
    #expect(try two.at(1).hash == one.hash)
    #expect(try two.at(1).tables.map(\.id) == [1, 2, 3])
    #expect(try two.at(2).hash == two.hash)
    #expect(try two.at(1).difference(from: one) == nil)
    #expect(two.steps == [1, 2])
  }

  @Test("Names, white space and what is no longer served are not in the hash")
  func namesAreNotInTheHash() throws {
    let one = try SyncSchema(json: Clinic.schema)
    let renamed = try clinic(
      version: 1, head: ", \"oldest\": 1",
      replacing: [
        ("\"name\": \"phone\"", "\"name\": \"mobile\""), ("\"name\": \"register\"", "\"name\":  \"ledger\""),
        ("\"name\": \"name\"", "\"name\": \"full_name\""), ("\"name\": \"clinic\"", "\"name\": \"hospital\""),
      ])
    #expect(renamed.hash == one.hash)
  }

  @Test(
    "A file whose older versions could not work is refused with the place",
    arguments: [
      (", { \"id\": 9, \"name\": \"x\", \"since\": 3 }", "to the version, 2"),
      (", { \"id\": 9, \"name\": \"x\", \"since\": 0 }", "since is the table's"),
      (", { \"id\": 9, \"name\": \"x\", \"since\": 2, \"required\": true }", "not required, or required with one"),
      (", { \"id\": 9, \"name\": \"x\", \"since\": 2, \"default\": 5 }", "not required, or required with one"),
    ])
  func refusedColumns(_ column: String, _ why: String) throws {
    let error = #expect(throws: RelayError.self) { try clinic(column) }
    #expect(error?.code == .schemaInvalid)
    #expect(error?.message.contains(why) == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("person.x") == true)
  }

  @Test("A key, a group, a place and a parent belong to the version of their table")
  func refusedRules() throws {
    let column = ", { \"id\": 9, \"name\": \"x\", \"since\": 2 }"
    let cases: [([(String, String)], String, String)] = [
      (
        [
          (
            "\"key\": [\"id\"], \"scopes\": [\"unit/{unit}\"], \"homes\": [\"unit/{unit}\"],\n",
            "\"key\": [\"id\", \"x\"], \"scopes\": [\"unit/{unit}\"], \"homes\": [\"unit/{unit}\"],\n"
          )
        ], column, "key"
      ),
      ([("[\"given\", \"family\"]", "[\"given\", \"family\", \"x\"]")], column, "different versions"),
      (
        [
          (
            "\"name\": \"person\", \"key\": [\"id\"], \"scopes\": [\"unit/{unit}\"",
            "\"name\": \"person\", \"key\": [\"id\"], \"scopes\": [\"unit/{unit}\", \"x/{x}\""
          )
        ], column, "where a row lies"
      ),
      (
        [("{ \"id\": 1, \"name\": \"person\"", "{ \"id\": 1, \"since\": 2, \"name\": \"person\"")], "",
        "its parent came later"
      ),
      ([("\"version\": 2", "\"version\": 2, \"oldest\": 3")], "", "oldest is 1 to the version"),
      (
        [("\"name\": \"person\", \"key\"", "\"name\": \"person\", \"unique\": [[\"x\"], [\"unit\"]], \"key\"")],
        column,
        "unique list that comes later"
      ),
    ]
    for (changes, column, why) in cases {
      let error = #expect(throws: RelayError.self) { try clinic(column, replacing: changes) }
      #expect(error?.code == .schemaInvalid)
      #expect(error?.message.contains(why) == true, "\(error?.message ?? "")")
    }
  }

  @Test("A transaction needs the newest version of what it writes, and no more")
  func needs() throws {
    let two = try clinic(", { \"id\": 9, \"name\": \"x\", \"since\": 2 }")
    let row = RowID(table: 1, values: ["p"])
    func needs(_ kinds: OperationKind...) -> UInt64 {
      two.needs(kinds.map { RowChange(row: row, base: 0, operations: [Operation($0)]) })
    }
    #expect(needs(.set(3, ["1"])) == 1)
    #expect(needs(.delete) == 1)
    #expect(needs(.set(3, ["1"]), .set(9, ["1"])) == 2)
    #expect(needs(.insert([GroupValues(group: 2, values: ["u"])])) == 1)
    #expect(needs(.insert([GroupValues(group: 2, values: ["u"]), GroupValues(group: 9, values: [.null])])) == 2)
  }
}
