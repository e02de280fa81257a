import Foundation
import Glibc
import Testing

/// A `relay-server` on a free port of this machine, stopped when the test lets go of it.
final class HubProcess {
  let folder: Folder
  let data: String
  /// How commands name the hub's store.
  private let place: [String]
  private let server: Tool
  private var process: Process?
  /// What it has logged since it was started.
  private(set) var log: URL?
  /// A hub that comes back listens where it listened before.
  private(set) var port = 0
  /// Of its listener for metrics.
  private var metricsPort = 0

  var address: String { "http://127.0.0.1:\(port)" }
  var store: String { data + "/hub.db" }

  /// Makes a hub in a directory, or in a database that is named; `serve` takes connections.
  init(in folder: Folder, _ app: App = .library, name: String = "hub", store: String? = nil) async throws {
    self.folder = folder
    server = try Tool.built("relay-server")
    data = folder.path(name)
    place = store.map { ["--store", $0] } ?? ["--data", data]
    try await call(["init"] + place + ["--schema", try app.schema(in: folder)])
  }

  /// Another node of the same database.
  init(besides other: HubProcess, name: String) {
    (folder, server, place) = (other.folder, other.server, other.place)
    data = folder.path(name)
  }

  deinit { process?.terminate() }

  /// - Parameters:
  ///   - wrapper: runs the hub, and leaves it the process that signals reach.
  ///   - options: more of them.
  func serve(under wrapper: Tool.Wrapper? = nil, listening host: String = "127.0.0.1", _ options: String...)
    async throws
  {
    let (portFile, metricsFile) = (data + ".port", data + ".metrics-port")
    try? FileManager.default.removeItem(atPath: portFile)
    let started = try server.start(
      [
        "serve"
      ] + place + [
        "--listen", "\(host):\(port)", "--port-file", portFile, "--metrics", "127.0.0.1:0",
        "--metrics-port-file", metricsFile,
      ] + options, in: folder, under: wrapper)
    process = started.process
    log = started.complaint
    try await eventually("the hub takes connections", within: .seconds(60)) {
      let complaint = try String(contentsOf: started.complaint, encoding: .utf8)
      try #require(started.process.isRunning, "\(complaint)")
      guard let text = try? String(contentsOfFile: portFile, encoding: .utf8) else { return false }
      port = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
      return port > 0
    }
    let text = try String(contentsOfFile: metricsFile, encoding: .utf8)
    metricsPort = try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  /// As an operator would; the exit code.
  @discardableResult
  func stop() async throws -> Int32 {
    process?.terminate()
    return try await gone()
  }

  /// As a power cut would, as far as a program can tell.
  func kill() async throws {
    process?.killHard()
    try await gone()
  }

  @discardableResult
  private func gone() async throws -> Int32 {
    guard let process else { return 0 }
    try await process.end()
    self.process = nil
    // What a later version of the network library ends the program for.
    let text = log.flatMap { try? String(contentsOf: $0, encoding: .utf8) } ?? ""
    #expect(!text.contains("already shut down"))
    return process.terminationStatus
  }

  /// Sends the signal that has certificates read again.
  func hangUp() { if let process { Glibc.kill(process.processIdentifier, SIGHUP) } }

  /// Memory that the process holds, in kB.
  func residentMemory() throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(process?.processIdentifier ?? 0)/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
    return try #require(line.split(separator: " ").dropLast().last.flatMap { Int($0) })
  }

  /// Processor time that the process has taken, in the system's hundredths of a second.
  func processorTicks() throws -> Int {
    let line = try String(contentsOfFile: "/proc/\(process?.processIdentifier ?? 0)/stat", encoding: .utf8)
    // After the name, which may hold anything, come the state and ten numbers before the two.
    let numbers = line[(line.lastIndex(of: ")") ?? line.startIndex)...].split(separator: " ")
    return try #require(Int(numbers[12])) + (try #require(Int(numbers[13])))
  }

  /// A command that has to work; what it printed.
  @discardableResult
  func call(_ arguments: String...) async throws -> String { try await call(arguments) }

  @discardableResult
  private func call(_ arguments: [String]) async throws -> String {
    let outcome = try await server.run(arguments, in: folder)
    try #require(outcome.status == 0, "relay-server \(arguments.joined(separator: " ")): \(outcome.complaint)")
    return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// A command that may fail.
  func attempt(_ arguments: String...) async throws -> Tool.Outcome { try await attempt(arguments) }

  func attempt(_ arguments: [String]) async throws -> Tool.Outcome { try await server.run(arguments, in: folder) }

  func status() async throws -> [String: Any] {
    try await server.run(["status"] + place + ["--json"], in: folder).object()
  }

  /// Its status once that is as it should be, or as it is when the time is up.
  func status(within time: Duration, until isRight: ([String: Any]) -> Bool) async throws -> [String: Any] {
    let end = ContinuousClock.now + time
    var status = try await status()
    while !isRight(status), ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(200))
      status = try await self.status()
    }
    return status
  }

  /// The hub's newest seq.
  func head() async throws -> Int { try #require(try await status()["head"] as? Int) }

  /// The one-time code of a new device.
  func addDevice(_ name: String, role: String = "clerk", scopes: [String]) async throws -> String {
    try await call(
      ["device", "add"] + place + ["--name", name, "--role", role] + (scopes.isEmpty ? ["--no-scopes"] : [])
        + scopes.flatMap { ["--scope", $0] })
  }

  /// - Parameter address: where the device finds the hub, if not at its own address.
  func enrol(_ clerk: Clerk, role: String = "clerk", scopes: [String], at address: String? = nil) async throws {
    let code = try await addDevice(clerk.name, role: role, scopes: scopes)
    let outcome = try await clerk("enroll", "--hub", address ?? self.address, "--code", code)
    try #require(outcome.status == 0, "\(clerk.name): \(outcome.complaint)")
  }

  func grant(_ name: String, role: String? = nil, scopes: [String]) async throws {
    try await call(
      ["device", "grant"] + place + ["--name", name] + (role.map { ["--role", $0] } ?? [])
        + (scopes.isEmpty ? ["--no-scopes"] : [])
        + scopes.flatMap { ["--scope", $0] })
  }

  func revoke(_ name: String) async throws { try await call(["device", "revoke"] + place + ["--name", name]) }

  func get(_ path: String) async throws -> Wire.Reply {
    let wire = try Wire(port: path == "/metrics" ? metricsPort : port)
    try await wire.send("GET", path)
    return try await wire.reply()
  }

  /// A figure of /metrics, by the beginning of its line.
  func metric(_ name: String) async throws -> Double {
    let lines = try await get("/metrics").text.split(separator: "\n")
    return lines.first { $0.hasPrefix(name + " ") }.flatMap { Double($0.dropFirst(name.count + 1)) } ?? 0
  }
}
