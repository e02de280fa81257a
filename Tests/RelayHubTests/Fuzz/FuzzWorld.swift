import Foundation
import Relay
import RelayHub
internal import RelayProtocol
internal import RelaySQLite
import TestSupport
import Testing

/// A hub with five roles: a device of each, and beside each device an author who heeds no rule and speaks with the same
/// credential.
final class FuzzWorld {
  /// A replica that was never anybody's file: what it pushes is made up.
  struct Author {
    let device: Fleet.Device
    let role: String
    let replica: ReplicaID
    var counter: UInt64 = 0
    var last = Hash128.zero
  }

  static let scopes = [
    "keeper": ["*"], "clerk": ["at/a", "at/b"], "reader": ["at/a", "tag/x"], "feeder": ["at/b"], "stranger": ["at/a"],
  ]
  static let roles = scopes.keys.sorted()

  let fleet: Fleet
  var authors: [Author] = []

  init() throws {
    fleet = try Fleet(schema: Array(Self.schema.utf8), ddl: Self.ddl, inMemory: true)
    for (at, role) in Self.roles.enumerated() {
      let device = try fleet.add(role, role: role, scopes: Self.scopes[role] ?? [])
      authors.append(Author(device: device, role: role, replica: ReplicaID(bits: 1 << 40 | UInt64(at))))
    }
    let keeper = authors[Self.roles.firstIndex(of: "keeper") ?? 0].device
    for key in RequestFuzz.keys {
      try keeper.sql(
        """
        INSERT INTO doc (id, place, title, tags) VALUES ('\(key)', '\(key.last == "0" ? "a" : "b")', 'first', '["x"]');
        INSERT INTO leaf VALUES ('\(key)', '\(key)', 'first')
        """)
    }
    try fleet.settle()
  }

  /// Every device holds what the hub says that it should, row by row, and both files are whole.
  func expectsAgreement(_ story: String) async throws {
    try fleet.settle()
    for author in authors {
      let found = try await author.device.replica.verify(
        with: FleetTransport(fleet), options: FleetTransport.options)
      #expect(found.isEqual, "\(story): \(author.role) differs: \(found.differences.prefix(3))")
      #expect(try author.device.replica.status().mismatch.isEmpty, "\(story): \(author.role)")
    }
    let file = fleet.folder + "/hub/hub.db"
    guard FileManager.default.fileExists(atPath: file) else { return }
    let hub = try Database(path: file, mode: .readOnly)
    #expect(try hub.first("PRAGMA integrity_check")?[0] == "ok", "\(story)")
  }

  private static let schema = """
    { "name": "fuzz", "version": 1, "roles": ["keeper", "clerk", "reader", "feeder", "stranger"], "tables": [
      { "id": 1, "name": "doc", "key": ["id"], "scopes": ["at/{place}", "tag/{each tags}"], "homes": ["at/{place}"],
        "columns": [
          { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "place", "type": "text" },
          { "id": 3, "name": "title", "type": "text" }, { "id": 4, "name": "phone", "type": "text", "policy": "ask" },
          { "id": 5, "name": "count", "type": "integer", "policy": "counter", "default": 0, "required": true },
          { "id": 6, "name": "tags", "policy": "set", "default": "[]", "required": true },
          { "id": 7, "name": "top", "type": "integer", "policy": "max" },
          { "id": 8, "name": "born", "type": "text", "policy": "immutable" },
          { "id": 9, "name": "note", "type": "text", "policy": "last_non_null" },
          { "id": 10, "name": "score", "type": "real" }, { "id": 11, "name": "secret" } ],
        "access": { "keeper": { "read": true, "write": true }, "clerk": { "read": true, "write": true, "hidden": ["secret"] },
          "reader": { "read": true, "hidden": ["phone"] }, "feeder": { "write": true } } },
      { "id": 2, "name": "leaf", "key": ["id"], "parent": { "column": "doc", "table": "doc" }, "delete": "delete_wins",
        "columns": [
          { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "doc", "type": "text" },
          { "id": 3, "name": "text", "type": "text" } ],
        "access": { "keeper": { "read": true, "write": true }, "clerk": { "read": true, "write": true },
          "reader": { "read": true }, "feeder": { "write": true } } },
      { "id": 3, "name": "event", "key": ["id"], "append": true, "scopes": ["at/{place}"], "homes": ["at/{place}"],
        "columns": [
          { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "place", "type": "text" },
          { "id": 3, "name": "what", "type": "text" } ],
        "access": { "keeper": { "read": true, "write": true }, "clerk": { "read": true, "write": true },
          "reader": { "read": true }, "feeder": { "write": true, "upOnly": true } } },
      { "id": 4, "name": "seat", "key": ["id"], "scopes": ["at/a", "at/b"], "homes": ["at/b"], "unique": [["number"]],
        "columns": [
          { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "number", "type": "integer" } ],
        "access": { "keeper": { "read": true, "write": true }, "clerk": { "read": true, "write": true },
          "reader": { "read": true }, "feeder": { "write": true } } } ] }
    """
  private static let ddl = """
    CREATE TABLE doc (id TEXT PRIMARY KEY, place TEXT, title TEXT, phone TEXT, count INTEGER NOT NULL DEFAULT 0,
      tags TEXT NOT NULL DEFAULT '[]', top INTEGER, born TEXT, note TEXT, score REAL, secret);
    CREATE TABLE leaf (id TEXT PRIMARY KEY, doc TEXT, text TEXT);
    CREATE TABLE event (id TEXT PRIMARY KEY, place TEXT, what TEXT);
    CREATE TABLE seat (id TEXT PRIMARY KEY, number INTEGER);
    """
}
