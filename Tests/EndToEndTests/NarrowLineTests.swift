import Foundation
import Testing

/// Lines that carry little: bodies and pages shrink until they fit, and every try makes progress.
@Suite(.timeLimit(.minutes(10)))
struct NarrowLineTests {
  let folder: Folder
  let desk: Clerk
  let cart: Clerk
  let hub: HubProcess

  init() async throws {
    folder = try Folder()
    desk = try Clerk("desk", in: folder)
    cart = try Clerk("cart", in: folder)
    hub = try await HubProcess(in: folder)
    try await hub.serve("--behind-proxy")
  }

  private func write(_ clerk: Clerk, books count: Int, bytes: Int) async throws {
    try await clerk.change(
      """
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
      INSERT INTO book SELECT 'book-' || i, 'north', 'Volume ' || i, NULL, hex(randomblob(\(bytes / 2))) FROM n
      """)
  }

  @Test("A proxy that takes 64 kB: six notes of 400 kB go up in one sync, and the size is remembered")
  func smallBodies() async throws {
    let line = try NarrowLine(to: hub, body: 64 << 10)
    defer { withExtendedLifetime(line) {} }
    try await hub.enrol(desk, scopes: ["branch/north"], at: line.address)
    try await hub.enrol(cart, scopes: ["branch/north"])
    for number in 1...6 {
      try await desk.change("INSERT INTO book VALUES ('b\(number)', 'north', 'Atlas', NULL, hex(randomblob(200000)))")
    }
    try await desk.sync()
    let first = line.seen
    #expect(first.tooLarge > 0, "nothing was too large")
    #expect(first.largest > 32 << 10, "much smaller than what fits")
    try await cart.sync()
    #expect(try await cart.ask("SELECT count(*), sum(length(note)) FROM book") == "6|2400000")
    for clerk in [desk, cart] { try await clerk.expectSettled() }
    // Another process begins with what the first has learnt.
    try await desk.change("INSERT INTO book VALUES ('b7', 'north', 'Atlas', NULL, hex(randomblob(200000)))")
    try await desk.sync()
    #expect(line.seen.tooLarge <= first.tooLarge + 1)
    try await desk.expectSettled()
  }

  @Test("A line whose connections end after 300 kB: a first sync of 4 MB comes to its end, whatever it takes")
  func shortConnections() async throws {
    let line = try NarrowLine(to: hub, answer: 300 << 10)
    defer { withExtendedLifetime(line) {} }
    try await hub.enrol(desk, scopes: ["branch/north"])
    try await hub.enrol(cart, scopes: ["branch/north"], at: line.address)
    try await write(desk, books: 2000, bytes: 4000)
    try await desk.sync()
    var (tries, staged) = (0, 0)
    while try await cart("sync", "--json", "--deadline", "120").status != 0 {
      // Each try leaves more behind for the next one.
      let now = Int(try await cart.ask("SELECT count(*) FROM relay_page")) ?? 0
      #expect(now > staged, "try \(tries) brought nothing")
      (tries, staged) = (tries + 1, now)
      try #require(tries < 20)
    }
    #expect(line.seen.cut > 0, "no answer was cut")
    #expect(try await cart.ask("SELECT count(*) FROM book") == "2000")
    try await cart.expectSettled()
  }
}
