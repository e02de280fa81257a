import Foundation
import Relay
internal import RelayMerge
import RelayProtocol
import Testing

/// Golden vectors of the sync schema's canonical form and hash, which an independent reader computes from the same
/// files. `RELAY_WRITE_VECTORS=1` writes them first.
@Suite struct SchemaVectorTests {
  private struct File: Codable {
    struct Vector: Codable {
      var name: String
      /// The sync schema file, as it is written.
      var file: String
      /// The canonical form, in hexadecimal, and the beginning of its SHA-256.
      var form: String
      var hash: String
      /// What older versions saw of it.
      var older: [Older]
    }
    struct Older: Codable, Equatable {
      var version: UInt64
      var hash: String
    }
    var about = "Sync schema files, their canonical form and its hash."
    var schemas: [Vector]
  }

  private static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Protocol/vectors/schema.json")

  private static func generated() throws -> File {
    File(
      schemas: try files.map { name, file in
        let schema = try SyncSchema(json: Array(file.utf8))
        return File.Vector(
          name: name, file: file, form: schema.canonicalForm.hexadecimal, hash: schema.hash.description,
          older: try older(schema))
      })
  }

  private static func older(_ schema: SyncSchema) throws -> [File.Older] {
    try (1..<schema.version).map { File.Older(version: $0, hash: try schema.at($0).hash.description) }
  }

