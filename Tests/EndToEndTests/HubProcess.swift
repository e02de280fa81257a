import Foundation
import Glibc
import Testing

/// A `relay-server` on a free port of this machine, stopped when the test lets go of it.
final class HubProcess {
  let folder: Folder
  private let server: Tool
  private let data: String
  private var process: Process?
  /// A hub that comes back listens where it listened before.
  private var port = 0

  var address: String { "http://127.0.0.1:\(port)" }

  /// Makes a data directory; `serve` takes connections.
  init(in folder: Folder, schema path: String? = nil) async throws {
    self.folder = folder
    server = try Tool.built("relay-server")
    data = folder.path("hub")
    let schema = path ?? folder.path("schema.json")
    let made = try await server.run(["init", "--data", data, "--schema", schema], in: folder)
    try #require(made.status == 0, "\(made.complaint)")
  }

  deinit { process?.terminate() }

  func serve() async throws {
    let portFile = folder.path("port")
    try? FileManager.default.removeItem(atPath: portFile)
    process = try server.start(
      ["serve", "--data", data, "--listen", "127.0.0.1:\(port)", "--port-file", portFile], in: folder
    ).process
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
      let text = (try? String(contentsOfFile: portFile, encoding: .utf8))?.trimmingCharacters(
        in: .whitespacesAndNewlines)
      if let port = text.flatMap(Int.init) {
        self.port = port
        return
      }
      try await Task.sleep(for: .milliseconds(20))
    }
    Issue.record("the hub took no connections within 20 seconds")
  }

  func stop() async throws {
    process?.terminate()
    try await gone()
  }

  /// As a power cut would, as far as a program can tell.
  func kill() async throws {
    if let process { Glibc.kill(process.processIdentifier, SIGKILL) }
    try await gone()
  }

  private func gone() async throws {
    guard let process else { return }
    while process.isRunning { try await Task.sleep(for: .milliseconds(5)) }
    self.process = nil
  }

  /// The hub's newest seq.
  func head() async throws -> Int {
    let status = try await server.run(["status", "--data", data, "--json"], in: folder)
    return try #require(try status.object()["head"] as? Int)
  }

  /// The one-time code of a new device.
  func addDevice(_ name: String, role: String = "clerk", scopes: [String]) async throws -> String {
    let added = try await server.run(
      ["device", "add", "--data", data, "--name", name, "--role", role] + scopes.flatMap { ["--scope", $0] },
      in: folder)
    try #require(added.status == 0, "\(added.complaint)")
    return added.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  func grant(_ name: String, role: String?, scopes: [String]) async throws {
    let arguments =
      ["device", "grant", "--data", data, "--name", name] + (role.map { ["--role", $0] } ?? [])
      + scopes.flatMap { ["--scope", $0] }
    let granted = try await server.run(arguments, in: folder)
    try #require(granted.status == 0, "\(granted.complaint)")
  }

  func revoke(_ name: String) async throws {
    let revoked = try await server.run(["device", "revoke", "--data", data, "--name", name], in: folder)
    try #require(revoked.status == 0, "\(revoked.complaint)")
  }
}
