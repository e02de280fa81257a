import Foundation
import Testing

/// What people get wrong: a clear message with a code, and nothing changed.
@Suite(.timeLimit(.minutes(10)))
struct WrongInputTests {
  let folder: Folder
  let desk: Clerk
  let hub: HubProcess

  init() async throws {
    folder = try Folder()
    desk = try Clerk("desk", in: folder)
    hub = try await HubProcess(in: folder)
    try await hub.serve()
    try await hub.enrol(desk, scopes: ["branch/north"])
    try await desk.change("INSERT INTO book VALUES ('b1', 'north', 'Atlas', 'A', NULL)")
    try await desk.sync()
    try await desk.change("UPDATE book SET note = 'unsent' WHERE id = 'b1'")
  }

  /// What an app and its operator would miss.
  private func content(_ clerk: Clerk) async throws -> String {
    try await clerk.ask(
      "SELECT * FROM book; SELECT * FROM tally; SELECT base, hub, token, quote(organisation) FROM relay_state")
  }

  private func expect(_ outcome: Tool.Outcome, _ code: String, saying words: String...) throws {
    #expect(outcome.status == (code == "hub_unreachable" ? 4 : 1))
    #expect(try outcome.errorCode() == code, "\(outcome.output)")
    #expect(outcome.complaint.hasPrefix(code + ": "), "\(outcome.complaint)")
    for word in words { #expect(outcome.complaint.contains(word), "\(outcome.complaint)") }
  }

  @Test("A table of the sync schema that the file does not have is named")
  func unknownTable() async throws {
    let before = try await content(desk)
    let schema = Library.schema.replacingOccurrences(of: #""name": "tally""#, with: #""name": "loan""#)
    try schema.write(toFile: folder.path("loans.json"), atomically: true, encoding: .utf8)
    for file in [desk.file, folder.path("plain.db")] {
      _ = try await Tool.shell.run([file, "CREATE TABLE IF NOT EXISTS book (id TEXT PRIMARY KEY)"], in: folder)
      let outcome = try await desk.client.run(
        ["--replica", file, "--schema", folder.path("loans.json"), "status", "--json"], in: folder)
      // Of a file that Relay has attached to it is the schema that does not fit; another one is left alone.
      try expect(outcome, file == desk.file ? "schema_mismatch" : "not_attached", saying: file)
    }
    #expect(try await content(desk) == before)
    let plain = try await Tool.shell.run([folder.path("plain.db"), "SELECT name FROM sqlite_master"], in: folder)
    #expect(plain.output == "book\nsqlite_autoindex_book_1\n", "a file that did not fit was attached to")
  }

  @Test("A sync schema file that is wrong is refused whole, with the place, by client and hub")
  func wrongSchema() async throws {
    let before = try await content(desk)
    for (text, place) in [
      (Library.schema.replacingOccurrences(of: #""policy": "ask""#, with: #""policy": "guess""#), "guess"),
      ("{ not json", "JSON"),
    ] {
      try text.write(toFile: folder.path("wrong.json"), atomically: true, encoding: .utf8)
      try expect(
        try await desk.client.run(
          ["--replica", desk.file, "--schema", folder.path("wrong.json"), "sync", "--json"], in: folder),
        "schema_invalid", saying: place)
      let hub = try await hub.attempt("init", "--data", folder.path("other"), "--schema", folder.path("wrong.json"))
      #expect(hub.status != 0)
      #expect(hub.complaint.contains("schema_invalid"), "\(hub.complaint)")
      #expect(!FileManager.default.fileExists(atPath: folder.path("other/hub.db")))
    }
    #expect(try await content(desk) == before)
  }

  @Test("A database of another organisation's app is left as it was")
  func anotherOrganisationsFile() async throws {
    let before = try await content(desk)
    for command in ["status", "sync", "inbox"] {
      let outcome = try await desk.client.run(["--replica", desk.file, command, "--json"], in: folder)
      #expect(outcome.status == 1)
      #expect(["schema_mismatch", "wrong_organisation"].contains(try outcome.errorCode()), "\(outcome.output)")
      #expect(outcome.complaint.contains(desk.file))
    }
    #expect(try await content(desk) == before)
    #expect(try await desk.status()["pending"] as? Int == 1)
  }

  @Test("A file that belongs to one hub does not enrol with another")
  func enrolledElsewhere() async throws {
    let before = try await content(desk)
    let other = try await HubProcess(in: folder, name: "other")
    try await other.serve()
    let code = try await other.addDevice("desk", scopes: ["branch/north"])
    try expect(try await desk("enroll", "--hub", other.address, "--code", code, "--json"), "wrong_organisation")
    #expect(try await content(desk) == before)
    // The code was not spent.
    let cart = try Clerk("cart", in: folder)
    #expect(try await cart("enroll", "--hub", other.address, "--code", code).status == 0)
  }

  @Test("Another organisation's hub at the address is told apart, and nothing goes to it")
  func wrongHub() async throws {
    let before = try await content(desk)
    let other = try await HubProcess(in: folder, name: "other")
    try await other.serve()
    try await desk.change("UPDATE client_note SET value = '\(other.address)' WHERE name = 'hub'")
    for command in ["sync", "verify"] { try expect(try await desk(command, "--json"), "wrong_hub") }
    #expect(try await content(desk) == before)
    #expect(try await other.head() == 0)
    // With the right address all goes on.
    try await desk.change("UPDATE client_note SET value = '\(hub.address)' WHERE name = 'hub'")
    try await desk.sync()
    try await desk.expectSettled()
  }

  @Test("A web server that is no hub is told apart from one")
  func noHubAtAll() async throws {
    try await desk.change("UPDATE client_note SET value = '\(hub.address)/elsewhere' WHERE name = 'hub'")
    let outcome = try await desk("sync", "--json", "--deadline", "3")
    #expect(outcome.status != 0)
    #expect(["file_missing", "hub_unreachable"].contains(try outcome.errorCode()), "\(outcome.output)")
    #expect(try await desk.status()["pending"] as? Int == 1)
  }

  @Test("A hub's store is no replica, and a replica no hub's store")
  func filesMixedUp() async throws {
    let copy = folder.path("copy.db")
    _ = try await Tool.shell.run([hub.store, ".backup \(copy)"], in: folder)
    let asReplica = try await desk.client.run(
      ["--replica", copy, "--schema", folder.path("schema.json"), "status", "--json"], in: folder)
    #expect(asReplica.status == 1)
    #expect(try asReplica.errorCode() == "not_attached", "\(asReplica.output)")
    try FileManager.default.createDirectory(atPath: folder.path("mixed"), withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: desk.file, toPath: folder.path("mixed/hub.db"))
    let asHub = try await hub.attempt("serve", "--data", folder.path("mixed"))
    #expect(asHub.status != 0)
    #expect(asHub.complaint.contains("not_a_database"), "\(asHub.complaint)")
  }

  @Test("A hub's directory is made once")
  func secondInit() async throws {
    let head = try await hub.head()
    let again = try await hub.attempt("init", "--data", hub.data, "--schema", folder.path("schema.json"))
    #expect(again.status != 0)
    #expect(again.complaint.contains("usage"), "\(again.complaint)")
    #expect(try await hub.head() == head)
    try await desk.sync()
  }
}
