/// The tables that schedules write to, under one of two sync schemas and three roles. The oracle knows the rules of their
/// columns in its own words. Version 2 brings a column and a counter, version 3 a table.
package struct OracleSchema: Sendable {
  /// How the oracle makes one value of what nobody had seen.
  package enum Kind: Sendable { case last, lastGiven, firstGiven, greatest, least, sum, elements }

  package let columns: [String: Kind]
  /// Columns about which people are asked.
  package let asks: Set<String>
  package let policies: [String: String]
  /// May whoever writes a person give it to a unit that they may not write?
  package let givesAway: Bool
  /// The newest version that anybody brings.
  package var newest: UInt64 = 1
  /// Do the apps have triggers of their own (`AppTables`)?
  var hasTriggers = false

  /// Everybody reads all but `blind`, who does not see the area, and `reader` writes nothing.
  package static let roles = ["field", "blind", "reader"]

  package static func hidden(_ role: String) -> Set<String> { role == "blind" ? ["area"] : [] }

  package static let all = [
    OracleSchema(
      columns: [
        "unit": .last, "phone": .last, "area": .last, "guests": .sum, "tags": .elements, "top": .greatest,
        "code": .firstGiven, "person": .last, "note": .last, "mail": .last, "score": .sum,
      ],
      asks: ["phone"], policies: ["phone": "ask", "area": "lww", "top": "max"], givesAway: true),
    OracleSchema(
      columns: [
        "unit": .last, "phone": .lastGiven, "area": .last, "guests": .sum, "tags": .elements, "top": .least,
        "code": .firstGiven, "person": .last, "note": .last, "mail": .last, "score": .sum,
      ],
      asks: ["area", "mail"], policies: ["phone": "last_non_null", "area": "ask", "top": "min", "mail": "ask"],
      givesAway: false),
  ]

  /// What an app of the first version makes.
  package static let ddl = """
    CREATE TABLE person (id TEXT PRIMARY KEY, unit TEXT NOT NULL, phone TEXT, area TEXT,
      guests INTEGER NOT NULL DEFAULT 0, tags TEXT NOT NULL DEFAULT '[]', top INTEGER, code TEXT);
    CREATE TABLE visit (id TEXT PRIMARY KEY, person TEXT, note TEXT);
    """

  /// What an app of version 2 and of version 3 makes beside.
  static let migrations: [(version: UInt64, sql: String)] = [
    (2, "ALTER TABLE person ADD COLUMN mail TEXT; ALTER TABLE person ADD COLUMN score INTEGER NOT NULL DEFAULT 0"),
    (3, "CREATE TABLE gift (id TEXT PRIMARY KEY, person TEXT, note TEXT)"),
  ]

  static let tables = ["person", "visit", "gift"]

  /// The columns of a table as a version knows them, but for the key; empty for a table that it does not know.
  static func columns(of table: String, at version: UInt64) -> [String] {
    switch table {
    case "person":
      ["unit", "phone", "area", "guests", "tags", "top", "code"] + (version > 1 ? ["mail", "score"] : [])
    case "gift" where version < 3: []
    default: ["person", "note"]
    }
  }

  /// Columns that a version does not know.
  static func unknown(to version: UInt64) -> Set<String> { version < 2 ? ["mail", "score"] : [] }

  package var json: [UInt8] { json(at: newest) }

  /// The sync schema file of a version.
  func json(at version: UInt64) -> [UInt8] {
    func policy(_ column: String) -> String { "\"policy\": \"\(policies[column] ?? "lww")\"" }
    let columns =
      version < 2
      ? ""
      : """
      , { "id": 9, "name": "mail", "type": "text", "since": 2, \(policy("mail")) },
        { "id": 10, "name": "score", "type": "integer", "policy": "counter", "default": 0, "required": true, "since": 2 }
      """
    let access = """
      "access": { "field": { "read": true, "write": true }, "reader": { "read": true },
        "blind": { "read": true, "write": true
      """
    return Array(
      """
      { "name": "oracle", "version": \(version), "roles": ["field", "blind", "reader"],
        "tables": [
          { "id": 1, "name": "person", "key": ["id"], "scopes": ["unit/{unit}"], "homes": ["unit/{unit}"],
            "giveAway": \(givesAway),
            "columns": [
              { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "unit", "type": "text", "required": true },
              { "id": 3, "name": "phone", "type": "text", \(policy("phone")) },
              { "id": 4, "name": "area", "type": "text", \(policy("area")) },
              { "id": 5, "name": "guests", "type": "integer", "policy": "counter", "default": 0, "required": true },
              { "id": 6, "name": "tags", "policy": "set", "default": "[]", "required": true },
              { "id": 7, "name": "top", "type": "integer", \(policy("top")) },
              { "id": 8, "name": "code", "type": "text", "policy": "immutable" }\(columns) ],
            \(access), "hidden": ["area"] } } },
          { "id": 2, "name": "visit", "key": ["id"], "parent": { "column": "person", "table": "person" },
            "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "person", "type": "text" },
              { "id": 3, "name": "note", "type": "text" } ],
            \(access) } } }\(version < 3 ? "" : gift(access)) ] }
      """.utf8)
  }

  private func gift(_ access: String) -> String {
    """
    , { "id": 3, "name": "gift", "since": 3, "key": ["id"], "parent": { "column": "person", "table": "person" },
        "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "person", "type": "text" },
          { "id": 3, "name": "note", "type": "text" } ],
        \(access) } } }
    """
  }
}
