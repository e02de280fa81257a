import Foundation

/// A small app for the real programs: a lending library with two branches that share their books.
enum Library {
  static let ddl = """
    CREATE TABLE book (id TEXT PRIMARY KEY, branch TEXT NOT NULL, title TEXT NOT NULL, shelf TEXT, note TEXT);
    CREATE TABLE tally (id TEXT PRIMARY KEY, branch TEXT NOT NULL, n INTEGER NOT NULL DEFAULT 0);
    """

  static let schema = """
    { "name": "library", "version": 1, "roles": ["clerk"],
      "tables": [
        { "id": 1, "name": "book", "key": ["id"], "scopes": ["branch/{branch}"], "homes": ["branch/{branch}"],
          "columns": [
            { "id": 1, "name": "id", "type": "text" },
            { "id": 2, "name": "branch", "type": "text", "required": true },
            { "id": 3, "name": "title", "type": "text", "required": true },
            { "id": 4, "name": "shelf", "type": "text", "policy": "ask" },
            { "id": 5, "name": "note", "type": "text" } ],
          "access": { "clerk": { "read": true, "write": true } } },
        { "id": 2, "name": "tally", "key": ["id"], "scopes": ["branch/{branch}"], "homes": ["branch/{branch}"],
          "columns": [
            { "id": 1, "name": "id", "type": "text" },
            { "id": 2, "name": "branch", "type": "text", "required": true },
            { "id": 3, "name": "n", "type": "integer", "policy": "counter", "default": 0, "required": true } ],
          "access": { "clerk": { "read": true, "write": true } } } ] }
    """
}

/// One clerk's file and the commands on it.
struct Clerk {
  let folder: Folder
  let client: Tool
  let file: String

  init(_ name: String, in folder: Folder) throws {
    self.folder = folder
    client = try Tool.built("relay-client")
    file = folder.path("\(name).db")
    try Library.schema.write(toFile: folder.path("schema.json"), atomically: true, encoding: .utf8)
    try Library.ddl.write(toFile: folder.path("tables.sql"), atomically: true, encoding: .utf8)
  }

  func callAsFunction(_ arguments: String...) async throws -> Tool.Outcome {
    let place = ["--replica", file, "--schema", folder.path("schema.json"), "--ddl", folder.path("tables.sql")]
    return try await client.run(place + arguments, in: folder)
  }

  /// Starts a command and leaves it running.
  func start(_ arguments: String...) throws -> Process {
    let place = ["--replica", file, "--schema", folder.path("schema.json"), "--ddl", folder.path("tables.sql")]
    return try client.start(place + arguments, in: folder).process
  }

  /// What the `sqlite3` shell answers, which knows nothing of Relay.
  func shell(_ sql: String) async throws -> Tool.Outcome { try await Tool.shell.run([file, sql], in: folder) }
}
