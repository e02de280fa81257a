import Foundation
import Relay
internal import RelayMerge
import Testing

/// A sync schema file with one mistake is refused with the place and what would be right.
@Suite struct SchemaFileTests {
  static let right = """
    { "name": "library", "version": 1, "roles": ["clerk", "keeper"], "tables": [
      { "id": 1, "name": "book", "key": ["id"], "scopes": ["branch/{branch}"], "homes": ["branch/{branch}"], "columns": [
          { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "branch", "type": "text" },
          { "id": 3, "name": "title", "type": "text", "policy": "ask" },
          { "id": 4, "name": "loans", "type": "integer", "policy": "counter", "default": 0, "required": true },
          { "id": 5, "name": "tags", "policy": "set", "default": "[]", "required": true } ],
        "access": { "clerk": { "read": true, "write": true } } },
      { "id": 2, "name": "loan", "key": ["id"], "parent": { "column": "book", "table": "book" }, "columns": [
          { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "book", "type": "text" } ],
        "access": { "clerk": { "read": true, "write": true } } } ] }
    """

  @Test("What stands there is right") func whole() throws {
    #expect(try SyncSchema(json: Array(Self.right.utf8)).tables.count == 2)
  }

  @Test(
    "One mistake, and the sentence that names it",
    arguments: [
      ("{ \"name\"", "[ \"name\"", "is not the JSON it should be"),
      ("\"version\": 1", "\"version\": 0", "version must be 1 or more"),
      ("\"keeper\"]", "\"clerk\"]", "role clerk stands twice"),
      ("\"keeper\"]", "\"*\"]", "'*' is no name for a role"),
      ("\"keeper\"]", "\"\"]", "'' is no name for a role"),
      ("\"keeper\"]", "\"a\\nb\"]", "is no name for a role"),
      ("\"clerk\", \"keeper\"", "\"keeper\"", "there is no role 'clerk'"),
      ("\"id\": 2, \"name\": \"loan\"", "\"id\": 1, \"name\": \"loan\"", "table id 1 stands twice"),
      ("\"name\": \"loan\"", "\"name\": \"book\"", "table name book stands twice"),
      ("\"name\": \"loan\"", "\"name\": \"BOOK\"", "table name book stands twice"),
      ("\"name\": \"branch\"", "\"name\": \"ID\"", "book: column id stands twice"),
      ("\"name\": \"loan\"", "\"name\": \"\"", "'' is no name for a table"),
      ("\"name\": \"loan\"", "\"name\": \"SQLite_loan\"", "'SQLite_loan' is no name for a table"),
      ("\"name\": \"loan\"", "\"name\": \"relay_inbox\"", "'relay_inbox' is no name for a table"),
      ("\"id\": 2, \"name\": \"branch\"", "\"id\": 0, \"name\": \"branch\"", "ids start at 1"),
      ("\"type\": \"integer\"", "\"type\": \"int\"", "book.loans: unknown type 'int'"),
      ("\"policy\": \"ask\"", "\"policy\": \"newest\"", "unknown policy 'newest'"),
      ("\"default\": 0", "\"default\": \"0\"", "a counter needs a whole number as default"),
      ("\"default\": \"[]\"", "\"default\": \"\"", "a set needs the default \"[]\""),
      ("\"homes\": [\"branch/{branch}\"]", "\"homes\": [\"branch/{room}\"]", "there is no column 'room'"),
      ("\"homes\": [\"branch/{branch}\"]", "\"homes\": [\"branch/{branch\"]", "lacks a }"),
      ("\"table\": \"book\"", "\"table\": \"shelf\"", "there is no table 'shelf'"),
      ("\"table\": \"book\"", "\"table\": \"loan\"", "its own parent needs scopes"),
    ])
  func mistake(_ find: String, _ replace: String, _ sentence: String) throws {
    #expect(Self.right.contains(find))
    let at = try #require(Self.right.range(of: find))
    let wrong = Self.right.replacingCharacters(in: at, with: replace)
    let error = #expect(throws: RelayError.self) { try SyncSchema(json: Array(wrong.utf8)) }
    #expect(error?.code == .schemaInvalid)
    #expect(error?.message.contains(sentence) == true, "\(error?.message ?? "")")
  }
}
