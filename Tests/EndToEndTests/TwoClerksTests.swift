import Foundation
import Testing

/// Hub and clients as separate processes, and the `sqlite3` shell as the app.
@Suite(.timeLimit(.minutes(10)))
struct TwoClerksTests {
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
  }

  private func enrol() async throws {
    for (name, clerk) in [("desk", desk), ("cart", cart)] {
      let code = try await hub.addDevice(name, scopes: ["branch/north"])
      let outcome = try await clerk("enroll", "--hub", hub.address, "--code", code, "--json")
      try #require(outcome.status == 0, "\(outcome.complaint)")
      #expect(try outcome.object()["device"] as? String == name)
    }
  }

  private func sync(_ clerk: Clerk) async throws {
    let outcome = try await clerk("sync", "--json", "--deadline", "300")
    try #require(outcome.status == 0, "\(outcome.complaint)")
  }

  @Test("A row changed with the sqlite3 shell on one device arrives on the other")
  func rowArrives() async throws {
    try await enrol()
    #expect(try await desk.shell("INSERT INTO book VALUES ('b1', 'north', 'Atlas', 'A', NULL)").status == 0)
    try await sync(desk)
    try await sync(cart)
    #expect(try await cart.shell("SELECT title, shelf FROM book").output == "Atlas|A\n")

    #expect(try await cart.shell("UPDATE book SET note = 'torn' WHERE id = 'b1'").status == 0)
    try await sync(cart)
    try await sync(desk)
    #expect(try await desk.shell("SELECT note FROM book WHERE id = 'b1'").output == "torn\n")
    let status = try await desk("status", "--json").object()
    #expect(status["pending"] as? Int == 0)
    #expect(status["accepted"] as? Int == 1)
    #expect(status["conflicts"] as? Int == 0)
  }

  @Test("Two shelves for one book are a conflict on both devices until one of them chooses")
  func conflict() async throws {
    try await enrol()
    #expect(try await desk.shell("INSERT INTO book VALUES ('b1', 'north', 'Atlas', 'A', NULL)").status == 0)
    for clerk in [desk, cart] { try await sync(clerk) }
    #expect(try await desk.shell("UPDATE book SET shelf = 'B' WHERE id = 'b1'").status == 0)
    #expect(try await cart.shell("UPDATE book SET shelf = 'C' WHERE id = 'b1'").status == 0)
    for clerk in [desk, cart, desk] { try await sync(clerk) }
    for clerk in [desk, cart] { #expect(try await clerk("status", "--json").object()["conflicts"] as? Int == 1) }

    let id = try await cart.shell("SELECT id FROM relay_inbox WHERE kind = 'conflict'").output
    let resolved = try await cart("inbox", "resolve", id.trimmingCharacters(in: .newlines), "--value", "D")
    try #require(resolved.status == 0, "\(resolved.complaint)")
    for clerk in [cart, desk] { try await sync(clerk) }
    for clerk in [desk, cart] {
      #expect(try await clerk("status", "--json").object()["conflicts"] as? Int == 0)
      #expect(try await clerk.shell("SELECT shelf FROM book").output == "D\n")
    }
  }

  @Test("A wrong code and a code used twice enrol nobody")
  func wrongCode() async throws {
    let wrong = try await desk("enroll", "--hub", hub.address, "--code", "WRONG-CODE", "--json")
    #expect(wrong.status == 1)
    #expect(try wrong.errorCode() == "code_invalid")

    let code = try await hub.addDevice("desk", scopes: ["branch/north"])
    #expect(try await desk("enroll", "--hub", hub.address, "--code", code).status == 0)
    let again = try await cart("enroll", "--hub", hub.address, "--code", code, "--json")
    #expect(again.status == 1)
    #expect(try again.errorCode() == "code_invalid")
  }

  @Test("verify names the row that somebody changed behind Relay's back, and nothing else")
  func verify() async throws {
    try await enrol()
    let sql = "INSERT INTO book VALUES ('b1', 'north', 'Atlas', 'A', NULL), ('b2', 'north', 'Birds', 'B', NULL)"
    #expect(try await desk.shell(sql).status == 0)
    try await sync(desk)
    let equal = try await desk("verify", "--json")
    #expect(equal.status == 0)
    #expect(try equal.object()["rows"] as? Int == 2)
    let hidden = "UPDATE relay_guard SET applying = 1; UPDATE book SET shelf = 'X' WHERE id = 'b1';"
    #expect(try await desk.shell(hidden + "UPDATE relay_guard SET applying = 0").status == 0)
    #expect(try await desk.shell("UPDATE book SET note = 'seen' WHERE id = 'b2'").status == 0)
    let differs = try await desk("verify", "--json")
    #expect(differs.status == 1)
    let found = try differs.object()["differences"] as? [[String: String]]
    #expect(found == [["table": "book", "key": "b1", "kind": "different"]])
  }

  @Test("A book that one clerk deleted comes back whole when the other asks for it, and only what was deleted does")
  func undelete() async throws {
    try await enrol()
    #expect(try await desk.shell("INSERT INTO book VALUES ('b1', 'north', 'Atlas', 'A', 'torn')").status == 0)
    for clerk in [desk, cart] { try await sync(clerk) }
    #expect(try await desk.shell("DELETE FROM book").status == 0)
    for clerk in [desk, cart] { try await sync(clerk) }
    #expect(try await cart("undelete", "book").output == "b1\n")
    #expect(try await cart("undelete", "book", "b1").status == 0)
    for clerk in [cart, desk] { try await sync(clerk) }
    for clerk in [desk, cart] {
      #expect(try await clerk.shell("SELECT title, shelf, note FROM book").output == "Atlas|A|torn\n")
    }
    let again = try await cart("undelete", "book", "b1", "--json")
    #expect(again.status == 1)
    #expect(try again.errorCode() == "row_unknown")
  }

  @Test("Work done while the hub is away waits and is counted")
  func hubAway() async throws {
    try await enrol()
    try await hub.stop()
    #expect(try await desk.shell("INSERT INTO book VALUES ('b2', 'north', 'Birds', NULL, NULL)").status == 0)
    let away = try await desk("sync", "--json", "--deadline", "2")
    #expect(away.status == 4)
    #expect(try away.errorCode() == "connection_refused")
    let status = try await desk("status", "--json").object()
    #expect(status["pending"] as? Int == 1)
    #expect((status["lastError"] as? [String: Any])?["code"] as? String == "connection_refused")
  }

  @Test("A revoked device is told so with 5 and keeps its work")
  func revoked() async throws {
    try await enrol()
    #expect(try await desk.shell("INSERT INTO book VALUES ('b3', 'north', 'Clouds', NULL, NULL)").status == 0)
    try await hub.revoke("desk")
    let outcome = try await desk("sync", "--json")
    #expect(outcome.status == 5)
    #expect(try outcome.errorCode() == "revoked")
    #expect(try await desk.shell("SELECT title FROM book").output == "Clouds\n")
  }
}
