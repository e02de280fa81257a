internal import Foundation
internal import Relay
internal import RelayHub
internal import RelayProtocol

extension Case {
  /// Real processes on loopback: a hub, and a device that writes and one that pulls, each by itself, so that memory is its
  /// own.
  static func overHTTP(_ measure: Measure) -> [Case] {
    let name = "over loopback HTTP: push and first sync of \(measure.rows) rows"
    return [
      Case(name: name) {
        let folder = measure.file()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let server = try ServerProcess(folder)
        defer { server.stop() }
        let (rows, hub) = (measure.rows, server.url)
        let push = try DeviceProcess.measure(.push, rows: rows, folder: folder, hub: hub)
        let pull = try DeviceProcess.measure(.pull, rows: rows, folder: folder, hub: hub)
        return [
          Figure("push of \(rows) rows over HTTP", .rowsPerSecond, Double(rows) / push.seconds),
          Figure(
            "first sync of \(rows) rows over HTTP", .rowsPerSecond, Double(rows) / pull.seconds, .atLeast(100_000)),
          Figure("peak memory of writing and pushing \(rows) rows", .megabytes, push.megabytes, .atMost(100)),
          Figure("peak memory of a first sync of \(rows) rows", .megabytes, pull.megabytes, .atMost(100)),
          Figure("peak memory of the hub meanwhile", .megabytes, try ServerProcess.peak(of: server.id)),
        ]
      }
    ]
  }
}

/// A `relay-server` on a hub of its own; it stands beside this program, built with the same options.
final class ServerProcess {
  private let process = Process()
  private(set) var url = ""

  var id: Int32 { process.processIdentifier }

  /// What one device does here, an organisation does elsewhere.
  static let unlimited = ["--device-burst", "3600", "--device-rate", "10000"]

  init(_ folder: String, options: [String] = ServerProcess.unlimited) throws {
    let data = folder + "/hub"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    try Hub.create(
      directory: data, schema: Sample.schema, organisation: Hash128(high: 1, low: 1), epoch: Hash128(high: 2, low: 2))
    let writer = try HubWriter(directory: data)
    for work in DeviceProcess.Work.allCases {
      try writer.addDevice(
        name: work.rawValue, role: "field", grants: [ScopeGrant(scope: "unit/u")], code: work.rawValue, expires: .max)
    }
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    process.executableURL = program.appendingPathComponent("relay-server")
    let portFile = folder + "/port"
    process.arguments =
      [
        "serve", "--data", data, "--listen", "127.0.0.1:0", "--port-file", portFile, "--log-level", "error",
      ] + options
    try process.run()
    for _ in 0..<1000 where url.isEmpty {
      Thread.sleep(forTimeInterval: 0.02)
      if let text = try? String(contentsOfFile: portFile, encoding: .utf8), let port = Int(text.trimmed) {
        url = "http://127.0.0.1:\(port)"
      }
    }
    guard !url.isEmpty else { throw RelayError(.ioError, "relay-server did not start; build it with -c release") }
  }

  func stop() {
    process.terminate()
    process.waitUntilExit()
  }

  /// The most memory that a process has taken, in megabytes.
  static func peak(of process: Int32) throws -> Double {
    let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
  }
}

extension String {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
