import Foundation
import Testing

/// One person's file and the commands on it.
struct Clerk {
  let name: String
  let folder: Folder
  var client: Tool
  let file: String
  private(set) var place: [String]

  init(_ name: String, in folder: Folder, _ app: App = .library) throws {
    self.name = name
    self.folder = folder
    client = try Tool.built("relay-client")
    file = folder.path("\(name).db")
    place = ["--replica", file] + (try app.place(in: folder))
  }

  /// The same file, with an app that brings another sync schema file.
  func bringing(schema: String) -> Clerk {
    var clerk = self
    if let at = place.firstIndex(of: "--schema") { clerk.place[at + 1] = schema }
    return clerk
  }

  func callAsFunction(_ arguments: String...) async throws -> Tool.Outcome {
    try await client.run(place + arguments, in: folder)
  }

  /// The command as another program runs it, such as a tracer.
  func run(under wrapper: Tool.Wrapper, _ arguments: String...) async throws -> Tool.Outcome {
    try await client.run(place + arguments, in: folder, under: wrapper)
  }

  /// Starts a command and leaves it running.
  func start(_ arguments: String...) throws -> Process {
    try client.start(place + arguments, in: folder).process
  }

  /// What the `sqlite3` shell answers, which knows nothing of Relay.
  func shell(_ sql: String, _ options: String...) async throws -> Tool.Outcome {
    try await Tool.shell.run(options + [file, sql], in: folder)
  }

  /// Changes what the shell can change; a failure ends the test.
  func change(_ sql: String) async throws {
    let outcome = try await shell(sql)
    try #require(outcome.status == 0, "\(name): \(sql): \(outcome.complaint)")
  }

  /// What a query of the shell shows, without the last line's end.
  func ask(_ sql: String) async throws -> String {
    let outcome = try await shell(sql)
    try #require(outcome.status == 0, "\(name): \(sql): \(outcome.complaint)")
    return outcome.output.trimmingCharacters(in: .newlines)
  }

  /// A sync that has to get through.
  @discardableResult
  func sync() async throws -> [String: Any] {
    let outcome = try await self("sync", "--json", "--deadline", "300")
    try #require(outcome.status == 0, "\(name): \(outcome.complaint)")
    return try outcome.object()
  }

  func status() async throws -> [String: Any] { try await self("status", "--json").object() }

  func inbox() async throws -> [[String: Any]] {
    let outcome = try await self("inbox", "--json")
    return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
  }

  /// Nothing waits to be sent, nothing was refused or held, and every row is as the hub says.
  func expectSettled(conflicts: Int = 0, refused: Int = 0) async throws {
    let status = try await status()
    for (field, count) in [("pending", 0), ("refused", refused), ("held", 0), ("conflicts", conflicts)] {
      #expect(status[field] as? Int == count, "\(name): \(field)")
    }
    let verified = try await self("verify", "--json")
    #expect(verified.status == 0, "\(name): \(verified.output)\(verified.complaint)")
  }

  /// Every byte of the file and its write-ahead log.
  func bytes() throws -> Data {
    var all = try Data(contentsOf: URL(filePath: file))
    if let log = try? Data(contentsOf: URL(filePath: file + "-wal")) { all += log }
    return all
  }
}
