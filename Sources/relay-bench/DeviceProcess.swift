internal import ArgumentParser
internal import Foundation
internal import Relay
internal import RelayCurl
internal import Synchronization

/// One device in a process of its own.
enum DeviceProcess {
  enum Work: String, CaseIterable, ExpressibleByArgument {
    case push, pull
    case wholePulls, comparisons, histories
    case longHistory
    case visitAlone, visitBeside
  }

  struct Outcome: Codable {
    var seconds: Double
    var megabytes: Double
  }

  /// Starts the process, and gives what it took.
  static func measure(_ work: Work, rows: Int, folder: String, hub: String) throws -> Outcome {
    let out = Pipe()
    let process = try start(work, rows: rows, folder: folder, hub: hub, out)
    let answer = out.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return try JSONDecoder().decode(Outcome.self, from: answer)
  }

  static func start(
    _ work: Work, rows: Int, folder: String, hub: String, _ out: Pipe = Pipe()
  ) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["--device", work.rawValue, "--rows", "\(rows)", "--folder", folder, "--hub", hub]
    process.standardOutput = out
    try process.run()
    return process
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
    if [.wholePulls, .comparisons, .histories].contains(work) { return try await attack(work, replica, hub: hub) }
    let transport = try CurlTransport(hub: hub)
    try await replica.enrol(code: work.rawValue, hub: hub, with: transport)
    if work == .longHistory {
      try await writeHistory(replica, transport)
      return try tell(Outcome(seconds: 0, megabytes: 0))
    }
    if work == .visitAlone || work == .visitBeside {
      return try tell(Outcome(seconds: try await visit(replica, transport), megabytes: 0))
    }
    if work == .push {
      for start in stride(from: 0, to: rows, by: 10_000) {
        try replica.write { db in try Sample.insert(start..<min(rows, start + 10_000), db) }
      }
    }
    let start = ContinuousClock.now
    _ = try await replica.sync(with: transport, options: .system)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let megabytes = try ServerProcess.peak(of: ProcessInfo.processInfo.processIdentifier)
    try tell(Outcome(seconds: seconds, megabytes: megabytes))
  }

  private static func tell(_ outcome: Outcome) throws {
    print(String(decoding: try JSONEncoder().encode(outcome), as: UTF8.self))
  }
}
