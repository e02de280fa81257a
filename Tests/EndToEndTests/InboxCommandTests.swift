import Foundation
import Testing

/// The inbox and the history through the real programs, with the `sqlite3` shell as the app.
@Suite(.timeLimit(.minutes(5)))
struct InboxCommandTests {
  let folder: Folder
  let desk: Clerk
  let cart: Clerk
  let south: Clerk
  let hub: HubProcess

  init() async throws {
    folder = try Folder()
    desk = try Clerk("desk", in: folder)
    cart = try Clerk("cart", in: folder)
    south = try Clerk("south", in: folder)
    hub = try await HubProcess(in: folder)
    try await hub.serve()
    for (name, clerk, branch) in [("desk", desk, "north"), ("cart", cart, "north"), ("south", south, "south")] {
      let code = try await hub.addDevice(name, scopes: ["branch/\(branch)"])
      let outcome = try await clerk("enroll", "--hub", hub.address, "--code", code)
      try #require(outcome.status == 0, "\(outcome.complaint)")
    }
  }

  private func sync(_ clerks: Clerk...) async throws {
    for clerk in clerks {
      let outcome = try await clerk("sync", "--json", "--deadline", "300")
      try #require(outcome.status == 0, "\(outcome.complaint)")
    }
  }

  private func shell(_ clerk: Clerk, _ sql: String) async throws {
    let outcome = try await clerk.shell(sql)
    try #require(outcome.status == 0, "\(outcome.complaint)")
  }

  private func inbox(_ clerk: Clerk) async throws -> [[String: Any]] {
    let outcome = try await clerk("inbox", "--json")
    return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
  }

  @Test("What others wrote moves no cursor and turns no writing round: it is shown by its number")
  func signsOfOthers() async throws {
    try await shell(desk, "INSERT INTO book VALUES ('b1', 'north', 'Atlas', 'A', NULL)")
    try await sync(desk, cart)
    try await shell(desk, "UPDATE book SET shelf = 'B' || char(27) || '[2J' || char(8238) || 'gnp.exe'")
    try await shell(cart, "UPDATE book SET shelf = 'C'")
    try await sync(desk, cart, desk)
    for arguments in [
      ["inbox"], ["inbox", "--json"], ["history", "book", "b1"], ["history", "book", "b1", "--json"],
    ] {
      let text = try await cart.client.run(cart.place + arguments, in: folder).output
      #expect(text.contains("gnp.exe"), "\(arguments): \(text)")
      let raw = text.unicodeScalars.filter { $0.value < 0x20 && $0 != "\n" && $0 != "\t" || $0.value == 0x202E }
      #expect(raw.isEmpty, "\(arguments)")
      #expect(text.localizedCaseInsensitiveContains("202e"), "\(arguments): \(text)")
    }
  }

