import Foundation
import Testing

/// A hub is put back, the device that made a row is gone, and the other one has work on it (rule 27).
@Suite(.timeLimit(.minutes(5)))
struct EndWaitingTests {
  let folder: Folder
  let hub: HubProcess

  init() async throws {
    folder = try Folder()
    hub = try await HubProcess(in: folder)
  }

  @Test("Work waits at a restored hub, status says for what, and the operator ends it while the hub serves")
  func ends() async throws {
    try await hub.serve()
    let (desk, cart) = (try Clerk("desk", in: folder), try Clerk("cart", in: folder))
    for clerk in [desk, cart] { try await hub.enrol(clerk, scopes: ["branch/north"]) }
    let copy = folder.path("copy.db")
    try await hub.call("backup", "--data", hub.data, copy)
    try await cart.change("INSERT INTO book VALUES ('b', 'north', 'Atlas', 'A', NULL)")
    try await cart.sync()
    try await desk.sync()
    try await desk.change("UPDATE book SET note = 'torn' WHERE id = 'b'; INSERT INTO tally VALUES ('t', 'north', 1)")
    try await desk.sync()
    try await hub.kill()
    try await hub.call("restore", "--data", hub.data, copy)
    try await hub.serve()

    for _ in 0..<2 {
      try await desk.sync()
      let status = try await desk.status()
      #expect(status["pending"] as? Int == 1)
      #expect(status["waitsFor"] as? String == "what others have to offer to the hub, which was put back")
    }
    let told = try await desk("status").output
    #expect(told.contains("waits for what others have to offer to the hub"), "\(told)")

    // The operator sees who has come; the hub writes that down now and then.
    let restored = try await hub.status(within: .seconds(60)) { $0["devices_synced_since"] as? Int == 1 }
    #expect(restored["restored_to"] as? Int == 0)
    #expect(restored["offered_again"] as? Int == 0 && restored["missing_at_most"] as? Int == 0)
    #expect((restored["work_waits_since"] as? Int ?? 0) >= (restored["restored_at"] as? Int ?? .max))
    let listed = try await hub.call("device", "list", "--data", hub.data)
    #expect(listed.split(separator: "\n").map { $0.hasSuffix("\tnever") } == [true, false], "\(listed)")

    try await hub.call("end-waiting", "--data", hub.data)
    try await desk.sync()
    let status = try await desk.status()
    #expect((status["pending"] as? Int, status["refused"] as? Int) == (0, 1))
    #expect(status["waitsFor"] == nil)
    let inbox = try await desk.inbox()
    #expect(inbox.map { $0["rule"] as? String } == ["row_unknown"])
    #expect(try await desk.ask("SELECT note, (SELECT count(*) FROM tally) FROM book") == "torn|0")
    // The hub has it whole; the file that shows the row gives it as edits, and writes again what was refused with it.
    let kept = try await hub.call("refused", "list", "--data", hub.data)
    #expect(kept.contains("row_unknown"), "\(kept)")
    let taken = try await desk("verify", "--take-as-edits")
    #expect(taken.status == 0, "\(taken.complaint)")
    let again = try await desk("inbox", "resubmit", inbox.first?["id"] as? String ?? "")
    #expect(again.status == 0, "\(again.complaint)")
    try await desk.sync()
    let third = try Clerk("third", in: folder)
    try await hub.enrol(third, scopes: ["branch/north"])
    try await third.sync()
    #expect(try await third.ask("SELECT title, note, n FROM book, tally") == "Atlas|torn|1")
  }

  @Test("What the office takes of a lost row is what it shows, and what others had counted in it counts once")
  func takenOnce() async throws {
    try await hub.serve()
    let (office, cart, gone) = (
      try Clerk("office", in: folder), try Clerk("cart", in: folder), try Clerk("gone", in: folder)
    )
    try await hub.enrol(office, scopes: ["*"])
    for clerk in [cart, gone] { try await hub.enrol(clerk, scopes: ["branch/north"]) }
    let copy = folder.path("copy.db")
    try await hub.call("backup", "--data", hub.data, copy)
    try await gone.change("INSERT INTO tally VALUES ('t', 'north', 1)")
    for clerk in [gone, cart] { try await clerk.sync() }
    try await cart.change("UPDATE tally SET n = n + 2")
    try await cart.sync()
    try await office.sync()
    try await office.change("UPDATE tally SET n = n + 4")
    try await office.sync()
    try await hub.kill()
    try await hub.call("restore", "--data", hub.data, copy)
    try await hub.serve()

    try await cart.change("UPDATE tally SET n = n + 8")
    for clerk in [cart, office] { try await clerk.sync() }
    #expect(try await cart.status()["waitsFor"] != nil)
    let taken = try await office("verify", "--take-as-edits")
    #expect(taken.status == 0, "\(taken.complaint)")
    for clerk in [office, cart, office] { try await clerk.sync() }
    for clerk in [office, cart] {
      #expect(try await clerk.ask("SELECT n FROM tally") == "15")
      let status = try await clerk.status()
      #expect((status["pending"] as? Int, status["refused"] as? Int) == (0, 0))
      #expect(try await clerk("verify").status == 0)
    }
  }
}
