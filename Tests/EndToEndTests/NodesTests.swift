import Foundation
import Relay
internal import RelayProtocol
import Testing

/// Two nodes over one database (`Tests/Postgres/server.sh with …`).
@Suite(
  .timeLimit(.minutes(5)), .enabled(if: ProcessInfo.processInfo.environment["RELAY_TEST_STORE"] != nil))
struct NodesTests {
  let folder: Folder
  let one: HubProcess
  let two: HubProcess

  init() async throws {
    folder = try Folder()
    let database = ProcessInfo.processInfo.environment["RELAY_TEST_STORE"] ?? ""
    let schema = "n" + UUID().uuidString.replacingOccurrences(of: "-", with: "").lowercased()
    one = try await HubProcess(in: folder, store: "\(database)&options=-csearch_path%3D\(schema)")
    two = HubProcess(besides: one, name: "two")
    try await one.serve()
    try await two.serve()
  }

  @Test("A pull that waits at one node wakes for a commit at another")
  func wakes() async throws {
    let waits = try await Listener("waits", at: one, scopes: ["branch/north"])
    let wire = try Wire(port: one.port)
    try await waits.ask(on: wire, wait: 55_000)
    try await eventually("the pull is parked") { try await one.metric("relay_parked_pulls") == 1 }
    let desk = try Clerk("desk", in: folder)
    try await two.enrol(desk, scopes: ["branch/north"])
    try await desk.change("INSERT INTO book (id, branch, title) VALUES ('b1', 'north', 'Atlas')")
    try await desk.sync()
    // Far below what it would have waited.
    let reply = try await wire.reply(within: .seconds(30))
    #expect(reply.status == 200)
    #expect(try SyncResponse(decoding: reply.body).page?.rows.count == 1)
  }

  @Test("SIGTERM ends a node at once, with a pull parked; the other serves on")
  func stops() async throws {
    let waits = try await Listener("waits", at: one, scopes: ["branch/north"])
    let wire = try Wire(port: one.port)
    try await waits.ask(on: wire, wait: 55_000)
    try await eventually("the pull is parked") { try await one.metric("relay_parked_pulls") == 1 }
    #expect(try await one.stop() == 0)
    #expect(try await wire.reply().status == 200)
    let desk = try Clerk("desk", in: folder)
    try await two.enrol(desk, scopes: ["branch/north"])
    try await desk.change("INSERT INTO book (id, branch, title) VALUES ('b1', 'north', 'Atlas')")
    try await desk.sync()
    try await desk.expectSettled()
    #expect(try await two.stop() == 0)
  }

  @Test("SIGTERM ends a node well also where an answer takes longer than its ear for the other nodes")
  func stopsWithARequestHalfSent() async throws {
    let waits = try await Listener("waits", at: one, scopes: ["branch/north"])
    let wire = try Wire(port: one.port)
    try await wire.send("POST", "/v1/sync", token: waits.token, body: [0], announced: 100)
    try await eventually("the request has begun") { try await one.metric("relay_connections") >= 1 }
    try await Task.sleep(for: .milliseconds(500))
    #expect(try await one.stop() == 0)
  }
}
