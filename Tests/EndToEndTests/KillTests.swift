import Foundation
import Glibc
import Testing

/// Programs killed in the middle of their work, on files that have to survive it.
@Suite(.timeLimit(.minutes(10)))
struct KillTests {
  /// How often, in the normal run; `RELAY_KILLS` asks for more.
  static let kills = ProcessInfo.processInfo.environment["RELAY_KILLS"].flatMap { Int($0) } ?? 60

  @Test("Hub or client killed again and again: what was acknowledged is there once")
  func killed() async throws {
    let folder = try Folder()
    let (desk, cart) = (try Clerk("desk", in: folder), try Clerk("cart", in: folder))
    let hub = try await HubProcess(in: folder)
    try await hub.serve()
    for (name, clerk) in [("desk", desk), ("cart", cart)] {
      let code = try await hub.addDevice(name, scopes: ["branch/north"])
      try #require(try await clerk("enroll", "--hub", hub.address, "--code", code).status == 0)
    }
    try #require(try await desk.shell("INSERT INTO tally VALUES ('t', 'north', 0)").status == 0)
    try #require(try await desk("sync").status == 0)
    for round in 0..<Self.kills {
      let writer = round.isMultiple(of: 3) ? cart : desk
      let sql =
        "INSERT INTO book VALUES ('b\(round)', 'north', 'Atlas', NULL, NULL); "
        + (round.isMultiple(of: 3) ? "" : "UPDATE tally SET n = n + 1;")
      try #require(try await writer.shell("BEGIN; \(sql) COMMIT").status == 0)
      let sync = try writer.start("sync", "--deadline", "5")
      try await Task.sleep(for: .milliseconds(Int.random(in: 0...120)))
      if round.isMultiple(of: 2) {
        try await hub.kill()
        try await hub.serve()
      } else {
        kill(sync.processIdentifier, SIGKILL)
      }
      while sync.isRunning { try await Task.sleep(for: .milliseconds(5)) }
    }
    for clerk in [desk, cart, desk] { try #require(try await clerk("sync").status == 0) }
    let added = (0..<Self.kills).count { !$0.isMultiple(of: 3) }
    for clerk in [desk, cart] {
      #expect(try await clerk.shell("SELECT count(*) FROM book").output == "\(Self.kills)\n")
      #expect(try await clerk.shell("SELECT n FROM tally").output == "\(added)\n")
      #expect(try await clerk.shell("PRAGMA integrity_check").output == "ok\n")
      let status = try await clerk("status", "--json").object()
      #expect(status["pending"] as? Int == 0)
      #expect(status["refused"] as? Int == 0)
    }
  }
}
