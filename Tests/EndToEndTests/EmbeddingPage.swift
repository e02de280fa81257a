import Foundation
import Relay
import RelayCurl
import Testing

/// docs/embedding.md, run: each block of the page stands here as it stands there.
@Suite struct EmbeddingPage {
  static let schema = Array(
    """
    { "name": "library", "version": 1, "roles": ["clerk"],
      "tables": [
        { "id": 1, "name": "book", "key": ["id"], "scopes": ["branch/{branch}"], "homes": ["branch/{branch}"],
          "columns": [
            { "id": 1, "name": "id", "type": "text" },
            { "id": 2, "name": "branch", "type": "text", "required": true },
            { "id": 3, "name": "title", "type": "text", "required": true },
            { "id": 4, "name": "shelf", "type": "text", "policy": "ask" },
            { "id": 5, "name": "note", "type": "text" } ],
          "access": { "clerk": { "read": true, "write": true } } } ] }
    """.utf8)
  static let tables = """
    CREATE TABLE book (id TEXT PRIMARY KEY, branch TEXT NOT NULL, title TEXT NOT NULL, shelf TEXT, note TEXT);
    """

  private let folder: Folder
  private let path: String
  private let schemaJSON = EmbeddingPage.schema

  init() throws {
    folder = try Folder()
    path = folder.path("book.db")
  }

  @Test("Opening, writing, reading, a form, the hub, and what to do when a table was rebuilt")
  func walk() async throws {
    try Data(schemaJSON).write(to: URL(filePath: folder.path("schema.json")))
    let server = try await HubProcess(in: folder, .asWritten)
    try await server.serve()
    let (hub, code) = (server.address, try await server.addDevice("desk", scopes: ["branch/north"]))

    let replica = try Replica(at: path, schema: schemaJSON, environment: .system) { db in
      try db.script(
        """
        CREATE TABLE book (id TEXT PRIMARY KEY, branch TEXT NOT NULL, title TEXT NOT NULL, shelf TEXT, note TEXT)
        """)
    }

    try replica.write(author: "Chen") { db in
      try db.execute("INSERT INTO book (id, branch, title) VALUES ('b1', 'north', 'Atlas of Roads')")
    }

    try replica.write(author: "Chen") { db in
      try db.execute("UPDATE book SET title = ? WHERE id = ?", ["Atlas", "b1"])
    }
    let titles = try replica.read { db in
      try db.query("SELECT title FROM book") { row in row[0].text ?? "" }
    }
    #expect(titles == ["Atlas"])

    struct NoSuchBook: Error {}
    #expect(throws: NoSuchBook.self) {
      try replica.write { db in
        try db.execute("UPDATE book SET shelf = 'A' WHERE id = 'b9'")
        guard db.changes == 1 else { throw NoSuchBook() }
      }
    }

    let (title, shelf): (Value, Value) = ("Atlas", "B")
    let moment = try replica.moment(of: [(table: "book", key: ["b1"])])
    // … the form is open, a sync may run …
    try replica.write(author: "Chen", seenAt: moment) { db in
      try db.execute("UPDATE book SET title = ?, shelf = ? WHERE id = ?", [title, shelf, "b1"])
    }

    let transport = try CurlTransport(hub: hub)
    try await replica.enrol(code: code, hub: hub, with: transport)  // once

    let report = try await replica.sync(with: transport, options: .system) { progress in
      print(progress.rows, "of", progress.rowsInAll.map(String.init) ?? "a few")
    }
    #expect(report.accepted == 3)

    func reload(_ tables: [String]) { #expect(tables == ["book"]) }
    let options = SyncOptions.system
    let changed = Task {
      for await changes in try replica.changes(of: ["book", "relay_inbox"]) { reload(changes.tables) }
    }
    changed.cancel()

    let json = try JSONEncoder().encode(try replica.exportPending())
    #expect(!json.isEmpty)

    let found = try await replica.verify(with: transport, options: options)
    if !found.isEqual {
      try await replica.repair(.takeAsEdits, with: transport, options: options)  // what the tables show goes to the hub
      try await replica.repair(.revert, with: transport, options: options)  // or: the hub's rows come back
    }
    #expect(found.isEqual)
    try await server.stop()
  }

  @Test("A function of the app's own settles a column")
  func resolver() throws {
    _ = try Replica(at: path, schema: schemaJSON, environment: .system) { db in
      try db.script(EmbeddingPage.tables)
    }
    let resolvers = Resolvers([
      "shortest/1": { candidates in
        [candidates.compactMap(\.values[0].text).min { $0.utf8.count < $1.utf8.count }.map { .text($0) } ?? .null]
      }
    ])
    let replica = try Replica(at: path, schema: schemaJSON, environment: .system, resolvers: resolvers)
    #expect(replica.schema.name == "library")
  }

  /// Compiled only: a refusal comes from a hub.
  private func refusal(_ replica: Replica, _ item: InboxItem) throws {
    try replica.resubmit(item.id, corrections: [RowCorrection(row: item.row, key: ["b-17"])]) { db in
      try db.execute("UPDATE book SET note = 'renumbered' WHERE id = 'b-17'")
    }
  }
}
