import Foundation
import Testing

/// Programs killed in the middle of their work, on files that have to survive it.
@Suite(.timeLimit(.minutes(60)))
struct KillTests {
  /// How often, in the normal run; `RELAY_KILLS` asks for more.
  static let kills = ProcessInfo.processInfo.environment["RELAY_KILLS"].flatMap { Int($0) } ?? 40

  @Test("Hub or client killed again and again: what was acknowledged is there once")
  func killed() async throws {
    let folder = try Folder()
    let (desk, cart) = (try Clerk("desk", in: folder), try Clerk("cart", in: folder))
    let hub = try await HubProcess(in: folder)
    try await hub.serve()
    for clerk in [desk, cart] { try await hub.enrol(clerk, scopes: ["branch/north"]) }
    try await desk.change("INSERT INTO tally VALUES ('t', 'north', 0)")
    try await desk.sync()
    let start = ContinuousClock.now
    try await desk.sync()
    let usual = ContinuousClock.now - start
    var ended = (inTime: 0, killed: 0, refused: 0)
    for round in 0..<Self.kills {
      let writer = round.isMultiple(of: 3) ? cart : desk
      let sql =
        "INSERT INTO book VALUES ('b\(round)', 'north', 'Atlas', NULL, NULL); "
        + (round.isMultiple(of: 3) ? "" : "UPDATE tally SET n = n + 1;")
      try await writer.change("BEGIN; \(sql) COMMIT")
      let sync = try writer.start("sync", "--deadline", "5")
      try await Task.sleep(for: usual * Double.random(in: 0...1.2))
      if round.isMultiple(of: 2) {
        try await hub.kill()
        try await hub.serve()
      } else {
        sync.killHard()
      }
      try await sync.end()
      switch (sync.terminationReason, sync.terminationStatus) {
      case (.exit, 0): ended.inTime += 1
      case (.exit, _): ended.refused += 1
      default: ended.killed += 1
      }
      // Whoever was told that the sync is done finds the work at the hub, whatever was killed.
      if sync.terminationReason == .exit, sync.terminationStatus == 0 {
        #expect(try await writer.status()["pending"] as? Int == 0)
      }
    }
    print(
      "\(Self.kills) kills: \(ended.killed) clients died, \(ended.inTime) syncs ended well, \(ended.refused) failed")
    for clerk in [desk, cart, desk] { try await clerk.sync() }
    let added = (0..<Self.kills).count { !$0.isMultiple(of: 3) }
    for clerk in [desk, cart] {
      #expect(try await clerk.ask("SELECT count(*) FROM book") == "\(Self.kills)")
      #expect(try await clerk.ask("SELECT n FROM tally") == "\(added)")
      #expect(try await clerk.ask("PRAGMA integrity_check") == "ok")
      try await clerk.expectSettled()
    }
    // Nothing was judged twice. (What a round wrote and could not seal may share a transaction with the next.)
    #expect(try await hub.head() <= Self.kills + 1)
    let check = try await Tool.shell.run([hub.store, "PRAGMA integrity_check"], in: folder)
    #expect(check.output == "ok\n")
  }

  @Test("An app killed at random moments: every commit that it told of is there, and none is there in halves")
  func killedApp() async throws {
    let folder = try Folder()
    let desk = try Clerk("desk", in: folder)
    let hub = try await HubProcess(in: folder)
    try await hub.serve()
    try await hub.enrol(desk, scopes: ["branch/north"])
    let writer = try Tool.built("writer")
    var sum = 0
    for round in 0..<Self.kills {
      let app = try writer.start(
        [desk.file, folder.path("schema.json"), folder.path("tables.sql"), "r\(round)", "1000000"], in: folder)
      func told() throws -> Int { try String(contentsOf: app.output, encoding: .utf8).split(separator: "\n").count }
      let enough = Int.random(in: 0...5)
      try await eventually("the app has written a little") { try told() >= enough }
      try await Task.sleep(for: .microseconds(Int.random(in: 0...10_000)))
      app.process.killHard()
      try await app.process.end()
      let kept = try told()
      sum += kept
      let books = try #require(Int(try await desk.ask("SELECT count(*) FROM book WHERE id LIKE 'r\(round)-%'")))
      // Killed between the commit and the telling, it may have kept one more.
      #expect([kept * 2, kept * 2 + 2].contains(books), "told \(kept), found \(books) books")
    }
    print("\(Self.kills) kills of an app that had told of \(sum) commits")
    #expect(sum > 0)
    #expect(try await desk.ask("PRAGMA integrity_check") == "ok")
    let books = try await desk.ask("SELECT count(*) FROM book")
    try await desk.sync()
    try await desk.expectSettled()
    #expect(try await hub.status()["rows"] as? Int == Int(books))
  }
}
