import Relay
import RelayHub
import TestSupport
import Testing

/// Two devices of one office, whose app and other programs do to their tables what apps in the field do.
struct Pair {
  static let schema = Array(
    """
    { "name": "store", "version": 1, "roles": ["field", "reader"], "tables": [
      { "id": 1, "name": "item", "key": ["id"], "scopes": ["everyone"], "homes": ["everyone"], "columns": [
        { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "label", "type": "text" },
        { "id": 3, "name": "shelf", "type": "text" },
        { "id": 4, "name": "stock", "type": "integer", "policy": "counter", "default": 0, "required": true } ],
        "access": { "field": { "read": true, "write": true }, "reader": { "read": true } } },
      { "id": 2, "name": "move", "key": ["id"], "parent": { "column": "item", "table": "item" }, "columns": [
        { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "item", "type": "text" },
        { "id": 3, "name": "note", "type": "text" } ],
        "access": { "field": { "read": true, "write": true }, "reader": { "read": true } } } ] }
    """.utf8)
  static let tables = """
    CREATE TABLE item (id TEXT PRIMARY KEY NOT NULL, label TEXT, shelf TEXT, stock INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE move (id TEXT PRIMARY KEY NOT NULL, item TEXT, note TEXT);
    """

  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device

  init(schema: [UInt8] = Pair.schema, _ ddl: String = Pair.tables, onlyB: String = "") throws {
    fleet = try Fleet(schema: schema, ddl: ddl)
    a = try fleet.add("a", "everyone")
    b = try fleet.add("b", scopes: ["everyone"], ddl: ddl + onlyB)
  }

  /// Another program's connection to a device's file.
  func shell(_ device: Fleet.Device) throws -> Database { try Database(path: device.replica.path, mode: .readWrite) }

  /// Both have the same rows, nothing waits, and the hub agrees row by row.
  func agree(_ sql: String, held: Int = 0) async throws {
    try fleet.settle()
    #expect(try a.values(sql) == b.values(sql))
    for device in [a, b] {
      let status = try device.replica.status()
      #expect(status.pending == 0 && status.mismatch.isEmpty, "\(device.name): \(status)")
      #expect(status.held == (device === b ? held : 0), "\(device.name): \(status)")
      let found = try await device.replica.verify(with: FleetTransport(fleet), options: FleetTransport.options)
      #expect(found.differences.isEmpty, "\(device.name): \(found.differences)")
    }
  }

  static let all = """
    SELECT 'item', id, label, shelf, stock FROM item UNION ALL SELECT 'move', id, item, note, NULL FROM move ORDER BY 1, 2
    """
}
