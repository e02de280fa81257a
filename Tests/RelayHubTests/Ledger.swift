import Relay
import TestSupport

/// A small office whose tables show every rule about rows: deletes of either kind, unique keys, children, and a column
/// that a function settles.
enum Ledger {
  static let schema = Array(
    """
    { "name": "ledger", "version": 1, "roles": ["field"],
      "tables": [
        { "id": 1, "name": "account", "key": ["id"], "scopes": ["unit/{unit}"], "homes": ["unit/{unit}"],
          "unique": [["number"], ["unit", "seat"]],
          "columns": [
            { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "unit", "type": "text", "required": true },
            { "id": 3, "name": "number", "type": "integer" }, { "id": 4, "name": "seat", "type": "text" },
            { "id": 5, "name": "note", "type": "text", "policy": "resolver", "resolver": "lines/1" },
            { "id": 6, "name": "name", "type": "text" } ],
          "access": { "field": { "read": true, "write": true } } },
        { "id": 2, "name": "entry", "key": ["id"], "parent": { "column": "account", "table": "account" },
          "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "account", "type": "text" },
            { "id": 3, "name": "amount", "type": "integer" } ],
          "access": { "field": { "read": true, "write": true } } },
        { "id": 3, "name": "draft", "key": ["id"], "scopes": ["unit/{unit}"], "homes": ["unit/{unit}"],
          "delete": "delete_wins",
          "columns": [
            { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "unit", "type": "text", "required": true },
            { "id": 3, "name": "text", "type": "text", "policy": "ask" },
            { "id": 4, "name": "marks", "policy": "set", "default": "[]", "required": true },
            { "id": 5, "name": "reads", "type": "integer", "policy": "counter", "default": 0, "required": true } ],
          "access": { "field": { "read": true, "write": true } } },
        { "id": 4, "name": "remark", "key": ["id"], "parent": { "column": "draft", "table": "draft" },
          "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "draft", "type": "text" },
            { "id": 3, "name": "text", "type": "text" } ],
          "access": { "field": { "read": true, "write": true } } } ] }
    """.utf8)

  static let ddl = """
    CREATE TABLE account (id TEXT PRIMARY KEY, unit TEXT NOT NULL, number INTEGER, seat TEXT, note TEXT, name TEXT);
    CREATE TABLE entry (id TEXT PRIMARY KEY, account TEXT, amount INTEGER);
    CREATE TABLE draft (id TEXT PRIMARY KEY, unit TEXT NOT NULL, text TEXT, marks TEXT NOT NULL DEFAULT '[]',
      reads INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE remark (id TEXT PRIMARY KEY, draft TEXT, text TEXT);
    """
}
