import Foundation
import Relay
import Testing

/// Whoever was told that something is kept was told after the disk had it: seen in system calls, on device and hub.
@Suite(.timeLimit(.minutes(60)))
struct FlushTests {
  /// How many acknowledgements each test looks at; `RELAY_ACKNOWLEDGEMENTS` asks for more.
  static let count =
    ProcessInfo.processInfo.environment["RELAY_ACKNOWLEDGEMENTS"].flatMap { Int($0) } ?? 100
  static let calls =
    "read,recvfrom,recvmsg,readv,write,pwrite64,writev,pwritev,sendto,sendmsg,fsync,fdatasync"

  let folder: Folder

  init() throws { folder = try Folder() }

  /// Waits until strace has written its last line, and reads the trace.
  private func read(
    _ trace: String, _ database: String, _ acknowledgement: String, isAlone: Bool = true
  ) async throws -> FlushTrace {
    try await eventually("the trace is complete") {
      guard let text = try? String(contentsOfFile: trace, encoding: .utf8) else { return false }
      return text.split(separator: "\n").last?.contains("+++ exited") == true
    }
    let text = try String(contentsOfFile: trace, encoding: .utf8)
    return try FlushTrace(text, database: database, acknowledgement: acknowledgement, isAlone: isAlone)
  }