  @Test("a sync schema file has the hash that the golden vectors give it")
  func vectors() throws {
    if ProcessInfo.processInfo.environment["RELAY_WRITE_VECTORS"] != nil {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try (encoder.encode(Self.generated()) + Data("\n".utf8)).write(to: Self.path)
    }
    let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: Self.path))
    #expect(file.schemas.map(\.name) == Self.files.map(\.name))
    for vector in file.schemas {
      let schema = try SyncSchema(json: Array(vector.file.utf8))
      #expect(schema.canonicalForm.hexadecimal == vector.form, "\(vector.name)")
      #expect(schema.hash.description == vector.hash, "\(vector.name)")
      #expect(try Self.older(schema) == vector.older, "\(vector.name)")
    }
  }

  @Test("white space and the order of keys and tables change no hash; everything that decides a merge does")
  func whatCounts() throws {
    func hash(_ file: String) throws -> Hash128 { try SyncSchema(json: Array(file.utf8)).hash }
    let file = Self.files[0].file
    let same = file.replacingOccurrences(
      of: #""name": "library", "version": 1"#, with: #""version":1,"name":"library""#)
    #expect(same != file)
    #expect(try hash(same) == hash(file))
    for (old, new) in [
      ("\"version\": 1", "\"version\": 2"), ("\"policy\": \"ask\"", "\"policy\": \"lww\""),
      ("\"required\": true", "\"required\": false"), ("\"homes\": [\"branch/{branch}\"]", "\"homes\": []"),
      ("\"read\": true", "\"read\": false"), ("branch/{branch}", "branch-{branch}"), ("\"clerk\"", "\"guest\""),
    ] {
      let other = file.replacingOccurrences(of: old, with: new)
      #expect(other != file)
      #expect(try hash(other) != hash(file), "\(old)")
    }
  }

  private static let files: [(name: String, file: String)] = [
    (
      "a lending library",
      """
      { "name": "library", "version": 1, "roles": ["clerk"],
        "tables": [
          { "id": 1, "name": "book", "key": ["id"], "scopes": ["branch/{branch}"], "homes": ["branch/{branch}"],
            "columns": [
              { "id": 1, "name": "id", "type": "text" },
              { "id": 2, "name": "branch", "type": "text", "required": true },
              { "id": 3, "name": "title", "type": "text", "required": true },
              { "id": 4, "name": "shelf", "type": "text", "policy": "ask" },
              { "id": 5, "name": "lent", "type": "integer", "policy": "counter", "default": 0, "required": true } ],
            "access": { "clerk": { "read": true, "write": true } } } ] }
      """
    ),
    (
      "every word of the file",
      """
      { "name": "clinic", "version": 7, "roles": ["office", "field", "guest"],
        "tables": [
          { "id": 9, "name": "register", "key": ["id"], "scopes": ["everyone"], "append": true, "unique": [["unit", "id"]],
            "columns": [ { "id": 2, "name": "unit", "type": "text" }, { "id": 1, "name": "id", "type": "blob" } ],
            "access": { "office": { "read": true, "write": true, "upOnly": true }, "guest": {} } },
          { "id": 3, "name": "visit", "key": ["person", "day"], "delete": "never",
            "parent": { "column": "person", "table": "person" },
            "columns": [ { "id": 1, "name": "person", "type": "text" }, { "id": 2, "name": "day" },
              { "id": 3, "name": "note", "type": "text", "policy": "immutable" } ],
            "access": { "field": { "read": true, "write": true, "upOnly": [ { "column": "note", "equals": "x" },
              { "column": "day", "equals": null } ] } } },
          { "id": 1, "name": "person", "key": ["id"],
            "delete": "delete_wins", "unique": [["level"], ["unit", "given"]],
            "scopes": ["unit/{unit}", "team/{each tags}/{level}"], "homes": ["{unit}-{unit}", "everyone"],
            "columns": [
              { "id": 8, "name": "tags", "policy": "set", "default": "[]", "required": true },
              { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "unit", "type": "text", "required": true },
              { "id": 4, "name": "given", "type": "text", "writers": ["office"], "first": ["field"] },
              { "id": 5, "name": "family", "type": "text", "writers": ["field"] },
              { "id": 6, "name": "level", "policy": "max", "scale": ["low", 2, 2.5, null, "h\\u00f6chst"] },
              { "id": 7, "name": "guests", "type": "integer", "policy": "counter", "default": 3 },
              { "id": 20, "name": "place", "type": "text", "values": ["here", "there"], "default": "here" },
              { "id": 11, "name": "share", "type": "real", "default": 0.25, "policy": "min" },
              { "id": 12, "name": "whole", "type": "real", "default": 2.0, "policy": "authority", "writers": [] },
              { "id": 13, "name": "thousand", "default": 1e3, "first": [] },
              { "id": 14, "name": "least", "default": -9223372036854775808 },
              { "id": 15, "name": "beyond", "default": 9223372036854775808 },
              { "id": 16, "name": "tiny", "default": 5e-324 },
              { "id": 17, "name": "notes", "type": "text", "policy": "resolver", "resolver": "lines/1" },
              { "id": 18, "name": "north", "type": "real" }, { "id": 19, "name": "east", "type": "real" } ],
            "groups": [
              { "name": "who", "columns": ["family", "given"], "policy": "ask" },
              { "name": "position", "columns": ["east", "north"], "policy": "resolver", "resolver": "nearest/2" },
              { "name": "where", "columns": ["place"], "policy": "authority", "writers": ["office", "field"],
                "first": ["guest"] } ],
            "access": {
              "office": { "read": true, "write": true },
              "field": { "read": true, "write": true, "hidden": ["share", "least"], "columns": ["level", "given"] },
              "guest": { "read": true, "columns": [] } } } ] }
      """
    ),
    (
      "a library that grew twice",
      """
      { "name": "library", "version": 3, "oldest": 2, "roles": ["clerk"],
        "tables": [
          { "id": 1, "name": "book", "key": ["id"], "scopes": ["branch/{branch}"], "homes": ["branch/{branch}"],
            "unique": [["isbn"]],
            "columns": [
              { "id": 4, "name": "street", "type": "text", "since": 3 },
              { "id": 1, "name": "id", "type": "text" },
              { "id": 2, "name": "branch", "type": "text", "required": true },
              { "id": 3, "name": "isbn", "type": "text", "since": 2 },
              { "id": 6, "name": "town", "type": "text", "since": 3 },
              { "id": 5, "name": "lent", "type": "integer", "policy": "counter", "default": 0, "required": true,
                "since": 2 } ],
            "groups": [ { "name": "place", "columns": ["town", "street"], "policy": "ask" } ],
            "access": { "clerk": { "read": true, "write": true, "hidden": ["lent"], "columns": ["branch", "isbn"] } } },
          { "id": 2, "name": "loan", "since": 2, "key": ["id"], "parent": { "column": "book", "table": "book" },
            "columns": [ { "id": 1, "name": "id" }, { "id": 2, "name": "book" },
              { "id": 3, "name": "until", "since": 3 } ],
            "access": { "clerk": { "read": true } } } ] }
      """
    ),
  ]
}
