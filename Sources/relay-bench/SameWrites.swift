internal import CSQLite
internal import Foundation

/// The writes of a hub as a program makes them that does nothing else: the rows that a hub has written, into the same
/// tables with the same indexes, in the same transactions, by SQLite's C interface with prepared statements.
///
/// What a hub must do beside them is to read, judge, merge and hash.
final class SameWrites {
  /// A row of a table, as it was written at some seq.
  private typealias Row = [OpaquePointer?]

  private struct Table {
    var name: String
    /// Writes one row; parameters in the order of `columns`.
    var write: String
    var columns: String
    /// The column with the seq.
    var seq: String
    var rows: [[Row]] = []
  }

  private let db: OpaquePointer
  private var tables: [Table]
  private var statements: [OpaquePointer] = []
  private let begin: OpaquePointer
  private let commit: OpaquePointer

  /// - Parameters:
  ///   - written: a hub's file, with everything in it.
  ///   - empty: one with the same devices, and nothing that they pushed.
  init(of written: String, into empty: String) throws {
    tables = [
      SameWrites.inserts("body", ["seq", "bytes"]),
      SameWrites.inserts(
        "txn",
        [
          "seq", "replica", "n", "hash", "device", "author", "eff", "accepted", "entries", "refusal", "base", "log",
          "received",
        ]),
      SameWrites.inserts(
        "row",
        [
          "seq", "id", "tbl", "key", "alive", "parent_tbl", "parent", "scopes", "homes", "orphan", "flags", "shape",
          "vals", "stamps",
        ]),
      SameWrites.inserts("feed", ["seq", "scope", "row"]),
      SameWrites.inserts("history", ["seq", "row"]),
      Table(
        name: "txn", write: "UPDATE replica SET n = ?1, hash = ?2 WHERE id = ?3", columns: "n, hash, replica",
        seq: "seq"),
    ]
    let source = try SameWrites.open(written, SQLITE_OPEN_READONLY)
    defer { sqlite3_close_v2(source) }
    for at in tables.indices { tables[at].rows = try SameWrites.read(tables[at], source) }
    db = try SameWrites.open(empty, SQLITE_OPEN_READWRITE)
    for setting in ["journal_mode = WAL", "synchronous = FULL"] { sqlite3_exec(db, "PRAGMA \(setting)", nil, nil, nil) }
    (begin, commit) = (try SameWrites.prepare("BEGIN IMMEDIATE", db), try SameWrites.prepare("COMMIT", db))
    for table in tables { statements.append(try SameWrites.prepare(table.write, db)) }
  }

  deinit {
    for statement in statements + [begin, commit] { sqlite3_finalize(statement) }
    for row in tables.flatMap(\.rows).flatMap({ $0 }) { row.forEach { sqlite3_value_free($0) } }
    sqlite3_close_v2(db)
  }

  /// Writes what one commit of the hub wrote, durably.
  func group(_ seqs: ClosedRange<Int>) throws {
    try SameWrites.run(begin)
    for seq in seqs {
      for (table, statement) in zip(tables, statements) {
        for row in table.rows[seq] {
          for (at, value) in row.enumerated() { sqlite3_bind_value(statement, Int32(at + 1), value) }
          try SameWrites.run(statement)
        }
      }
    }
    try SameWrites.run(commit)
  }

  private static func inserts(_ name: String, _ columns: [String]) -> Table {
    let list = columns.joined(separator: ", ")
    let places = columns.map { _ in "?" }.joined(separator: ", ")
    return Table(name: name, write: "INSERT INTO \(name)(\(list)) VALUES (\(places))", columns: list, seq: "seq")
  }

  /// By seq.
  private static func read(_ table: Table, _ db: OpaquePointer) throws -> [[Row]] {
    let select = try prepare("SELECT \(table.seq), \(table.columns) FROM \(table.name) ORDER BY \(table.seq)", db)
    defer { sqlite3_finalize(select) }
    var rows: [[Row]] = []
    while sqlite3_step(select) == SQLITE_ROW {
      let seq = Int(sqlite3_column_int64(select, 0))
      while rows.count <= seq { rows.append([]) }
      rows[seq].append((1..<sqlite3_column_count(select)).map { sqlite3_value_dup(sqlite3_column_value(select, $0)) })
    }
    return rows
  }

  private static func run(_ statement: OpaquePointer) throws {
    let result = sqlite3_step(statement)
    sqlite3_reset(statement)
    guard result == SQLITE_DONE else { throw Failure(text: String(cString: sqlite3_errstr(result))) }
  }

  private static func open(_ path: String, _ flags: Int32) throws -> OpaquePointer {
    var db: OpaquePointer?
    guard sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, nil) == SQLITE_OK, let db else {
      throw Failure(text: "cannot open \(path)")
    }
    return db
  }

  private static func prepare(_ sql: String, _ db: OpaquePointer) throws -> OpaquePointer {
    var statement: OpaquePointer?
    guard sqlite3_prepare_v3(db, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil) == SQLITE_OK,
      let statement
    else { throw Failure(text: String(cString: sqlite3_errmsg(db))) }
    return statement
  }

  private struct Failure: Error { var text: String }
}
