import Foundation
import Relay
internal import RelayProtocol
import Testing

/// What strangers, and devices that ask for too much, get from a hub.
@Suite(.timeLimit(.minutes(10)))
struct EdgeTests {
  let folder: Folder
  let hub: HubProcess

  init() async throws {
    folder = try Folder()
    hub = try await HubProcess(in: folder)
  }

  private func code(_ wire: Wire) async throws -> String {
    try ErrorReply(decoding: try await wire.reply(within: .seconds(20)).body).code
  }

  @Test("Of a body whose credential is unknown nothing is read, and the connection ends")
  func strangers() async throws {
    try await hub.serve()
    let wire = try Wire(port: hub.port)
    try await wire.send("POST", "/v1/sync", token: "nobody", announced: 8 << 20)
    #expect(try await code(wire) == "unauthorized")
    // Whoever goes on sending is cut off soon; what the network had taken in meanwhile is all that it could send.
    let sent = try await wire.sendUntilCut([UInt8](repeating: 0, count: 64 << 10), most: 512 << 20)
    #expect(sent < 64 << 20, "\(sent) bytes went in")
    #expect(try await hub.metric("relay_body_bytes") == 0)
  }

  @Test("A device has only so many requests at once; others are not concerned")
  func tooManyRequests() async throws {
    try await hub.serve("--device-requests", "2")
    let greedy = try await Listener("greedy", at: hub, scopes: ["branch/north"])
    let other = try await Listener("other", at: hub, scopes: ["branch/north"])
    var parked: [Wire] = []
    for _ in 0..<2 {
      parked.append(try Wire(port: hub.port))
      try await greedy.ask(on: parked[parked.count - 1], wait: 55_000)
    }
    try await eventually("two pulls are parked") { try await hub.metric("relay_parked_pulls") == 2 }
    let third = try Wire(port: hub.port)
    try await greedy.ask(on: third)
    let reply = try await third.reply()
    #expect(reply.status == 429)
    #expect(reply.headers["retry-after"] != nil)
    #expect(try ErrorReply(decoding: reply.body).code == "slow_down")
    let fair = try Wire(port: hub.port)
    try await other.ask(on: fair)
    #expect(try await fair.reply().status == 200)
    parked[0].hangUp()
    try await eventually("the device may ask again") {
      let wire = try Wire(port: hub.port)
      try await greedy.ask(on: wire)
      return try await wire.reply().status == 200
    }
  }

  @Test("Who hangs up while its credential is looked at has no request open")
  func hangsUpEarly() async throws {
    try await hub.serve("--device-requests", "2")
    let hasty = try await Listener("hasty", at: hub, scopes: ["branch/north"])
    for _ in 0..<50 {
      let wire = try Wire(port: hub.port)
      try await wire.send("POST", "/v1/sync", token: hasty.token, announced: 100)
      wire.hangUp()
    }
    try await eventually("all have ended") { try await hub.metric("relay_connections") == 0 }
    let wire = try Wire(port: hub.port)
    try await hasty.ask(on: wire)
    #expect(try await wire.reply().status == 200)
  }

  @Test("Who uses up its share of the hub's time waits, as long as the hub says; others do not")
  func usedUp() async throws {
    try await hub.serve("--device-burst", "0.1", "--device-rate", "10")
    let greedy = try await Listener("greedy", at: hub, scopes: ["branch/north"])
    let other = try await Listener("other", at: hub, scopes: ["branch/north"])
    var refused: Wire.Reply?
    for _ in 0..<5000 where refused == nil {
      let wire = try Wire(port: hub.port)
      try await greedy.ask(on: wire)
      let reply = try await wire.reply()
      if reply.status == 429 { refused = reply }
    }
    let reply = try #require(refused, "five thousand pulls cost nothing")
    #expect(try ErrorReply(decoding: reply.body).retryAfter > 0)
    let fair = try Wire(port: hub.port)
    try await other.ask(on: fair)
    #expect(try await fair.reply().status == 200)
  }

  @Test("Connections have a limit; beyond it nothing is read")
  func tooManyConnections() async throws {
    try await hub.serve("--connections", "3")
    let idle = try (0..<3).map { _ in try Wire(port: hub.port) }
    try await eventually("three connections are open") { try await hub.metric("relay_connections") == 3 }
    let fourth = try Wire(port: hub.port)
    #expect(try await fourth.sendUntilCut([0x47], most: 1 << 20) < 1 << 20, "it may go on sending")
    idle[0].hangUp()
    try await eventually("there is room again") { try await hub.metric("relay_connections") == 2 }
    #expect(try await hub.get("/healthz").status == 200)
  }

  @Test(
    "A body that hardly moves ends with a code, an answer that nobody reads with its connection, and both give back")
  func tooSlow() async throws {
    try await hub.serve()
    let slow = try await Listener("slow", at: hub, scopes: ["branch/north"])
    let handset = try await Handset(
      "handset", code: try await hub.addDevice("handset", scopes: ["branch/north"]), in: folder, port: hub.port)
    for book in 0..<8 { try await handset.push("book \(book)", padding: 500_000) }
    let sender = try Wire(port: hub.port)
    try await sender.send("POST", "/v1/sync", token: slow.token, announced: 1 << 20)
    _ = try await sender.sendUntilCut([UInt8](repeating: 0, count: 1 << 10), most: 1 << 10)
    let reader = try Wire(port: hub.port, window: 2048)
    try await slow.ask(on: reader)
    try await eventually("both hold something") {
      let (body, answer) = (try await hub.metric("relay_body_bytes"), try await hub.metric("relay_answer_bytes"))
      return body > 0 && answer > 500_000
    }
    #expect(try ErrorReply(decoding: try await sender.reply(within: .seconds(90)).body).code == "deadline")
    try await eventually("nothing is held any more", within: .seconds(90)) {
      let (body, answer) = (try await hub.metric("relay_body_bytes"), try await hub.metric("relay_answer_bytes"))
      return body == 0 && answer == 0
    }
    try await handset.push("it serves on")
  }

  @Test("HEAD and OPTIONS on health, one connection for several requests, and no other host's name")
  func manners() async throws {
    try await hub.serve()
    let wire = try Wire(port: hub.port)
    try await wire.send("OPTIONS", "/healthz")
    let options = try await wire.reply()
    #expect(options.status == 204)
    #expect(options.headers["allow"] == "GET, HEAD, OPTIONS")
    try await wire.send("GET", "/healthz")
    #expect(try await wire.reply().text == "ok\n")
    try await wire.send("GET", "/healthz", host: "evil.example")
    #expect(try await wire.reply().status == 404)
    let head = try Wire(port: hub.port)
    try await head.send("HEAD", "/healthz")
    #expect(try await head.reply(isHead: true).status == 200)
  }

  @Test("Beyond loopback a hub without TLS is not started unless a proxy is said to stand before it")
  func openNetwork() async throws {
    let outcome = try await hub.attempt("serve", "--data", hub.data, "--listen", "0.0.0.0:0")
    #expect(outcome.status != 0)
    #expect(outcome.complaint.contains("--behind-proxy"), "\(outcome.complaint)")
  }

  @Test("A data directory that was there becomes private")
  func privateDirectory() async throws {
    let data = folder.path("open")
    try FileManager.default.createDirectory(
      atPath: data, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    _ = try await hub.call("init", "--data", data, "--schema", try App.library.schema(in: folder))
    let mode = try FileManager.default.attributesOfItem(atPath: data)[.posixPermissions] as? Int
    #expect(mode == 0o700)
  }
}
