import Foundation
import Relay
import RelayHub
internal import RelayHubPostgres
internal import RelayMerge
import RelayProtocol
import TestSupport
import Testing

/// A hub with devices that write transactions by hand.
final class Office {
  static let json = """
    {"name":"t","version":1,"roles":["office"],"tables":[
     {"id":1,"name":"member","key":["id"],"columns":[
       {"id":1,"name":"id","type":"text"},{"id":2,"name":"unit","type":"text"},
       {"id":3,"name":"note","type":"text","policy":"ask"},{"id":4,"name":"top","type":"integer","policy":"max"},
       {"id":5,"name":"name","type":"text"}],
      "scopes":["unit/{unit}"],"homes":["unit/{unit}"],"access":{"office":{"read":true,"write":true}}},
     {"id":2,"name":"talk","key":["id"],"columns":[
       {"id":1,"name":"id","type":"text"},{"id":2,"name":"member","type":"text"},{"id":3,"name":"text","type":"text"}],
      "parent":{"column":"member","table":"member"},"access":{"office":{"read":true,"write":true}}}]}
    """
  static let organisation = Hash128(high: 1, low: 2)
  static let epoch = Hash128(high: 3, low: 4)
  private let files = TestFolder()
  var directory: String { files.file("hub") }
  /// Where the hub is.
  let place: HubPlace
  let writer: HubWriter
  let reader: HubReader
  let schema: SyncSchema
  var last: [UInt64: Hash128] = [:]
  var count: [UInt64: UInt64] = [:]

  /// - Parameter roles: of devices that are no office.
  init(_ devices: [(String, [String])], json: String = Office.json, roles: [String: String] = [:]) throws {
    place = try TestStore.place(files.file("hub"))
    schema = try SyncSchema(json: Array(json.utf8))
    try place.create(
      schema: Array(json.utf8), organisation: Office.organisation, epoch: Office.epoch)
    writer = try place.writer()
    reader = try place.reader()
    for (at, (name, scopes)) in devices.enumerated() {
      try writer.addDevice(
        name: name, role: roles[name] ?? "office", grants: scopes.map { ScopeGrant(scope: $0) }, code: name,
        expires: 1000)
      _ = try writer.enrol(
        EnrolRequest(code: name, schemaHash: schema.hash, replica: ReplicaID(bits: UInt64(1000 + at))),
        token: "t-" + name, now: 1)
    }
  }

  func device(_ name: String) throws -> HubDevice { try reader.authenticate(token: "t-" + name) }

  static func row(_ id: String, table: UInt32 = 1) -> RowID { RowID(table: table, values: [.text(id)]) }

  func sealed(
    _ replica: UInt64, _ row: RowID, _ kind: OperationKind, base: UInt64 = 0, seen: [Dot] = [], at time: Int64 = 1,
    resolves: UInt64 = 0
  ) -> [UInt8] {
    let n = (count[replica] ?? 0) + 1
    let transaction = Transaction(
      dot: Dot(ReplicaID(bits: replica), n), previous: last[replica] ?? .zero, time: HybridTime(milliseconds: time),
      epoch: .zero, base: base, seen: DotSet(seen), schemaVersion: 1, role: "office", author: "r\(replica)",
      rows: [RowChange(row: row, base: base, operations: [RelayProtocol.Operation(kind, resolves: resolves)])])
    let sealed = SealedTransaction(transaction)
    count[replica] = n
    last[replica] = sealed.hash
    return sealed.bytes
  }

  func request(_ push: [[UInt8]] = [], base: UInt64 = 0, scopes: [String] = [], pull: PullRequest? = nil)
    -> SyncRequest
  {
    SyncRequest(
      organisation: Office.organisation, schemaHash: schema.hash, epoch: .zero, base: base, logHash: .zero,
      replica: ReplicaID(bits: 1), pending: DotSet(), floor: base, scopes: scopes, role: "office", push: push,
      pull: pull)
  }

  @discardableResult
  func push(_ device: String, _ bytes: [UInt8]...) throws -> [Verdict] {
    let job = PushJob(device: try self.device(device).id, request: request(bytes))
    return try writer.commit([job], now: 1000)[0].get().verdicts
  }

  func pull(_ device: String, pageBytes: UInt64 = 1 << 20, token: [UInt8] = []) throws -> PullPage {
    try reader.pull(
      request(pull: PullRequest(token: token, pageBytes: pageBytes, digests: true)), device: try self.device(device))
  }

  func member(_ unit: String, note: String = "", top: Int64 = 0) -> OperationKind {
    .insert([
      GroupValues(group: 2, values: [.text(unit)]), GroupValues(group: 3, values: [.text(note)]),
      GroupValues(group: 4, values: [.integer(top)]), GroupValues(group: 5, values: [.null]),
    ])
  }
}
