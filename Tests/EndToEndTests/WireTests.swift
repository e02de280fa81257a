import Foundation
import Testing

/// Two clerks whose wire to the hub is watched, held and cut.
@Suite(.timeLimit(.minutes(10)))
struct WireTests {
  let folder: Folder
  let desk: Clerk
  let cart: Clerk
  let hub: HubProcess
  let tap: Tap

  init() async throws {
    folder = try Folder()
    desk = try Clerk("desk", in: folder)
    cart = try Clerk("cart", in: folder)
    hub = try await HubProcess(in: folder)
    // The tap stands before it, as a proxy would: answers are packed.
    try await hub.serve("--behind-proxy")
    tap = try Tap(to: hub)
    try await hub.enrol(desk, scopes: ["branch/north", "branch/south"])
    try await hub.enrol(cart, scopes: ["branch/north"], at: tap.address)
    try await desk.change(
      """
      INSERT INTO book VALUES ('n', 'north', 'Atlas', 'A', NULL), ('s', 'south', 'Birds', 'B', NULL);
      INSERT INTO tally VALUES ('t', 'north', 0)
      """)
    for clerk in [desk, cart] { try await clerk.sync() }
  }

  /// A sync that the cut wire and then a kill end.
  private func syncInVain(_ clerk: Clerk) async throws {
    let sync = try clerk.start("sync")
    try await eventually("the wire is cut", within: .seconds(60)) { tap.isDown }
    sync.killHard()
    try await sync.end()
  }

