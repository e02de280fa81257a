import Foundation
import Relay
import RelayHub
internal import RelayMerge
import RelayProtocol
import TestSupport
import Testing

/// A whole session with a hub, byte for byte and with real hashes, for who writes a client or a hub in another language:
/// enrolments, pushes, a conflict, pulls, an exit, a refusal and an error. `RELAY_WRITE_VECTORS=1` writes it first.
@Suite struct SessionVectorTests {
  private struct File: Codable, Equatable {
    var about = "What two devices and a hub said to each other, in this order. Bodies are hexadecimal, without gzip."
    var schema: String
    var exchanges: [Exchange]
  }

  private struct Exchange: Codable, Equatable {
    var name: String
    var path: String
    var device: String
    var request: String
    var status: Int
    var response: String
  }

  private static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Protocol/vectors/session.json")

  @Test("a hub says what the recorded session says")
  func session() throws {
    let now = try Recording().file
    if ProcessInfo.processInfo.environment["RELAY_WRITE_VECTORS"] != nil {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try (encoder.encode(now) + Data("\n".utf8)).write(to: Self.path)
    }
    #expect(try JSONDecoder().decode(File.self, from: Data(contentsOf: Self.path)) == now)
  }

  private final class Recording {
    let hub: Hub
    private let files = TestFolder()
    var file = File(schema: Office.json, exchanges: [])
    var now: Int64 = 1_764_000_000_000

    struct Party {
      var name: String
      var replica: ReplicaID
      var token = ""
      var base: UInt64 = 0
      var logHash = Hash128.zero
      var epoch = Hash128.zero
      var scopes: [String] = []
      var role = "*"
      var count: UInt64 = 0
      var last = Hash128.zero
      var pending = DotSet()
    }

    init() throws {
      try Hub.create(
        directory: files.path, schema: Array(Office.json.utf8), organisation: Office.organisation, epoch: Office.epoch)
      hub = try Hub(directory: files.path)
      var a = Party(name: "desk north", replica: ReplicaID(bits: 0xA1A2_A3A4_A5A6_A7A8))
      var b = Party(name: "desk south", replica: ReplicaID(bits: 0xB1B2_B3B4_B5B6_B7B8))
      try enrol(&a, ["unit/north"])
      try enrol(&b, ["unit/north", "unit/south"])
      let values: [(GroupID, Value)] = [(2, "north"), (3, "hello"), (4, 1), (5, "Anna")]
      let insert = OperationKind.insert(values.map { GroupValues(group: $0, values: [$1]) })
      try sync("the first device inserts a row", &a, [insert])
      try sync("the second device's first pull brings it", &b)
      try sync("the first device writes the note", &a, [.set(3, ["from the north"]), .set(5, ["Anne"])])
      try sync("the second, which had not seen that, writes it too", &b, [.set(3, ["from the south"])])
      try sync("the first device learns of the conflict", &a)
      try sync("the second device moves the row", &b, [.set(2, ["south"])])
      try sync("it leaves the first device", &a)
      try sync("the first device writes it all the same, and is refused", &a, [.set(5, ["Anya"])])
      a.logHash = Hash128(high: 9, low: 9)
      try sync("a device with another history of the hub", &a)
    }

    private func enrol(_ party: inout Party, _ scopes: [String]) throws {
      let code = "CODE-" + party.name
      try hub.writer.addDevice(
        name: party.name, role: "office", grants: scopes.map { ScopeGrant(scope: $0) }, code: code, expires: .max)
      let schema = try SyncSchema(json: Array(Office.json.utf8))
      let request = EnrolRequest(
        code: code, schemaHash: schema.hash, replica: party.replica, schemaVersion: 1, nonce: nonce(code))
      let body = request.encoded()
      party.token = "token of " + party.name
      var response = try hub.writer.enrol(request, token: party.token, now: now)
      response.answers = request.answer(device: response.device, body: body)
      note("a device enrols", "/v1/enrol", party, body, 200, response.encoded())
    }

    /// One transaction for each operation on the one row, pushed together, and a pull.
    private func sync(_ name: String, _ party: inout Party, _ operations: [OperationKind] = []) throws {
      now += 60_000
      let push = operations.map { seal($0, &party) }
      let schema = try SyncSchema(json: Array(Office.json.utf8))
      let request = SyncRequest(
        organisation: Office.organisation, schemaHash: schema.hash, epoch: party.epoch, base: party.base,
        logHash: party.logHash, replica: party.replica, pending: party.pending,
        floor: operations.contains { if case .insert = $0 { true } else { false } } ? 0 : party.base,
        scopes: party.scopes, role: party.role, push: push, pull: PullRequest(), schemaVersion: 1, nonce: nonce(name))
      let body = request.encoded()
      do throws(RelayError) {
        let device = try hub.reader.authenticate(token: party.token)
        var response = try hub.answer(try SyncRequest(decoding: body), device: device, now: now)
        response.answers = request.answer(device: device.name, body: body)
        note(name, "/v1/sync", party, body, 200, response.encoded())
        install(response, &party)
      } catch {
        let reply = ErrorReply(code: error.code.rawValue, message: error.message, epoch: Office.epoch)
        note(name, "/v1/sync", party, body, 409, reply.encoded())
      }
    }

    private func install(_ response: SyncResponse, _ party: inout Party) {
      guard let page = response.page, let closing = page.closing else { return }
      (party.base, party.logHash, party.epoch) = (closing.head, closing.logHash, response.epoch)
      (party.scopes, party.role) = (page.grants.filter(\.readable).map(\.scope), page.role)
      party.pending = DotSet()
    }

    private func seal(_ kind: OperationKind, _ party: inout Party) -> [UInt8] {
      party.count += 1
      let isInsert = if case .insert = kind { true } else { false }
      let sealed = SealedTransaction(
        Transaction(
          dot: Dot(party.replica, party.count), previous: party.last,
          time: HybridTime(milliseconds: now + Int64(party.count)), epoch: party.epoch, base: party.base,
          seen: party.pending, schemaVersion: 1, role: party.role, author: "at the " + party.name,
          rows: [
            RowChange(row: Office.row("m-1"), base: isInsert ? 0 : party.base, operations: [Operation(kind)])
          ]))
      party.last = sealed.hash
      party.pending.insert(sealed.dot)
      return sealed.bytes
    }

    private func nonce(_ name: String) -> Hash128 { hash128(Array("\(name) \(file.exchanges.count)".utf8)) }

    private func note(
      _ name: String, _ path: String, _ party: Party, _ request: [UInt8], _ status: Int, _ response: [UInt8]
    ) {
      file.exchanges.append(
        Exchange(
          name: name, path: path, device: party.name, request: request.hexadecimal, status: status,
          response: response.hexadecimal))
    }
  }
}