  @Test("A conflict is listed with who and when, settled by one UPDATE in the shell, and its story told by history")
  func conflict() async throws {
    try await shell(desk, "INSERT INTO book VALUES ('b1', 'north', 'Atlas', 'A', NULL)")
    try await sync(desk, cart)
    try await shell(desk, "UPDATE book SET shelf = 'B'")
    try await shell(cart, "UPDATE book SET shelf = 'C'")
    try await sync(desk, cart, desk)

    let items = try await inbox(cart)
    try #require(items.count == 1)
    #expect(items[0]["kind"] as? String == "conflict")
    #expect(items[0]["status"] as? String == "open")
    #expect(items[0]["base"] as? [String] == ["A"])
    let siblings = try #require(items[0]["siblings"] as? [[String: Any]])
    #expect(Set(siblings.compactMap { ($0["values"] as? [String])?.first }) == ["B", "C"])
    #expect(Set(siblings.compactMap { $0["device"] as? String }) == ["desk", "cart"])
    let text = try await cart("inbox").output
    #expect(text.contains("  a) '") && text.contains("* shown now") && text.contains("before: 'A'"))

    try await shell(cart, "UPDATE relay_inbox SET choice = '[\"D\"]' WHERE kind = 'conflict'")
    try await sync(cart, desk)
    #expect(try await desk.shell("SELECT shelf FROM book").output == "D\n")
    for clerk in [desk, cart] { #expect(try await inbox(clerk).isEmpty) }

    let told = try await desk("history", "book", "b1", "--json")
    try #require(told.status == 0, "\(told.complaint)")
    let history = try told.object()
    #expect(history["complete"] as? Bool == true)
    let events = try #require(history["events"] as? [[String: Any]])
    #expect(events.compactMap { $0["seq"] as? Int } == [4, 3, 2, 1])
    #expect(events.compactMap { $0["device"] as? String } == ["cart", "cart", "desk", "desk"])
    #expect(events[0]["resolves"] as? Int == 3)
    let story = try await desk("history", "book", "b1").output
    #expect(story.contains("now, as the hub has it at 4"))
    #expect(story.contains("settles the conflict of seq 3"))

    try await hub.stop()
    try await shell(desk, "UPDATE book SET note = 'torn'")
    let alone = try await desk("history", "book", "b1", "--deadline", "5")
    #expect(alone.status == 0)
    #expect(alone.complaint.contains("only what this device knows"))
    #expect(alone.output.contains("not sent yet") && alone.output.contains("set note 'torn'"))
    let nothing = try await desk("history", "book", "b9", "--json", "--deadline", "5")
    #expect(nothing.status == 4)
    #expect(try nothing.errorCode() == "connection_refused")
    #expect(try await desk("history", "shelves", "b1").status == 2)
    #expect(try await desk("history", "book", "b1", "b2").status == 2)
  }

  @Test("A line that stands for several notices is dismissed whole by its number, and the answer says what it took")
  func noticesOfOneKind() async throws {
    let books = (1...5).map { "('b\($0)', 'north', 'Atlas', 'A', NULL)" }.joined(separator: ", ")
    for clerk in [desk, cart] { try await shell(clerk, "INSERT INTO book VALUES \(books)") }
    try await sync(desk, cart, desk)
    let clerk = try await inbox(cart).isEmpty ? desk : cart
    #expect(try await inbox(clerk).count { $0["rule"] as? String == "inserted_twice" } == 5)
    #expect(try await clerk("inbox").output.hasPrefix("1  5 notices about book (inserted_twice)"))
    let beyond = try await clerk("inbox", "dismiss", "9")
    #expect(beyond.status == 1 && beyond.complaint.contains("no number 9"), "\(beyond.complaint)")
    let taken = try await clerk("inbox", "dismiss", "1")
    #expect(taken.output == "dismissed: 5 notices about book (inserted_twice)\n", "\(taken.complaint)")
    #expect(try await inbox(clerk).isEmpty)
  }

  @Test("A refused book is listed with its values, resubmitted under another key with what built on it, or discarded")
  func refusal() async throws {
    try await shell(south, "INSERT INTO book VALUES ('b1', 'south', 'Hidden', 'Z', NULL)")
    try await sync(south)
    try await shell(desk, "INSERT INTO book VALUES ('b1', 'north', 'Atlas', 'A', NULL)")
    // Each command seals what the shell left, so these are two transactions.
    _ = try await desk("status")
    try await shell(desk, "UPDATE book SET note = 'torn' WHERE id = 'b1'")
    try await sync(desk)

    var items = try await inbox(desk)
    try #require(items.map { $0["rule"] as? String } == ["key_unavailable", "depends_on_refused"])
    let ids = items.compactMap { $0["id"] as? String }
    #expect(items[0]["dependents"] as? [String] == [ids[1]])
    #expect(items[1]["dependsOn"] as? String == ids[0])
    let operations = try #require(items[0]["operations"] as? [[String: Any]])
    #expect(operations.contains { $0["column"] as? String == "title" && $0["value"] as? String == "Atlas" })
    #expect(try await !desk("inbox", "--json").output.contains("Hidden"))

    let missing = try await desk("inbox", "resubmit", "r-none", "--json")
    #expect(missing.status == 1)
    #expect(try missing.errorCode() == "entry_unknown")
    #expect(try await desk("inbox", "resubmit", ids[0], "--set", "colour=red").status == 1)
    let again = try await desk(
      "inbox", "resubmit", ids[0], "--key", "b2", "--set", "shelf=B", "--set", "note", "--json")
    try #require(again.status == 0, "\(again.complaint)")
    #expect(try again.object()["resubmitted"] as? [String] == ids)
    #expect(try await inbox(desk).isEmpty)
    try await sync(desk, cart)
    for clerk in [desk, cart] {
      #expect(try await clerk.shell("SELECT id, title, shelf, note IS NULL FROM book").output == "b2|Atlas|B|1\n")
    }

    try await shell(desk, "INSERT INTO book VALUES ('b1', 'north', 'Again', NULL, NULL)")
    try await sync(desk)
    items = try await inbox(desk)
    let id = try #require(items.first?["id"] as? String)
    let history = try await desk("history", "book", "b1", "--json").object()
    #expect(
      (history["events"] as? [[String: Any]])?.map { $0["state"] as? String } == ["refused", "refused", "refused"])
    #expect(try await desk("inbox", "dismiss", id).status == 1)
    let discarded = try await desk("inbox", "discard", id)
    #expect(discarded.status == 0)
    #expect(try await inbox(desk).isEmpty)
    let status = try await desk("status", "--json").object()
    #expect(status["refused"] as? Int == 0)
    #expect(status["pending"] as? Int == 0)
    #expect(try await desk("verify").status == 0)
  }
}