  @Test("Whoever reads these traces sees an answer that goes out too early")
  func notBlind() throws {
    let write = #"7 pwrite64(5</d/hub.db-wal>, "\0"..., 4096, 32) = 4096"#
    let (flush, answer) = ("7 fdatasync(5</d/hub.db-wal>) = 0", #"8 writev(9<socket:[4]>, [{iov_base="HTTP/1.1 200 OK"#)
    let request = #"8 read(9<socket:[4]>, "POST /v1/sync HTTP/1.1"..., 4096) = 300"#
    let told = answer + #"\r\n"..., iov_len=90}], 1) = 90"#
    func violations(_ lines: String..., isAlone: Bool = true) throws -> Int {
      try FlushTrace(
        lines.joined(separator: "\n"), database: "/d/hub.db", acknowledgement: "HTTP/1.1 200", isAlone: isAlone
      ).violations.count
    }
    for isAlone in [true, false] {
      #expect(try violations(request, write, flush, told, isAlone: isAlone) == 0)
      #expect(try violations(request, write, told, flush, isAlone: isAlone) == 1)
      #expect(try violations(write, flush, request, told, write, flush, isAlone: !isAlone) == (isAlone ? 1 : 0))
      // The flush began, and the answer went out before it had returned.
      let (begun, over) = ("7 fdatasync(5</d/hub.db-wal> <unfinished ...>", "7 <... fdatasync resumed>) = 0")
      #expect(try violations(request, write, begun, told, over, isAlone: isAlone) == 1)
      #expect(try violations(request, write, begun, over, told, isAlone: isAlone) == 0)
      // A flush that failed is none.
      let failed = "7 fdatasync(5</d/hub.db-wal>) = -1 EIO (Input/output error)"
      #expect(try violations(request, write, failed, told, isAlone: isAlone) == 1)
    }
    // A write that began after the flush did is not covered by it.
    let (begun, over) = ("7 fdatasync(5</d/hub.db-wal> <unfinished ...>", "7 <... fdatasync resumed>) = 0")
    #expect(try violations(write, begun, #"6 pwrite64(5</d/hub.db-wal>, "\0", 1, 4128) = 1"#, over, told) == 1)
    // Two answers for one flush, where each had something to say.
    #expect(try violations(write, flush, told, told) == 1)
    // The log begins anew while the database is not on the disk.
    let (page, again) = (
      #"7 pwrite64(3</d/hub.db>, "\0", 4096, 0) = 4096"#, #"7 pwrite64(5</d/hub.db-wal>, "7", 32, 0) = 32"#
    )
    #expect(try violations(page, again, flush, told) == 1)
    #expect(try violations(page, "7 fdatasync(3</d/hub.db>) = 0", again, flush, told) == 0)
  }

  @Test("A commit through the library returns after the flush")
  func library() async throws {
    let (file, trace, tables) = (folder.path("desk.db"), folder.path("trace"), folder.path("tables.sql"))
    let schema = try App.library.schema(in: folder)
    try Library.ddl.write(toFile: tables, atomically: true, encoding: .utf8)
    let outcome = try await Tool.built("writer").run(
      [file, schema, tables, "b", "\(Self.count)"], in: folder, under: .trace(Self.calls, to: trace))
    try #require(outcome.status == 0, "\(outcome.complaint)")
    let flushes = try await read(trace, file, "kept ")
    #expect(flushes.violations == [])
    #expect(flushes.acknowledgements == Self.count)
    #expect(flushes.flushes >= Self.count)
  }

  @Test("A command that says that a conflict is resolved says so after the flush")
  func command() async throws {
    let (desk, cart) = (try Clerk("desk", in: folder), try Clerk("cart", in: folder))
    let hub = try await HubProcess(in: folder)
    try await hub.serve()
    for clerk in [desk, cart] { try await hub.enrol(clerk, scopes: ["branch/north"]) }
    // A process for every acknowledgement: fewer of them where nobody asks for more.
    let count = Self.count > 100 ? Self.count : 20
    try await desk.change(
      """
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
      INSERT INTO book SELECT 'b' || i, 'north', 'Atlas', 'A', NULL FROM n
      """)
    for clerk in [desk, cart] { try await clerk.sync() }
    for (clerk, shelf) in [(desk, "B"), (cart, "C")] { try await clerk.change("UPDATE book SET shelf = '\(shelf)'") }
    for clerk in [desk, cart, desk] { try await clerk.sync() }
    let ids = try await desk.ask("SELECT id FROM relay_inbox WHERE kind = 'conflict'").split(separator: "\n")
    #expect(ids.count == count)
    let trace = folder.path("trace")
    var acknowledgements = 0
    for id in ids {
      let outcome = try await desk.run(under: .trace(Self.calls, to: trace), "inbox", "resolve", String(id), "a")
      try #require(outcome.status == 0, "\(outcome.complaint)")
      let flushes = try await read(trace, desk.file, "resolved ")
      #expect(flushes.violations == [])
      acknowledgements += flushes.acknowledgements
    }
    #expect(acknowledgements == count)
    for clerk in [desk, cart] { try await clerk.sync() }
    try await cart.expectSettled()
  }

  @Test("The hub answers a push after the flush, one device at a time and several at once", arguments: [1, 4])
  func hub(devices: Int) async throws {
    let hub = try await HubProcess(in: folder)
    let trace = folder.path("trace")
    try await hub.serve(under: .trace(Self.calls, to: trace))
    let each = Self.count / devices
    let (folder, port) = (folder, hub.port)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<devices {
        let code = try await hub.addDevice("device-\(number)", scopes: ["branch/north"])
        group.addTask { try await Self.push(each, "device-\(number)", code, folder, port) }
      }
      try await group.waitForAll()
    }
    #expect(try await hub.head() == each * devices)
    #expect(try await hub.stop() == 0)
    let flushes = try await read(trace, hub.store, "HTTP/1.1 200", isAlone: devices == 1)
    #expect(flushes.violations == [])
    // Each device's enrolment is acknowledged too.
    #expect(flushes.acknowledgements == each * devices + devices)
  }

  /// Writes and pushes so many transactions, one a request.
  private static func push(_ count: Int, _ name: String, _ code: String, _ folder: Folder, _ port: Int) async throws {
    let handset = try await Handset(name, code: code, in: folder, port: port)
    for number in 0..<count {
      let verdicts = try await handset.push("\(name)-\(number)")
      #expect(verdicts.map(\.isAccepted) == [true])
    }
  }
}
