import Foundation
import Relay
import RelayHub
import RelayProtocol
import TestSupport

/// Two tables, five roles and four places, with a row of each table for every act in every place.
///
/// Each value of a row is a canary: a text that says where it is from, so that it can be found in any bytes.
final class RightsWorld {
  /// Places by what a device is granted of them.
  static let places = ["both", "read", "write", "none"]
  static let acts = [
    "doc": [
      "new", "newLocked", "over", "open", "secret", "locked", "delete", "revive", "toBoth", "toRead", "toNone",
    ],
    "leaf": ["new", "over", "open", "secret", "delete", "revive", "toBoth", "toRead", "toNone"],
  ]

  static let schema = """
    { "name": "rights", "version": 1, "roles": ["keeper", "clerk", "reader", "feeder", "stranger"], "tables": [
      { "id": 1, "name": "doc", "key": ["id"], "scopes": ["at/{place}"], "homes": ["at/{place}"], "columns": [
          { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "place", "type": "text" },
          { "id": 3, "name": "open", "type": "text" }, { "id": 4, "name": "secret", "type": "text" },
          { "id": 5, "name": "locked", "type": "text" } ],
        "access": { "keeper": { "read": true, "write": true },
          "clerk": { "read": true, "write": true, "hidden": ["secret"], "columns": ["place", "open", "secret"] },
          "reader": { "read": true, "hidden": ["locked"] }, "feeder": { "write": true } } },
      { "id": 2, "name": "leaf", "key": ["id"], "parent": { "column": "doc", "table": "doc" }, "columns": [
          { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "doc", "type": "text" },
          { "id": 3, "name": "open", "type": "text" }, { "id": 4, "name": "secret", "type": "text" } ],
        "access": { "keeper": { "read": true, "write": true },
          "clerk": { "read": true, "write": true, "hidden": ["secret"], "columns": ["doc", "open"] },
          "reader": { "read": true }, "feeder": { "write": true } } } ] }
    """
  static let ddl = """
    CREATE TABLE doc (id TEXT PRIMARY KEY, place TEXT, open TEXT, secret TEXT, locked TEXT);
    CREATE TABLE leaf (id TEXT PRIMARY KEY, doc TEXT, open TEXT, secret TEXT);
    """

  let fleet: Fleet
  let admin: Fleet.Device
  /// Every byte that the device has been sent.
  private(set) var received: [UInt8] = []

  init() throws {
    fleet = try Fleet(schema: Array(Self.schema.utf8), ddl: Self.ddl, inMemory: true)
    admin = try fleet.add("admin", role: "keeper", scopes: ["*"])
    for place in Self.places {
      try plant(place, "parent")
      for act in Self.acts["doc"] ?? [] where !act.hasPrefix("new") { try plant(place, act) }
    }
    try fleet.settle()
    try admin.sql("DELETE FROM doc WHERE id LIKE '%revive'; DELETE FROM leaf WHERE id LIKE '%revive'")
    try fleet.settle()
  }

  private func plant(_ place: String, _ act: String) throws {
    func canary(_ table: String, _ column: String) -> String { "'<\(place).\(table).\(column).\(act)>'" }
    try admin.sql(
      """
      INSERT INTO doc VALUES ('d-\(place)-\(act)', '\(place)', \(canary("doc", "open")), \(canary("doc", "secret")),
        \(canary("doc", "locked")));
      INSERT INTO leaf VALUES ('l-\(place)-\(act)', 'd-\(place)-parent', \(canary("leaf", "open")),
        \(canary("leaf", "secret")))
      """)
  }

  /// A device that may read and write one place, only read another, only write a third, and knows nothing of a fourth.
  func device(_ role: String) throws -> Fleet.Device {
    let device = try fleet.add(role, role: role, scopes: [])
    try fleet.writer.grant(
      device: role, role: nil,
      grants: [
        ScopeGrant(scope: "at/both"), ScopeGrant(scope: "at/read", readable: true, writable: false),
        ScopeGrant(scope: "at/write", readable: false, writable: true),
      ], now: fleet.clock.now)
    return device
  }

