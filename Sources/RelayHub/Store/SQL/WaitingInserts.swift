internal import RelayProtocol
internal import RelaySQLite

/// Plain inserts of one connection to a file that wait for others like them. Whatever else names a table comes after the
/// rows that wait for it.
final class WaitingInserts {
  /// What a statement is to those that wait.
  private final class Known {
    let sql: String
    /// The tables that it names; a bit each, by their places in `StoredTable.all`.
    let tables: UInt64
    let rows: BulkInsert?
    /// Is it among those that wait?
    var waits = false

    init(_ sql: String, _ db: Database) {
      self.sql = sql
      let plain = PlainInsert(sql)
      rows = plain.map { BulkInsert(db, head: $0.head, width: $0.areNumbers.count, tail: $0.tail) }
      if let plain {
        tables = 1 << plain.table
      } else {
        let words = Set(sql.utf8.split { !Known.isOfWord($0) }.map(Substring.init))
        let named = StoredTable.all.indices.filter { words.contains(Substring(StoredTable.all[$0].name)) }
        tables = named.reduce(0) { $0 | 1 << $1 }
      }
    }

    private static func isOfWord(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
  }

  private let db: Database
  /// Statements that were met, by the length of their text: the same literal compares at once.
  private var known = [Known?](repeating: nil, count: 256)
  /// All of them. What shares a place with another one is read only once.
  private var met: [String: Known] = [:]
  private var waiting: [Known] = []
  /// The tables of those.
  private var tables: UInt64 = 0

  /// A value that is larger is not copied to wait.
  private static let longest = 64 << 10
  /// Of the statements that are kept in mind.
  private static let most = 500

  init(_ db: Database) { self.db = db }

  /// - Returns: false for a statement that does not wait; what it must come after is written then.
  func take(_ sql: String, _ bindings: [Value]) throws(RelayError) -> Bool {
    let statement = known(sql)
    guard let rows = statement.rows, db.isInTransaction, !bindings.contains(where: { $0.isLonger(than: Self.longest) })
    else {
      try settle(statement.tables)
      return false
    }
    if !statement.waits { wait(statement) }
    try rows.row(bindings)
    return true
  }

  /// Writes what a statement must come after.
  func settle(before sql: String) throws(RelayError) {
    if tables != 0 { try settle(known(sql).tables) }
  }

  /// Writes all that waits.
  func settle() throws(RelayError) { try settle(.max) }

  private func settle(_ named: UInt64) throws(RelayError) {
    guard tables & named != 0 else { return }
    let all = waiting
    forget()
    for (at, statement) in all.enumerated() {
      guard statement.tables & named != 0 else {
        wait(statement)
        continue
      }
      do throws(RelayError) { try statement.rows?.finish() } catch {
        // Whoever undoes the transaction drops what waits: this one and those behind it must not be forgotten with rows in them.
        for left in all[at...] { wait(left) }
        throw error
      }
    }
  }

  private func forget() {
    for statement in waiting { statement.waits = false }
    (waiting, tables) = ([], 0)
  }

  private func wait(_ statement: Known) {
    statement.waits = true
    waiting.append(statement)
    tables |= statement.tables
  }

  /// Forgets all that waits: its transaction is undone.
  func drop() {
    for statement in waiting { statement.rows?.drop() }
    forget()
  }

  private func known(_ sql: String) -> Known {
    let slot = sql.utf8.count % known.count
    if let known = known[slot], known.sql == sql { return known }
    if met.count >= WaitingInserts.most { met.removeAll() }
    // Rows that wait under a statement that gave up its place stay in `waiting`.
    let found = met[sql] ?? waiting.first { $0.sql == sql } ?? Known(sql, db)
    (met[sql], known[slot]) = (found, found)
    return found
  }
}

extension Value {
  fileprivate func isLonger(than most: Int) -> Bool {
    switch self {
    case .blob(let bytes), .malformedText(let bytes): bytes.count > most
    case .text(let text): text.utf8.count > most
    case .null, .integer, .real: false
    }
  }
}
