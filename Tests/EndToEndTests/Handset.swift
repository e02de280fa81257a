import Foundation
import Relay
internal import RelayMerge
internal import RelayProtocol
import Testing

/// A device inside the test: a replica that pushes over one connection as long as the hub keeps it, without a process
/// of its own.
final class Handset {
  private let replica: Replica
  private let port: Int
  private var wire: Wire
  private let token: String

  init(_ name: String, code: String, in folder: Folder, port: Int) async throws {
    let environment = Environment(
      now: { Int64(Date().timeIntervalSince1970 * 1000) }, random: { UInt64.random(in: 0...UInt64.max) })
    replica = try Replica(
      at: folder.path(name + ".db"), schema: Array(Library.schema.utf8), environment: environment
    ) { (db) throws(RelayError) in try db.script(Library.ddl) }
    self.port = port
    wire = try Wire(port: port)
    let enrol = EnrolRequest(code: code, schemaHash: replica.schema.hash, replica: try replica.replicaID())
    try await wire.send("POST", "/v1/enrol", body: enrol.encoded())
    let answer = try EnrolResponse(decoding: try await wire.reply().body)
    try replica.enrolled(answer, hub: "http://127.0.0.1:\(port)")
    token = answer.token
  }

  /// Adds a book to a branch and pushes it in one request.
  ///
  /// - Parameter padding: how many signs its title has besides.
  @discardableResult
  func push(_ book: String, to branch: String = "north", padding: Int = 0) async throws -> [Verdict] {
    let title = "Atlas" + String(repeating: ".", count: padding)
    try replica.write { (db) throws(RelayError) in
      try db.execute("INSERT INTO book VALUES (?, ?, ?, NULL, NULL)", [.text(book), .text(branch), .text(title)])
    }
    let request = try replica.nextRequest()
    try await wire.send("POST", "/v1/sync", token: token, body: request.encoded())
    var reply = try await wire.reply()
    // A hub that is watched at every system call, or whose store somebody keeps busy, says that it is overloaded and
    // ends the connection; that acknowledges nothing.
    for _ in 0..<1000 where reply.status == 503 {
      try await Task.sleep(for: .milliseconds(200))
      wire = try Wire(port: port)
      try await wire.send("POST", "/v1/sync", token: token, body: request.encoded())
      reply = try await wire.reply()
    }
    try #require(reply.status == 200)
    let response = try SyncResponse(decoding: reply.body)
    _ = try replica.receive(response, to: request)
    return response.verdicts
  }
}
