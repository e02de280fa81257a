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
      try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    }

    /// The code in `{"error":{"code":…}}`.
    func errorCode() throws -> String? { (try object()["error"] as? [String: Any])?["code"] as? String }
  }

  let executable: URL

  /// The products are built beside the test bundle.
  static func built(_ name: String) throws -> Tool {
    let runner = URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    return Tool(executable: runner.deletingLastPathComponent().appending(path: name))
  }

  static let shell = Tool(executable: URL(filePath: "/usr/bin/sqlite3"))

  /// Starts the program with its output going to files of `folder`: a pipe that nobody reads can block it.
  func start(_ arguments: [String], in folder: Folder) throws -> (process: Process, output: URL, complaint: URL) {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = ["PATH": "/usr/bin:/bin", "no_proxy": "*"]
    let output = try folder.emptyFile()
    let complaint = try folder.emptyFile()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: complaint)
    try process.run()
    return (process, output, complaint)
  }

  @discardableResult
  func run(_ arguments: [String], in folder: Folder) async throws -> Outcome {
    let started = try start(arguments, in: folder)
    while started.process.isRunning { try await Task.sleep(for: .milliseconds(5)) }
    return Outcome(
      status: started.process.terminationStatus,
      output: try String(contentsOf: started.output, encoding: .utf8),
      complaint: try String(contentsOf: started.complaint, encoding: .utf8))
  }
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