  /// A sync whose answers are kept.
  func sync(_ device: Fleet.Device) throws {
    for _ in 0..<100 {
      let request = try device.replica.nextRequest()
      guard let response = try fleet.answer(device, request) else { continue }
      received += response.encoded()
      if case .installed = try device.replica.receive(response, to: request) { return }
    }
  }

  /// The places, tables and columns whose canaries are in these bytes.
  static func canaries(in bytes: [UInt8]) -> Set<String> {
    var found: Set<String> = []
    var from = 0
    for (at, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: "<") { from = at + 1 }
      guard byte == UInt8(ascii: ">"), from > 0, at - from < 60 else { continue }
      let parts = String(decoding: bytes[from..<at], as: UTF8.self).split(separator: ".")
      if parts.count == 4 { found.insert(parts[..<3].joined(separator: ".")) }
    }
    return found
  }

  /// What a replica's file and its journal hold.
  func files(of device: Fleet.Device) -> [UInt8] {
    ["", "-wal"].flatMap { suffix in
      FileManager.default.contents(atPath: device.replica.path + suffix).map(Array.init) ?? []
    }
  }

  // MARK: Devices that heed no rule

  /// Sends what a device without any rule of its own might send, in a hand-made transaction.
  ///
  /// - Parameter role: what the header claims; the device's own where it is nil.
  /// - Returns: `ok`, or the rule that the hub refuses it by.
  func judge(
    _ device: Fleet.Device, _ table: String, _ place: String, _ act: String, claiming role: String? = nil
  ) throws -> String {
    hostile += 1
    let isNew = act.hasPrefix("new")
    let key = (table == "doc" ? "d-" : "l-") + place + "-" + act + (isNew ? "-\(device.name)" : "")
    let row = RowID(table: table == "doc" ? 1 : 2, values: [.text(key)])
    let base = isNew ? 0 : try fleet.reader.head()
    let transaction = Transaction(
      dot: Dot(ReplicaID(bits: hostile), 1), previous: .zero, time: HybridTime(milliseconds: fleet.clock.now),
      epoch: try fleet.reader.epoch(), base: base, seen: DotSet(), schemaVersion: 1,
      role: role ?? device.name, author: "",
      rows: [RowChange(row: row, base: base, operations: [Operation(Self.kind(table, place, act))])])
    var request = try device.replica.nextRequest()
    (request.push, request.pull) = ([SealedTransaction(transaction).bytes], nil)
    let job = PushJob(
      device: try fleet.reader.authenticate(token: "token-" + device.name).id, request: request)
    let verdicts = try fleet.writer.commit([job], now: fleet.clock.now)[0].get().verdicts
    guard verdicts.count == 1 else { throw RelayError(.invariant, "\(verdicts)") }
    return verdicts[0].refusal?.rule.rawValue ?? "ok"
  }

  private var hostile: UInt64 = 1 << 40

  private static func kind(_ table: String, _ place: String, _ act: String) -> OperationKind {
    let above = Value.text(table == "doc" ? place : "d-\(place)-parent")
    switch act {
    case "new", "over":
      return .insert([GroupValues(group: 2, values: [above]), GroupValues(group: 3, values: ["mine"])])
    case "newLocked": return .insert([GroupValues(group: 2, values: [above]), GroupValues(group: 5, values: ["mine"])])
    case "open": return .set(3, ["mine"])
    case "secret": return .set(4, ["mine"])
    case "locked": return .set(5, ["mine"])
    case "delete": return .delete
    case "revive": return .touch
    case "toBoth": return .set(2, [table == "doc" ? "both" : "d-both-parent"])
    case "toRead": return .set(2, [table == "doc" ? "read" : "d-read-parent"])
    default: return .set(2, [table == "doc" ? "none" : "d-none-parent"])
    }
  }
}
