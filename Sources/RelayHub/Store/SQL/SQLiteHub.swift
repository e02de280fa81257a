internal import RelayProtocol
internal import RelaySQLite

/// A hub's store in one SQLite file.
final class SQLiteHub: HubSQL {
  private let db: Database

  enum Access { case creates, writes, reads }

  /// - Throws: the file's errors.
  init(directory: String, _ access: Access, vfs: String? = nil) throws(RelayError) {
    let mode: Database.Mode =
      switch access {
      case .creates: .create
      case .writes: .readWrite
      case .reads: .readOnly
      }
    db = try Database(path: SQLiteHub.path(directory), mode: mode, vfs: vfs)
  }

  static func path(_ directory: String) -> String { directory + "/hub.db" }

  var name: String { db.path }
  var dialect: SQLDialect { .sqlite }
  var isInTransaction: Bool { db.isInTransaction }

  func run(_ sql: String, _ bindings: [Value]) throws(RelayError) { try db.execute(sql, bindings) }

  func each(
    _ sql: String, _ bindings: [Value], _ body: (any SQLRow) throws(RelayError) -> Void
  ) throws(RelayError) {
    try db.run(sql, bindings) { (row) throws(RelayError) in
      try body(row.lent)
      return true
    }
  }

  func each(
    _ sql: String, many bindings: [[Value]], _ body: (Int, any SQLRow) throws(RelayError) -> Void
  ) throws(RelayError) {
    for (at, bindings) in bindings.enumerated() {
      try db.run(sql, bindings) { (row) throws(RelayError) in
        try body(at, row.lent)
        return true
      }
    }
  }

  func hasTables() throws(RelayError) -> Bool {
    try db.first("SELECT 1 FROM sqlite_master WHERE name = 'meta'") != nil
  }

  func script(_ sql: String) throws(RelayError) { try db.script(sql) }

  func transaction<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T { try db.transaction(body) }
  func snapshot<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T { try db.snapshot(body) }
  func savepoint<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T { try db.savepoint(body) }

  /// The log moves into the file, so that it stays small.
  func checkpoint() throws(RelayError) { _ = try db.first("PRAGMA wal_checkpoint(PASSIVE)") }
}

extension LentRow: SQLRow {}
