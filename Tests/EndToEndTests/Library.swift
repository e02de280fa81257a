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

/// Whose tables the programs carry.
enum App {
  case library
  /// Whatever the folder's schema.json and tables.sql say.
  case asWritten
  /// The sample organisation, which relay-client knows by itself.
  case organisation

  /// The sync schema as a file.
  func schema(in folder: Folder) throws -> String {
    switch self {
    case .library:
      let file = folder.path("schema.json")
      try Library.schema.write(toFile: file, atomically: true, encoding: .utf8)
      return file
    case .asWritten: return folder.path("schema.json")
    case .organisation:
      return URL(filePath: #filePath).appending(path: "../../../SampleClient/Organisation/Resources")
        .appending(path: "organisation.schema.json").standardizedFileURL.path
    }
  }

  /// What relay-client is told of it.
  func place(in folder: Folder) throws -> [String] {
    let tables = folder.path("tables.sql")
    switch self {
    case .library: try Library.ddl.write(toFile: tables, atomically: true, encoding: .utf8)
    case .asWritten: break
    case .organisation: return []
    }
    return ["--schema", try schema(in: folder), "--ddl", tables]
  }
}
