internal import ArgumentParser
internal import Foundation
internal import Relay
internal import RelayCurl
internal import Synchronization

/// One device in a process of its own.
enum DeviceProcess {
  enum Work: String, CaseIterable, ExpressibleByArgument { case push, pull }

  struct Outcome: Codable {
    var seconds: Double
    var megabytes: Double
  }

  /// Starts the process, and gives what it took.
  static func measure(_ work: Work, rows: Int, folder: String, hub: String) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["--device", work.rawValue, "--rows", "\(rows)", "--folder", folder, "--hub", hub]
    let out = Pipe()
    process.standardOutput = out
    try process.run()
    let answer = out.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return try JSONDecoder().decode(Outcome.self, from: answer)
  }

  /// Runs in a process that is not made for waiting: profilers do not get on with one that ends in a dispatch loop.
  static func runToEnd(_ work: Work, rows: Int, folder: String, hub: String) throws {
    let done = DispatchSemaphore(value: 0)
    let failure = Mutex<(any Error)?>(nil)
    Task {
      do { try await run(work, rows: rows, folder: folder, hub: hub) } catch { failure.withLock { $0 = error } }
      done.signal()
    }
    done.wait()
    if let error = failure.withLock({ $0 }) { throw error }
  }

  /// What the process does. Writing is not part of the time; transactions have 10,000 rows.
  static func run(_ work: Work, rows: Int, folder: String, hub: String) async throws {
    let replica = try Replica(at: folder + "/" + work.rawValue, schema: Sample.schema, environment: .system) { db in
      try db.script(Sample.ddl)
    }
    let transport = try CurlTransport(hub: hub)
    try await replica.enrol(code: work.rawValue, hub: hub, with: transport)
    if work == .push {
      for start in stride(from: 0, to: rows, by: 10_000) {
        try replica.write { db in try Sample.insert(start..<min(rows, start + 10_000), db) }
      }
    }
    let start = ContinuousClock.now
    _ = try await replica.sync(with: transport, options: .system)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let megabytes = try ServerProcess.peak(of: ProcessInfo.processInfo.processIdentifier)
    print(String(decoding: try JSONEncoder().encode(Outcome(seconds: seconds, megabytes: megabytes)), as: UTF8.self))
  }
}
