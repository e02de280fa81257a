import Foundation
import Testing

/// A file on which the disk has gone bad, and its owner with one command.
@Suite(.timeLimit(.minutes(5)))
struct RebuildCommandTests {
  private static let dotOfSecond = "(SELECT dot FROM relay_transaction ORDER BY dot LIMIT 1 OFFSET 1)"

  @Test("A damaged file is named and nothing of it is sent; rebuild keeps it, and what is whole is sent once")
  func rebuild() async throws {
    let folder = try Folder()
    let hub = try await HubProcess(in: folder)
    try await hub.serve()
    let (desk, cart) = (try Clerk("desk", in: folder), try Clerk("cart", in: folder))
    for clerk in [desk, cart] { try await hub.enrol(clerk, scopes: ["branch/north"]) }
    try await desk.change("INSERT INTO book (id, branch, title) VALUES ('b1', 'north', 'Atlas')")
    try await desk.sync()
    for id in ["b2", "b3", "b4"] {
      try await desk.change("INSERT INTO book (id, branch, title) VALUES ('\(id)', 'north', 'Found')")
      // Each is sealed for itself.
      _ = try await desk.status()
    }
    #expect(try await desk("rebuild").output.contains("nothing is damaged"))
    #expect(!FileManager.default.fileExists(atPath: desk.file + ".damaged"))
    try await desk.change(
      """
      UPDATE relay_transaction SET bytes = CAST(substr(bytes, 1, length(bytes) - 1) || x'7f' AS BLOB)
      WHERE dot = \(Self.dotOfSecond)
      """)
    let refused = try await desk("sync")
    #expect(refused.status != 0 && refused.complaint.contains("damaged_work"), "\(refused.complaint)")
    #expect(refused.complaint.contains("relay-client rebuild"))

    let found = try await desk("rebuild", "--json").object()
    #expect((found["damage"] as? [String])?.count == 1 && (found["lost"] as? [String])?.count == 1, "\(found)")
    #expect(found["unsent"] as? Int == 2)
    let kept = try #require(found["kept"] as? String)
    #expect(FileManager.default.fileExists(atPath: kept))
    for _ in 0..<2 {
      try await desk.sync()
      try await cart.sync()
    }
    for clerk in [desk, cart] {
      #expect(try await clerk.ask("SELECT group_concat(id, ' ') FROM (SELECT id FROM book ORDER BY id)") == "b1 b2 b4")
      try await clerk.expectSettled()
    }
  }

  @Test("A rebuild that was cut off is carried on from the copy that it had made")
  func cutOff() async throws {
    let folder = try Folder()
    let hub = try await HubProcess(in: folder)
    try await hub.serve()
    let desk = try Clerk("desk", in: folder)
    try await hub.enrol(desk, scopes: ["branch/north"])
    try await desk.change("INSERT INTO book (id, branch, title) VALUES ('b1', 'north', 'Atlas')")
    // As it stands where a machine stops: the copy is there, the new file has begun, the log of the old one is gone.
    _ = try await desk.ask("PRAGMA wal_checkpoint(TRUNCATE)")
    try FileManager.default.copyItem(atPath: desk.file, toPath: desk.file + ".damaged")
    try Data("begun".utf8).write(to: URL(fileURLWithPath: desk.file + ".rebuilt"))
    let outcome = try await desk("rebuild")
    #expect(outcome.status == 0 && outcome.output.contains("desk.db.damaged"), "\(outcome.complaint)")
    #expect(!FileManager.default.fileExists(atPath: desk.file + ".rebuilt"))
    #expect(!FileManager.default.fileExists(atPath: desk.file + ".damaged-2"))
    try await desk.sync()
    #expect(try await desk.ask("SELECT count(*) FROM book") == "1")
    try await desk.expectSettled()
  }
}
