import Foundation
import Relay
internal import RelayMerge
internal import RelayProtocol
import Testing

/// A device that a test plays by hand: it holds nothing, and asks over its own connection.
struct Listener {
  let token: String
  private let request: SyncRequest

  /// Enrols with a hub that has no transaction yet.
  init(_ name: String, at hub: HubProcess, scopes: [String]) async throws {
    let code = try await hub.addDevice(name, scopes: scopes)
    let schema = try SyncSchema(json: Array(Library.schema.utf8))
    let replica = ReplicaID(bits: UInt64.random(in: 1...UInt64(Int64.max)))
    let wire = try Wire(port: hub.port)
    let enrol = EnrolRequest(code: code, schemaHash: schema.hash, replica: replica)
    try await wire.send("POST", "/v1/enrol", body: enrol.encoded())
    let reply = try await wire.reply()
    try #require(reply.status == 200)
    let answer = try EnrolResponse(decoding: reply.body)
    token = answer.token
    request = SyncRequest(
      organisation: answer.organisation, schemaHash: schema.hash, epoch: answer.epoch, base: 0, logHash: .zero,
      replica: replica, pending: DotSet(), floor: 0, scopes: scopes.sorted(), role: answer.role)
  }

  /// Asks what is new, and lets the hub wait so many milliseconds for it.
  ///
  /// - Parameter closing: what an earlier pull ended with; everything is new where there is none.
  func ask(on wire: Wire, wait: UInt64 = 0, after closing: PullClosing? = nil) async throws {
    var request = request
    if let closing { (request.base, request.logHash) = (closing.head, closing.logHash) }
    request.pull = PullRequest(wait: wait)
    try await wire.send("POST", "/v1/sync", token: token, body: request.encoded())
  }
}
