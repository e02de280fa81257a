internal import Foundation
internal import Relay
internal import RelayHub
internal import RelayHubPostgres
internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

extension Case {
  /// What the hub's one writer does.
  static func accepting(_ measure: Measure) -> [Case] {
    let bulk = "hub accepts \(measure.rows) inserts, 10,000 a transaction"
    let count = measure.writes
    let refused = "hub judges \(count) small transactions: none refused, the first refused"
    let small = "hub, one-row pushes beside plain SQLite, a flush for"
    return [
      Case(name: bulk) {
        let seconds = try measure.least {
          let desk = try Desk(measure.file())
          let pushes = desk.inserts(measure.rows, each: 10_000)
          return try measure.cpu { for bytes in pushes { try desk.push([bytes]) } }
        }
        return [Figure(bulk, .rowsPerSecond, Double(measure.rows) / seconds, .atLeast(60_000))]
      },
      Case(name: refused) {
        func seconds(_ isRefused: Bool) throws -> Double {
          let desk = try Desk(measure.file())
          let chain = desk.chain(count, firstIsRefused: isRefused)
          return try measure.cpu { try desk.push(chain) }
        }
        return try measure.compare(refused, 1.5, { try seconds(false) }, { try seconds(true) })
      },
      Case(name: small) {
        try [1, 16, 1000].flatMap { devices in
          let groups = max(1, min(200, 4000 / devices))
          return try measure.compare(
            "\(small) \(devices) devices", 1 / 0.6,
            { try plain(groups, of: devices, measure) },
            {
              let desks = try Desk(measure.file(), devices: devices)
              let pushes = (0..<groups).map { desks.groupOfOne($0) }
              return try measure.wall { for group in pushes { try desks.commit(group) } }
            })
        }
      },
    ]
  }

  /// What a program of its own would do at least: keep each push and note where its author stands, durably.
  private static func plain(_ groups: Int, of devices: Int, _ measure: Measure) throws -> Double {
    let db = try Database(path: measure.file(), mode: .create)
    try db.script(
      "CREATE TABLE body(seq INTEGER PRIMARY KEY, bytes BLOB); CREATE TABLE item(id TEXT PRIMARY KEY, v BLOB)")
    let bytes = [UInt8](repeating: 7, count: 150)
    return try measure.wall {
      for group in 0..<groups {
        try db.transaction { () throws(RelayError) in
          for device in 0..<devices {
            try db.execute("INSERT INTO body(bytes) VALUES (?)", [.blob(bytes)])
            try db.execute("INSERT INTO item VALUES (?, ?)", [.text("\(device)-\(group)"), .blob(bytes)])
          }
        }
      }
    }
  }
}

/// A hub, and devices that seal by hand what they push.
final class Desk {
  private let writer: HubWriter
  private let schemaHash: Hash128
  private var ids: [Int64] = []
  private var chains: [(count: UInt64, last: Hash128)]
  private static let organisation = Hash128(high: 1, low: 1)

  private let number: Int

  convenience init(_ folder: String, devices: Int = 1) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try self.init(.directory(folder), devices: devices)
  }

  /// - Parameter number: which of several desks at one hub; the first one makes the hub.
  init(_ place: HubPlace, devices: Int = 1, number: Int = 0) throws {
    self.number = number
    schemaHash = try SyncSchema(json: Sample.schema).hash
    if number == 0 {
      try place.create(schema: Sample.schema, organisation: Desk.organisation, epoch: Hash128(high: 2, low: 2))
    }
    writer = try place.writer()
    chains = Array(repeating: (0, .zero), count: devices)
    let reader = try place.reader()
    for at in 0..<devices {
      let name = "\(number).\(at)"
      try writer.addDevice(
        name: name, role: "field", grants: [ScopeGrant(scope: "unit/u")], code: name, expires: .max)
      let request = EnrolRequest(code: name, schemaHash: schemaHash, replica: replica(at))
      _ = try writer.enrol(request, token: name, now: 1)
      ids.append(try reader.authenticate(token: name).id)
    }
  }

  private func replica(_ device: Int) -> ReplicaID { ReplicaID(bits: UInt64(number * 100_000 + device) + 1) }

  private func seal(_ device: Int, _ rows: [RowChange], seen: DotSet = DotSet()) -> [UInt8] {
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

  func inserts(_ rows: Int, each: Int) -> [[UInt8]] {
    stride(from: 0, to: rows, by: each).map { start in
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

  func groupOfOne(_ round: Int) -> [[UInt8]] {
    ids.indices.map { seal($0, [insert("\(number).\($0)-\(round)", round)]) }
  }

  func push(_ bytes: [[UInt8]]) throws {
    for start in stride(from: 0, to: bytes.count, by: 10_000) { try commit([Array(bytes[start...].prefix(10_000))]) }
  }

  func commit(_ group: [[UInt8]]) throws { try commit(group.map { [$0] }) }

  private func commit(_ pushes: [[[UInt8]]]) throws {
    let jobs = pushes.enumerated().map { at, push in
      PushJob(
        device: ids[at],
        request: SyncRequest(
          organisation: Desk.organisation, schemaHash: schemaHash, epoch: .zero, base: 0, logHash: .zero,
          replica: replica(at), pending: DotSet(), floor: 0, scopes: [], role: "", push: push, pull: nil))
    }
    for result in try writer.commit(jobs, now: 1_700_000_000_000) {
      guard try result.get().verdicts.count > 0 else { throw RelayError(.invariant, "a push without a verdict") }
    }
  }
}
