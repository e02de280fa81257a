internal import Foundation
internal import Relay
internal import RelayHub
internal import RelayHubPostgres
internal import RelayMerge
internal import RelayProtocol

/// A hub, and devices that seal by hand what they push.
final class Desk {
  private let writer: HubWriter
  let reader: HubReader
  private let schemaHash: Hash128
  private var ids: [Int64] = []
  private var chains: [(count: UInt64, last: Hash128)]
  private static let organisation = Hash128(high: 1, low: 1)

  private let number: Int

  convenience init(
    _ folder: String, devices: Int = 1, schema: [UInt8] = Sample.schema, scopes: [String] = ["unit/u"]
  ) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try self.init(.directory(folder), devices: devices, schema: schema, scopes: scopes)
  }

  /// - Parameter number: which of several desks at one hub; the first one makes the hub.
  init(
    _ place: HubPlace, devices: Int = 1, number: Int = 0, schema: [UInt8] = Sample.schema, scopes: [String] = ["unit/u"]
  ) throws {
    self.number = number
    schemaHash = try SyncSchema(json: schema).hash
    if number == 0 {
      try place.create(schema: schema, organisation: Desk.organisation, epoch: Hash128(high: 2, low: 2))
    }
    writer = try place.writer()
    chains = Array(repeating: (0, .zero), count: devices)
    reader = try place.reader()
    for at in 0..<devices {
      let name = "\(number).\(at)"
      try writer.addDevice(
        name: name, role: "field", grants: scopes.map { ScopeGrant(scope: $0) }, code: name, expires: .max)
      let request = EnrolRequest(code: name, schemaHash: schemaHash, replica: replica(at))
      _ = try writer.enrol(request, token: name, now: 1)
      ids.append(try reader.authenticate(token: name).id)
    }
  }

  func replica(_ device: Int) -> ReplicaID { ReplicaID(bits: UInt64(number * 100_000 + device) + 1) }

  func seal(_ device: Int, _ rows: [RowChange], seen: DotSet = DotSet()) -> [UInt8] {
    let chain = chains[device]
    let transaction = Transaction(
      dot: Dot(replica(device), chain.count + 1), previous: chain.last,
      time: HybridTime(milliseconds: 1_700_000_000_000),
      epoch: .zero, base: 0, seen: seen, schemaVersion: 1, role: "field", author: "bench", rows: rows)
    let sealed = SealedTransaction(transaction)
    chains[device] = (chain.count + 1, sealed.hash)
    return sealed.bytes
  }

  private func insert(_ key: String, _ number: Int, unit: String = "u") -> RowChange {
    RowChange(
      row: RowID(table: 1, values: [.text(key)]), base: 0,
      operations: [
        Operation(
          .insert([
            GroupValues(group: 2, values: [.text(unit)]), GroupValues(group: 3, values: [.text("name of \(number)")]),
            GroupValues(group: 4, values: [.text("a note of ordinary length")]),
            GroupValues(group: 5, values: [.integer(Int64(number))]),
          ]))
      ])
  }

  /// - Parameter from: the first that is made.
  func inserts(_ rows: Int, each: Int, from: Int = 0) -> LazyMapSequence<StrideTo<Int>, [UInt8]> {
    stride(from: from, to: rows, by: each).lazy.map { [self] start in
      seal(0, (start..<min(rows, start + each)).map { insert("item-\($0)", $0) }.sorted { $0.row < $1.row })
    }
  }

  /// Small transactions of a device that was offline: each has seen those before it.
  func chain(_ count: Int, firstIsRefused: Bool) -> [[UInt8]] {
    (0..<count).map { at in
      let seen = at == 0 ? nil : DotSet(intervals: [DotSet.Interval(replica: replica(0), low: 1, high: UInt64(at))])
      return seal(
        0, [insert("item-\(at)", at, unit: firstIsRefused && at == 0 ? "elsewhere" : "u")], seen: seen ?? DotSet())
    }
  }

  /// A change of one row that was inserted.
  func edit(_ at: Int, base: UInt64) -> [UInt8] {
    seal(
      0,
      [
        RowChange(
          row: RowID(table: 1, values: [.text("item-\(at)")]), base: base,
          operations: [Operation(.set(4, [.text("a note of ordinary length, \(at)")]))])
      ])
  }

  func checkpoint() throws { try writer.checkpoint() }

  func groupOfOne(_ round: Int) -> [[UInt8]] {
    ids.indices.map { seal($0, [insert("\(number).\($0)-\(round)", round)]) }
  }

  func push(_ bytes: [[UInt8]]) throws {
    for start in stride(from: 0, to: bytes.count, by: 10_000) { try commit([Array(bytes[start...].prefix(10_000))]) }
  }

  /// All pages of a first pull, read and encoded.
  func pullAll(_ device: Int) throws {
    var request = try request(device, base: 0, scopes: [])
    while true {
      let page = try page(device, request).page
      _ = page.rows.bytes.count
      guard !page.token.isEmpty else { return }
      request.pull?.token = page.token
    }
  }

  /// What a device asks that stands at a base, and holds what it was granted.
  func request(_ device: Int, base: UInt64, scopes: [String] = ["unit/u"]) throws -> SyncRequest {
    SyncRequest(
      organisation: Desk.organisation, schemaHash: schemaHash, epoch: Hash128(high: 2, low: 2), base: base,
      logHash: try reader.logHash(base), replica: replica(device), pending: DotSet(), floor: base, scopes: scopes,
      role: "field", push: [], pull: PullRequest())
  }

  func page(_ device: Int, _ request: SyncRequest) throws -> PulledPage {
    try reader.page(request, device: ids[device])
  }

  func commit(_ group: [[UInt8]]) throws { try commit(jobs(group.map { [$0] })) }

  private func commit(_ pushes: [[[UInt8]]]) throws { try commit(jobs(pushes)) }

  /// A push of each device as the server makes it of a request, away from the writer.
  func jobs(_ pushes: [[[UInt8]]]) -> [PushJob] {
    pushes.enumerated().map { at, push in
      PushJob(
        device: ids[at],
        request: SyncRequest(
          organisation: Desk.organisation, schemaHash: schemaHash, epoch: .zero, base: 0, logHash: .zero,
          replica: replica(at), pending: DotSet(), floor: 0, scopes: [], role: "", push: push, pull: nil))
    }
  }

  func commit(_ jobs: [PushJob]) throws {
    for result in try writer.commit(jobs, now: 1_700_000_000_000) {
      guard try result.get().verdicts.count > 0 else { throw RelayError(.invariant, "a push without a verdict") }
    }
  }
}
