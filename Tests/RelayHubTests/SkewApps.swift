import Foundation
import TestSupport

/// The fleet's app in two versions: the newer one knows an e-mail, a score and gifts.
enum SkewApps {
  static let old = (schema: Fleet.schema, ddl: Fleet.ddl)
  static let new = (schema: newer(), ddl: Fleet.ddl + migration)

  static let migration = """
    ALTER TABLE person ADD COLUMN email TEXT;
    ALTER TABLE person ADD COLUMN score INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE gift (id TEXT PRIMARY KEY, person TEXT, what TEXT);
    """

  static let columns = """
    , { "id": 8, "name": "email", "type": "text", "since": 2 },
      { "id": 9, "name": "score", "type": "integer", "policy": "counter", "default": 0, "required": true, "since": 2 }
    """

  static let gift = """
    , { "id": 3, "name": "gift", "since": 2, "key": ["id"], "parent": { "column": "person", "table": "person" },
        "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "person", "type": "text" },
          { "id": 3, "name": "what", "type": "text" } ],
        "access": { "field": { "read": true, "write": true } } }
    """

  static func newer(
    version: Int = 2, oldest: Int = 1, columns: String = columns, tables: String = gift,
    replacing changes: [(String, String)] = []
  ) -> [UInt8] {
    var text = String(decoding: Fleet.schema, as: UTF8.self)
    func replace(_ a: String, _ b: String) {
      precondition(text.contains(a), a)
      text = text.replacingOccurrences(of: a, with: b)
    }
    replace("\"version\": 1", "\"version\": \(version), \"oldest\": \(oldest)")
    let last = "\"name\": \"top\", \"type\": \"integer\", \"policy\": \"max\" }"
    replace(last, last + columns)
    if let end = text.range(of: "] }", options: .backwards) { text.replaceSubrange(end, with: tables + "] }") }
    for (a, b) in changes { replace(a, b) }
    return Array(text.utf8)
  }
}
