import Foundation
import Testing

/// Peers that hold what they were given, or what they owe, for as long as they may.
@Suite(.timeLimit(.minutes(5)))
struct SlowPeerTests {
  @Test(
    "Two hundred who do not read their answers and sixty who do not end their bodies hold little of the hub's memory")
  func memory() async throws {
    let folder = try Folder()
    let hub = try await HubProcess(in: folder)
    try await hub.serve("--device-requests", "1000", "--device-burst", "3600")
    let slow = try await Listener("slow", at: hub, scopes: ["branch/north"])
    let desk = try Clerk("desk", in: folder)
    try await hub.enrol(desk, scopes: ["branch/north"])
    try await desk.change(
      """
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
      INSERT INTO book (id, branch, title) SELECT 'b' || i, 'north', hex(randomblob(100)) FROM n
      """)
    try await desk.sync()
    let before = try hub.residentMemory()
    var readers: [Wire] = []
    for _ in 0..<200 {
      readers.append(try Wire(port: hub.port, window: 2048))
      try await slow.ask(on: readers[readers.count - 1])
    }
    try await eventually("each has its answer") {
      try await hub.metric("relay_requests_total{route=\"/v1/sync\",status=\"200\"}") >= 200
    }
    // What the system would take in for a peer that has room is not the hub's to hold.
    #expect(try await hub.metric("relay_answer_bytes") > 12_000_000)
    var senders: [Wire] = []
    for _ in 0..<60 {
      let wire = try Wire(port: hub.port)
      try await wire.send("POST", "/v1/sync", token: slow.token, announced: 8 << 20)
      _ = try await wire.sendUntilCut([UInt8](repeating: 0, count: 64 << 10), most: 1 << 20)
      senders.append(wire)
    }
    try await eventually("bodies wait for their ends") { try await hub.metric("relay_body_bytes") > 8_000_000 }
    let held = try hub.residentMemory()
    #expect(held < 150_000, "\(held) kB, \(before) kB before")
    // It serves on.
    let other = try Wire(port: hub.port)
    try await slow.ask(on: other)
    #expect([200, 503].contains(try await other.reply().status))
    withExtendedLifetime((readers, senders)) {}
  }
}
