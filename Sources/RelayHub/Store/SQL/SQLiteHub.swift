package import RelayProtocol
package import RelaySQLite

/// A hub's store in one SQLite file.
package final class SQLiteHub: HubSQL {
  private let db: Database
  private let waiting: WaitingInserts

  package enum Access { case creates, writes, reads }

  /// - Throws: the file's errors.
  package convenience init(directory: String, _ access: Access, vfs: String? = nil) throws(RelayError) {
    try self.init(file: SQLiteHub.path(directory), access, vfs: vfs)
  }

  package convenience init(file: String, _ access: Access, vfs: String? = nil) throws(RelayError) {
    let mode: Database.Mode =
      switch access {
      case .creates: .create
      case .writes: .readWrite
      case .reads: .readOnly
      }
    try self.init(try Database(path: file, mode: mode, vfs: vfs, isWatched: false), access)
  }

  /// Over a connection that was opened for this access, and is not watched.
  package init(_ db: Database, _ access: Access) throws(RelayError) {
    self.db = db
    waiting = WaitingInserts(db)
    // Whoever has the file for itself shuts the others of the same hub out.
    guard access == .reads || !db.isAlone else {
      throw RelayError(.diskFull, "\(db.path): the disk has no room for what the hub's connections share")
    }
    // What a process had committed that was killed before the flush is found here, and will be answered as accepted: it is
    // flushed before anybody hears of it.
    if access != .reads { try checkpoint() }
  }

  static func path(_ directory: String) -> String { directory + "/hub.db" }

  package var name: String { db.path }
  package var dialect: SQLDialect { .sqlite }
  package var isInTransaction: Bool { db.isInTransaction }

  package var writes: UInt64 = 0
  package var connections: Int { 1 }

  package func othersVersion() throws(RelayError) -> Int64? {
    try db.first("PRAGMA data_version")?.first.flatMap { if case .integer(let version) = $0 { version } else { nil } }
  }

  package func run(_ sql: String, _ bindings: [Value]) throws(RelayError) {
    writes += 1
    if try !waiting.take(sql, bindings) { try db.execute(sql, bindings) }
  }

  package func each(
    _ sql: String, _ bindings: [Value], _ body: (any SQLRow) throws(RelayError) -> Void
  ) throws(RelayError) {
    try waiting.settle(before: sql)
    try db.run(sql, bindings) { (row) throws(RelayError) in
      try body(row.lent)
      return true
    }
  }

  package func each(
    _ sql: String, many bindings: [[Value]], _ body: (Int, any SQLRow) throws(RelayError) -> Void
  ) throws(RelayError) {
    try waiting.settle(before: sql)
    for (at, bindings) in bindings.enumerated() {
      try db.run(sql, bindings) { (row) throws(RelayError) in
        try body(at, row.lent)
        return true
      }
    }
  }

  package func hasTables() throws(RelayError) -> Bool {
    try db.first("SELECT 1 FROM sqlite_master WHERE name = 'meta'") != nil
  }

  package func script(_ sql: String) throws(RelayError) {
    try waiting.settle()
    try db.script(sql)
  }

  package func transaction<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    try db.transaction { () throws(RelayError) in try settled(body) }
  }

  package func snapshot<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T { try db.snapshot(body) }

  package func savepoint<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    try waiting.settle()
    return try db.savepoint { () throws(RelayError) in try settled(body) }
  }

  /// Nothing of what `body` writes waits any more at its end.
  private func settled<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    do throws(RelayError) {
      let value = try body()
      try waiting.settle()
      return value
    } catch {
      waiting.drop()
      throw error
    }
  }

  /// A file has one node, which knows.
  package func announce() {}

  /// The log moves into the file, so that it stays small.
  package func checkpoint() throws(RelayError) { _ = try db.first("PRAGMA wal_checkpoint(PASSIVE)") }
}

extension LentRow: SQLRow {}