  @Test("Where nothing changed a sync is one request, small both ways")
  func noChange() async throws {
    let (before, counted) = (tap.passed, try await hub.metric(#"relay_requests_total{route="/v1/sync",status="200"}"#))
    let report = try await cart.sync()
    let after = tap.passed
    #expect(after.requests - before.requests == 1)
    #expect(after.connections - before.connections == 1)
    #expect(try await hub.metric(#"relay_requests_total{route="/v1/sync",status="200"}"#) - counted == 1)
    #expect(report["requests"] as? Int == 1)
    #expect(report["bytesUp"] as? Int ?? .max <= 300)
    #expect(report["bytesDown"] as? Int ?? .max <= 300)
  }

  @Test("Pages full of blanks, which pack better than any reader takes, arrive")
  func blanks() async throws {
    try await desk.change(
      """
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 7)
      INSERT INTO book SELECT 'blank-' || i, 'north', 'Volume ' || i, NULL, printf('%.1000000c', ' ') FROM n
      """)
    try await desk.sync()
    try await cart.sync()
    #expect(try await cart.ask("SELECT count(*), sum(length(note)) FROM book WHERE id LIKE 'blank%'") == "7|7000000")
    #expect(try await cart("verify").status == 0)
  }

  /// Several pages of rows that do not compress much, at the desk and at the hub.
  private func manyPages() async throws {
    try await desk.change(
      """
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
      INSERT INTO book SELECT 'page-' || i, 'north', 'Volume ' || i, NULL, hex(randomblob(100000)) FROM n
      """)
    try await desk.sync()
  }

  /// What a device that nobody disturbs gets, in bytes.
  private func wholePull() async throws -> Int {
    let calm = try Clerk("calm", in: folder)
    try await hub.enrol(calm, scopes: ["branch/north"])
    return try #require(try await calm.sync()["bytesDown"] as? Int)
  }

  @Test("A pull that is cut again and again goes on where it stopped; nothing half is visible before all of it is in")
  func cutPull() async throws {
    try await manyPages()
    let start = tap.passed
    tap.cut(afterBytesDown: 3_200_000, thenHolds: true)
    let sync = try cart.start("sync", "--deadline", "120")
    var attempts = 0
    while sync.isRunning {
      // The client comes again by itself.
      try await eventually("the wire was cut or all is in", within: .seconds(60)) { tap.isHolding || !sync.isRunning }
      guard tap.isHolding else { break }
      attempts += 1
      #expect(try await cart.ask("SELECT count(*) FROM book") == "1")
      // Pages get smaller where the wire is cut, so that there may be more of them than attempts.
      let staged = try await cart.ask("SELECT count(*) FROM relay_page")
      #expect(try #require(Int(staged)) >= attempts)
      // The app works on meanwhile, and its work goes out with what is left of the pull.
      try await cart.change("UPDATE tally SET n = n + 1")
      // One page may pass, and a piece of the next.
      tap.cut(afterBytesDown: 3_200_000, thenHolds: true)
    }
    try await sync.end()
    #expect(sync.terminationStatus == 0)
    #expect(attempts >= 2, "the pull was not cut")
    tap.heal()
    #expect(try await cart.ask("SELECT count(*) FROM book WHERE length(note) = 200000") == "60")
    // Every page came once, beside the pieces that were cut off.
    let (down, whole) = (tap.passed.bytesDown - start.bytesDown, try await wholePull())
    #expect(down < whole + attempts * 1_200_000, "\(down) bytes in \(attempts) attempts, \(whole) at once")
    try await cart.sync()
    try await cart.expectSettled()
    try await desk.sync()
    #expect(try await desk.ask("SELECT n FROM tally") == "\(attempts)")
  }

  @Test("A client killed between two pages goes on as well")
  func killedPull() async throws {
    try await manyPages()
    tap.cut(afterBytesDown: 3_200_000)
    try await syncInVain(cart)
    #expect(try await cart.ask("SELECT count(*) FROM book") == "1")
    #expect(try await cart.ask("SELECT count(*) FROM relay_page") == "1")
    tap.heal()
    let before = tap.passed.bytesDown
    try await cart.sync()
    let (down, whole) = (tap.passed.bytesDown - before, try await wholePull())
    #expect(down < whole - 1_000_000, "\(down) bytes of \(whole): the first page came again")
    #expect(try await cart.ask("SELECT count(*) FROM book") == "61")
    try await cart.expectSettled()
  }

  @Test(
    "The reply to a push is lost and the grant changes: the work is in force once, the device ends with the new scope")
  func grantAfterLostReply() async throws {
    try await cart.change("UPDATE tally SET n = n + 1; UPDATE book SET note = 'torn' WHERE id = 'n'")
    let head = try await hub.head()
    tap.cut(afterBytesDown: 0)
    try await syncInVain(cart)
    #expect(try await hub.head() > head, "the push never arrived")
    #expect(try await cart.status()["pending"] as? Int == 1)
    // Somebody else writes, the operator moves the device, and the person at it goes on.
    try await desk.change("UPDATE book SET shelf = 'Z' WHERE id = 'n'")
    try await desk.sync()
    try await hub.grant("cart", scopes: ["branch/south"])
    try await cart.change("UPDATE tally SET n = n + 10")
    tap.heal()
    try await cart.sync()
    #expect(try await cart.ask("SELECT id FROM book") == "s")
    #expect(try await cart.ask("SELECT count(*) FROM tally") == "0")
    try await cart.sync()
    let status = try await cart.status()
    #expect(status["pending"] as? Int == 0)
    #expect(try await cart("verify").status == 0)
    try await desk.sync()
    #expect(try await desk.ask("SELECT note, shelf FROM book WHERE id = 'n'") == "torn|Z")
    // The late tally was written where the device could no longer write: refused and kept, or in force; never half.
    let refused = try #require(status["refused"] as? Int)
    #expect(try await desk.ask("SELECT n FROM tally") == (refused == 0 ? "11" : "1"))
    #expect(try await cart.inbox().filter { $0["kind"] as? String == "refused" }.count == refused)
    try await desk.expectSettled()
  }

  @Test("The grant changes between two pages of a pull: the device ends with the new scope and nothing of the old")
  func grantBetweenPages() async throws {
    try await manyPages()
    tap.cut(afterBytesDown: 3_200_000)
    try await syncInVain(cart)
    #expect(try await cart.ask("SELECT count(*) FROM relay_page") == "1")
    try await hub.grant("cart", scopes: ["branch/south"])
    tap.heal()
    try await cart.sync()
    #expect(try await cart.ask("SELECT id FROM book") == "s")
    #expect(try await cart.ask("SELECT count(*) FROM relay_page") == "0")
    try await cart.expectSettled()
    // And back again.
    try await hub.grant("cart", scopes: ["branch/north", "branch/south"])
    try await cart.sync()
    #expect(try await cart.ask("SELECT count(*) FROM book") == "62")
    try await cart.expectSettled()
  }

  @Test("The reply that brings a new scope is lost: it comes whole with the next sync")
  func lostReplyOfANewScope() async throws {
    try await hub.grant("cart", scopes: ["branch/south"])
    tap.cut(afterBytesDown: 0)
    try await syncInVain(cart)
    #expect(try await cart.ask("SELECT id FROM book") == "n")
    try await hub.grant("cart", scopes: ["branch/north", "branch/south"])
    tap.heal()
    try await cart.sync()
    #expect(try await cart.ask("SELECT id FROM book ORDER BY id") == "n\ns")
    try await cart.expectSettled()
  }

  @Test(
    "The shell reads and writes at once while an answer is on its way, and what it wrote is neither lost nor hidden")
  func shellBesideASync() async throws {
    try await desk.change("UPDATE book SET shelf = 'Q', note = 'by the desk' WHERE id = 'n'")
    try await desk.sync()
    tap.hold()
    let sync = try cart.start("sync", "--deadline", "60")
    try await eventually("the answer waits at the tap") { tap.isHolding }
    // The shell waits for nobody: its busy timeout is zero.
    try await cart.change("INSERT INTO book VALUES ('new', 'north', 'Clouds', NULL, NULL)")
    try await cart.change("UPDATE book SET note = 'by the cart' WHERE id = 'n'")
    #expect(try await cart.ask("SELECT note FROM book WHERE id = 'n'") == "by the cart")
    tap.heal()
    try await sync.end()
    #expect(sync.terminationStatus == 0)
    // The answer is in, and over it the work that nobody has seen yet. (A new row makes the device ask once more, with
    // what it wrote: rule 8.)
    #expect(try await cart.ask("SELECT shelf, note FROM book WHERE id = 'n'") == "Q|by the cart")
    for clerk in [cart, desk, cart] { try await clerk.sync() }
    for clerk in [desk, cart] {
      #expect(try await clerk.ask("SELECT title FROM book WHERE id = 'new'") == "Clouds")
      #expect(try await clerk.ask("SELECT shelf FROM book WHERE id = 'n'") == "Q")
      try await clerk.expectSettled()
    }
    #expect(
      try await desk.ask("SELECT note FROM book WHERE id = 'n'") == cart.ask("SELECT note FROM book WHERE id = 'n'"))
  }

  @Test("Two syncs of one file at once, as an app and a script may start them, help each other to the end")
  func twoSyncsOfOneFile() async throws {
    try await manyPages()
    let syncs = [try cart.start("sync", "--deadline", "120"), try cart.start("sync", "--deadline", "120")]
    for sync in syncs {
      try await sync.end()
      #expect(sync.terminationStatus == 0)
    }
    #expect(try await cart.ask("SELECT count(*) FROM book") == "61")
    try await cart.expectSettled()
  }

  @Test("Sixty writes of the shell between the steps of running syncs all arrive")
  func shellInARow() async throws {
    let desk = desk
    let syncs = Task {
      var count = 0
      while !Task.isCancelled {
        try await desk.sync()
        count += 1
      }
      return count
    }
    for number in 0..<60 {
      let wrote = try await desk.shell(
        "INSERT INTO book VALUES ('w\(number)', 'north', 'Atlas', NULL, NULL); UPDATE tally SET n = n + 1",
        "-cmd", ".timeout 10000")
      try #require(wrote.status == 0, "\(wrote.complaint)")
    }
    syncs.cancel()
    // The last one may be cut short by the cancellation; it is no part of the story.
    _ = try? await syncs.value
    for clerk in [desk, cart] { try await clerk.sync() }
    #expect(try await cart.ask("SELECT count(*) FROM book WHERE id LIKE 'w%'") == "60")
    #expect(try await cart.ask("SELECT n FROM tally") == "60")
    for clerk in [desk, cart] { try await clerk.expectSettled() }
  }
}
