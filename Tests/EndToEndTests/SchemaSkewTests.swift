import Foundation
import Testing

/// A hub whose schema is updated while it serves, clients of both versions, and an ORM at work: with the real programs.
@Suite(.timeLimit(.minutes(10)))
struct SchemaSkewTests {
  let folder: Folder
  let desk: Clerk
  let cart: Clerk
  let hub: HubProcess

  init() async throws {
    folder = try Folder()
    desk = try Clerk("desk", in: folder)
    cart = try Clerk("cart", in: folder)
    hub = try await HubProcess(in: folder)
    try await hub.serve()
    for clerk in [desk, cart] { try await hub.enrol(clerk, scopes: ["branch/north"]) }
    let books = "INSERT INTO book VALUES ('b1', 'north', 'Atlas', 'A', NULL), ('b2', 'north', 'Birds', 'B', NULL)"
    try await desk.change(books)
    for clerk in [desk, cart] { try await clerk.sync() }
  }

  /// The library's schema with an ISBN for books, since version 2.
  private func newer(oldest: Int = 1) throws -> String {
    let path = folder.path("schema-2-\(oldest).json")
    let note = "{ \"id\": 5, \"name\": \"note\", \"type\": \"text\" }"
    let text = Library.schema.replacingOccurrences(of: "\"version\": 1", with: "\"version\": 2, \"oldest\": \(oldest)")
      .replacingOccurrences(of: note, with: note + ", { \"id\": 6, \"name\": \"isbn\", \"since\": 2 }")
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private func updateHub(_ file: String) async throws -> Tool.Outcome {
    try await hub.attempt("schema", "--data", hub.data, "--schema", file)
  }

  /// The clerk's client brings the newer schema from now on.
  private func update(_ clerk: Clerk) async throws -> Clerk {
    try await clerk.change("ALTER TABLE book ADD COLUMN isbn")
    return clerk.bringing(schema: try newer())
  }

  @Test("The hub's schema is updated while it serves; an old client's edit keeps the column that it does not know")
  func updatedWhileServing() async throws {
    let check = try await hub.attempt("schema", "--data", hub.data, "--schema", try newer(), "--check")
    #expect(check.output == "version 1 becomes 2\ncolumn 'book.isbn' is added (since 2)\n")
    let desk = try await update(desk)
    // The client comes first: its work waits and says for what.
    try await desk.change("UPDATE book SET isbn = '978' WHERE id = 'b1'")
    try await desk.sync()
    #expect(try await desk("status", "--json").object()["waitsFor"] as? String == "schema version 2 at the hub")
    #expect(try await updateHub(try newer()).output == check.output)
    #expect(try await updateHub(try newer()).output == "nothing changes\n")
    try await desk.sync()
    let status = try await desk("status", "--json").object()
    #expect(status["waitsFor"] == nil)
    #expect(status["pending"] as? Int == 0)
    #expect(status["refused"] as? Int == 0)

    try await cart.change("UPDATE book SET note = 'torn' WHERE id = 'b1'")
    for clerk in [cart, desk] { try await clerk.sync() }
    #expect(try await desk.shell("SELECT note, isbn FROM book WHERE id = 'b1'").output == "torn|978\n")
    let cart = try await update(cart)
    let report = try await cart("sync", "--json").object()
    #expect(report["rows"] as? Int == 1)
    #expect(try await cart.shell("SELECT id, isbn FROM book ORDER BY id").output == "b1|978\nb2|\n")
    for clerk in [desk, cart] { #expect(try await clerk("verify", "--json").object()["equal"] as? Bool == true) }
  }

  @Test("A schema that does not continue the hub's is refused with the place")
  func refusedSchema() async throws {
    let path = folder.path("other.json")
    try Library.schema.replacingOccurrences(of: "\"policy\": \"ask\"", with: "\"policy\": \"lww\"")
      .write(toFile: path, atomically: true, encoding: .utf8)
    let refused = try await updateHub(path)
    #expect(refused.status != 0)
    #expect(refused.complaint.contains("schema_mismatch"))
    #expect(refused.complaint.contains("'book.shelf'"))
    try await desk.sync()
  }

  @Test("A client that is too old is told so, works on, and writes what waits to a file that it does not overwrite")
  func tooOld() async throws {
    try await desk.change("UPDATE book SET shelf = 'C' WHERE id = 'b1'")
    #expect(try await updateHub(try newer(oldest: 2)).status == 0)
    let outcome = try await desk("sync", "--json")
    #expect(outcome.status == 1)
    #expect(try outcome.errorCode() == "schema_too_old")
    #expect(outcome.complaint.contains("Update the app"))
    try await desk.change("UPDATE book SET shelf = 'D' WHERE id = 'b2'")

    let file = folder.path("pending.json")
    let exported = try await desk("export", file, "--json")
    #expect(exported.status == 0, "\(exported.complaint)")
    #expect(try exported.object()["pending"] as? Int == 2)
    let attributes = try FileManager.default.attributesOfItem(atPath: file)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    let text = try Data(contentsOf: URL(filePath: file))
    let json = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
    let transactions = try #require(json["transactions"] as? [[String: Any]])
    #expect(transactions.compactMap { $0["state"] as? String } == ["pending", "pending"])
    let row = try #require((transactions[0]["rows"] as? [[String: Any]])?.first)
    #expect(row["table"] as? String == "book")
    #expect(row["key"] as? [String] == ["b1"])

    let again = try await desk("export", file, "--json")
    #expect(again.status == 2)
    #expect(try again.errorCode() == "usage")
    #expect(try Data(contentsOf: URL(filePath: file)) == text)
    #expect(try await desk("export", folder.path("none/x.json"), "--json").errorCode() == "file_missing")

    let desk = try await update(desk)
    try await desk.sync()
    #expect(try await desk("status", "--json").object()["pending"] as? Int == 0)
  }

  @Test("A table that the shell rebuilt: what it wrote unseen is taken as edits on one device, reverted on the other")
  func rebuilt() async throws {
    let rebuild = """
      CREATE TABLE book_new (id TEXT PRIMARY KEY, branch TEXT NOT NULL, title TEXT NOT NULL, shelf TEXT, note TEXT);
      INSERT INTO book_new SELECT * FROM book; DROP TABLE book; ALTER TABLE book_new RENAME TO book;
      """
    let unseen = "UPDATE book SET note = 'unseen' WHERE id = 'b1'; DELETE FROM book WHERE id = 'b2';"
    for clerk in [desk, cart] { try await clerk.change(rebuild + unseen) }
    for clerk in [desk, cart] {
      let found = try await clerk("verify", "--json")
      #expect(found.status == 1)
      let differences = try found.object()["differences"] as? [[String: String]]
      #expect(differences?.compactMap { $0["key"] } == ["b1", "b2"])
      #expect(try await clerk("status", "--json").object()["wasRebuilt"] as? Bool == true)
    }
    let reverted = try await cart("verify", "--revert", "--json")
    #expect(reverted.status == 0, "\(reverted.complaint)")
    #expect(try reverted.object()["repaired"] as? String == "reverted")
    #expect(try await cart.shell("SELECT id, note FROM book ORDER BY id").output == "b1|\nb2|\n")

    let taken = try await desk("verify", "--take-as-edits", "--json")
    #expect(taken.status == 0, "\(taken.complaint)")
    #expect(try await desk("status", "--json").object()["pending"] as? Int == 1)
    for clerk in [desk, cart] { try await clerk.sync() }
    for clerk in [desk, cart] {
      #expect(try await clerk.shell("SELECT id, note FROM book ORDER BY id").output == "b1|unseen\n")
      #expect(try await clerk("verify", "--json").object()["equal"] as? Bool == true)
      #expect(try await clerk("status", "--json").object()["wasRebuilt"] as? Bool == false)
    }
    #expect(try await desk("verify", "--revert", "--take-as-edits").status == 2)
  }
}
