import Foundation
import Testing

/// A program run to its end, as a person or a script would.
struct Tool {
  struct Outcome {
    var status: Int32
    var output: String
    var complaint: String

    /// The JSON object that was printed.
    func object() throws -> [String: Any] {
      try #require(
        try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any], "\(output)\(complaint)")
    }

    /// The code in `{"error":{"code":…}}`.
    func errorCode() throws -> String? { (try object()["error"] as? [String: Any])?["code"] as? String }
  }

  /// A program that runs another one, which it is given after its own arguments.
  struct Wrapper {
    var tool: Tool
    var arguments: [String]

    init(_ path: String, _ arguments: [String]) {
      tool = Tool(executable: URL(filePath: path))
      self.arguments = arguments
    }

    /// strace beside the program, not above it: the program stays the one that signals reach. A call that `inject`
    /// names fails or waits as it says.
    static func trace(_ calls: String, to file: String, paths: [String] = [], inject: String? = nil) -> Wrapper {
      var arguments = ["-D", "-f", "-y", "-q", "-s", "32", "-e", "signal=none", "-e", "trace=\(calls)", "-o", file]
      for path in paths { arguments += ["-P", path] }
      if let inject { arguments += ["-e", "inject=\(inject)"] }
      return Wrapper("/usr/bin/strace", arguments)
    }
  }

  let executable: URL
  var environment = ["PATH": "/usr/bin:/bin", "no_proxy": "*"]

  /// The products are built beside the test bundle; `RELAY_PROGRAMS` names a folder with others, such as optimised
  /// ones.
  static func built(_ name: String) throws -> Tool {
    if let folder = ProcessInfo.processInfo.environment["RELAY_PROGRAMS"] {
      return Tool(executable: URL(filePath: folder).appending(path: name))
    }
    let runner = URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    return Tool(executable: runner.deletingLastPathComponent().appending(path: name))
  }

  static let shell = Tool(executable: URL(filePath: "/usr/bin/sqlite3"))

  /// Starts the program with its output going to files of `folder`: a pipe that nobody reads can block it.
  func start(
    _ arguments: [String], in folder: Folder, under wrapper: Wrapper? = nil
  ) throws -> (process: Process, output: URL, complaint: URL) {
    let process = Process()
    process.executableURL = wrapper?.tool.executable ?? executable
    process.arguments = (wrapper.map { $0.arguments + [executable.path] } ?? []) + arguments
    process.environment = environment
    let output = try folder.emptyFile()
    let complaint = try folder.emptyFile()
    process.standardInput = FileHandle.nullDevice
    let handles = [try FileHandle(forWritingTo: output), try FileHandle(forWritingTo: complaint)]
    (process.standardOutput, process.standardError) = (handles[0], handles[1])
    try process.run()
    // Foundation keeps a process for longer than its program lives, and with it whatever it was given.
    for handle in handles { try handle.close() }
    return (process, output, complaint)
  }

  @discardableResult
  func run(_ arguments: [String], in folder: Folder, under wrapper: Wrapper? = nil) async throws -> Outcome {
    let started = try start(arguments, in: folder, under: wrapper)
    try await started.process.end()
    defer { for file in [started.output, started.complaint] { try? FileManager.default.removeItem(at: file) } }
    return Outcome(
      status: started.process.terminationStatus,
      output: try String(contentsOf: started.output, encoding: .utf8),
      complaint: try String(contentsOf: started.complaint, encoding: .utf8))
  }
}

extension Process {
  func end() async throws { while isRunning { try await Task.sleep(for: .milliseconds(5)) } }

  func killHard() { kill(processIdentifier, SIGKILL) }
}

/// A folder that is removed when the test is over.
final class Folder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "relay-e2e-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appending(path: name).path }

  func emptyFile() throws -> URL {
    let file = url.appending(path: UUID().uuidString)
    try Data().write(to: file)
    return file
  }
}

/// Waits for something that another process brings about; says what it waited for when that never comes.
func eventually(
  _ what: String, within limit: Duration = .seconds(30), _ holds: () async throws -> Bool
) async throws {
  let end = ContinuousClock.now + limit
  while ContinuousClock.now < end {
    if try await holds() { return }
    try await Task.sleep(for: .milliseconds(10))
  }
  Issue.record("within \(limit) it never came that \(what)")
}
