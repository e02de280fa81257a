import Organisation
import Relay
internal import RelayMerge

/// Files in memory that no replica watches: fast, for what is about rows alone.
enum Sample {
  static func empty() throws(RelayError) -> Database {
    let db = try Database(path: ":memory:", mode: .create)
    try db.script(Organisation.ddl)
    return db
  }

  static func everything(
    seed: UInt64 = Generator.standardSeed, shares: [Generator.Share] = [.whole]
  ) throws(RelayError) -> Database {
    let db = try empty()
    let generator = Generator(seed: seed)
    try db.transaction { () throws(RelayError) in
      for share in shares { try generator.write(to: db, share: share) }
    }
    return db
  }

  /// The dump of everything, made once.
  static let whole = Result { () throws(RelayError) in try dump(try everything()) }

  /// The dump of these units alone; of a region without its branches.
  static func of(_ codes: [String]) throws(RelayError) -> [String: [String]] {
    let db = try empty()
    let batches = try Generator().batches().filter { codes.contains($0.unit) }
    try db.transaction { () throws(RelayError) in for batch in batches { try batch.write(to: db) } }
    return try dump(db)
  }

  /// The dump of what a scope holds.
  static func of(_ scope: Generator.Scope) throws(RelayError) -> [String: [String]] {
    let db = try empty()
    try db.transaction { () throws(RelayError) in try Generator().write(to: db, scope) }
    return try dump(db)
  }

  static func tables() throws(RelayError) -> [String] { try SyncSchema(json: Organisation.schema).tables.map(\.name) }

  static func count(_ db: Database, _ sql: String) throws(RelayError) -> Int {
    Int(try db.first(sql)?[0].integer ?? -1)
  }

  static func total(_ db: Database) throws(RelayError) -> Int {
    var total = 0
    for table in try tables() { total += try count(db, "SELECT count(*) FROM \(table)") }
    return total
  }

  /// Every row of every table as SQL literals, in the order of keys; one text a table.
  static func dump(_ db: Database) throws(RelayError) -> [String: [String]] {
    var dump: [String: [String]] = [:]
    for table in try tables() + ["office_headcount"] {
      // The hub's seq is the hub's: a sample that never met one has none.
      let names = try db.query("SELECT name FROM pragma_table_info(?) WHERE name <> 'seq'", [.text(table)]) {
        (row) throws(RelayError) in "quote(\"\(row[0].text ?? "")\")"
      }
      guard !names.isEmpty else { continue }
      dump[table] = try db.query("SELECT \(names.joined(separator: "||','||")) FROM \(table) ORDER BY 1") {
        (row) throws(RelayError) in row[0].text ?? ""
      }
    }
    return dump
  }
}
