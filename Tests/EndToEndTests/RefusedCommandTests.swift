import Foundation
import Testing

/// What an operator sees of work that was refused, or that waits in quarantine.
@Suite(.timeLimit(.minutes(5)))
struct RefusedCommandTests {
  @Test("A device comes back in quarantine: the operator lists and reads its work, lets it in, and it counts")
  func quarantine() async throws {
    let folder = try Folder()
    let hub = try await HubProcess(in: folder)
    try await hub.serve()
    let desk = try Clerk("desk", in: folder)
    try await hub.enrol(desk, scopes: ["branch/north"])
    try await hub.revoke("desk")
    try await desk.change("INSERT INTO book (id, branch, title) VALUES ('b1', 'north', 'Atlas of ''Old'' Maps')")
    try await hub.call("device", "admit", "--data", hub.data, "--name", "desk", "--quarantine")
    try await desk.sync()
    func list(_ options: String...) async throws -> [[String: Any]] {
      let outcome = try await hub.attempt(["refused", "list", "--data", hub.data, "--json"] + options)
      try #require(outcome.status == 0, "\(outcome.complaint)")
      return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
    }
    let found = try await list("--quarantined")
    #expect(found.count == 1)
    #expect(found.first?["device"] as? String == "desk")
    #expect(try await list("--rule", "not_writable").isEmpty)
    #expect(try await list("--device", "desk").count == 1)
    let seq = try #require(found.first?["seq"] as? Int)
    let shown = try await hub.call("refused", "show", "--data", hub.data, "--seq", "\(seq)")
    #expect(shown.contains("rule: quarantined"), "\(shown)")
    #expect(shown.contains("book\t'b1'\tinsert\ttitle\t'Atlas of ''Old'' Maps'"), "\(shown)")

    // Looked at, and let in: the same work goes out of the device's inbox again.
    try await hub.call("device", "admit", "--data", hub.data, "--name", "desk")
    let id = try await desk.ask("SELECT id FROM relay_inbox")
    #expect(try await desk("inbox", "resubmit", id).status == 0)
    try await desk.sync()
    try await desk.expectSettled()
    #expect(
      try await hub.attempt("refused", "show", "--data", hub.data, "--seq", "999").complaint.contains("not_found"))
    #expect(try await hub.attempt("refused", "list", "--data", hub.data, "--device", "nobody").status != 0)
  }
}
