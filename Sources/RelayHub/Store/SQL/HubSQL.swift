package import RelayProtocol

/// The few things that the hub's store asks of a database: statements that SQLite and PostgreSQL both read, and
/// transactions. Parameters are `$1`, `$2`, …, named in this order; columns are 64-bit integers and byte strings.
///
/// Used from one thread at a time.
package protocol HubSQL: AnyObject {
  /// For messages; no password is in it.
  var name: String { get }
  var dialect: SQLDialect { get }
  /// Is a transaction open that can still be committed?
  var isInTransaction: Bool { get }
  /// How many statements this connection has run that may write.
  var writes: UInt64 { get set }
  /// How many connections there have been: one that breaks may come back to an older copy of the store.
  var connections: Int { get }
  /// Changes when another connection has written; nil where the database does not tell.
  func othersVersion() throws(RelayError) -> Int64?

  /// Runs a statement for what it does. It may be sent together with later ones: a failure shows at the next question, or
  /// at the commit, and always before the commit is believed.
  func run(_ sql: String, _ bindings: [Value]) throws(RelayError)

  /// Gives each row of the answer to `body`.
  func each(
    _ sql: String, _ bindings: [Value], _ body: (any SQLRow) throws(RelayError) -> Void
  ) throws(RelayError)

  /// The same statement with other values again and again, in as few round trips as the database allows; `body` is also
  /// told for which of them a row is.
  func each(
    _ sql: String, many bindings: [[Value]], _ body: (Int, any SQLRow) throws(RelayError) -> Void
  ) throws(RelayError)

  /// Is a hub's store here?
  func hasTables() throws(RelayError) -> Bool

  /// Several statements without parameters.
  func script(_ sql: String) throws(RelayError)

  /// A transaction that writes, durable before this returns; whoever else writes waits.
  func transaction<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T

  /// One consistent view for several reads.
  func snapshot<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T

  /// A part of a transaction that can fail alone.
  func savepoint<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T

  /// What a database wants done now and then by its only writer.
  func checkpoint() throws(RelayError)

  /// Tells whoever else serves the store that there is news; a hint, which may be lost.
  func announce()
}

/// One row of an answer; valid only inside the closure that it is lent to. Columns count from 0.
package protocol SQLRow {
  /// 0 for NULL.
  func int(_ column: Int) -> Int64
  /// Empty for NULL.
  func blob(_ column: Int) -> [UInt8]
  /// Empty for NULL.
  func text(_ column: Int) -> String
  func isNull(_ column: Int) -> Bool
}

/// Where the two databases want other words.
package struct SQLDialect: Sendable {
  /// Joins in the order that is written, the left side first.
  var orderedJoin: String
  /// Creates the store's tables.
  package var tables: String
  /// Is the store shared by several nodes, so that each has to tell the others what it did?
  var hasNews: Bool
  /// Is one statement that joins many keys faster than the same statement for each? Not where they are all sent before the
  /// first is answered.
  var joinsValues: Bool

  static let sqlite = SQLDialect(
    orderedJoin: "CROSS JOIN", tables: HubTables.sqlite, hasNews: false, joinsValues: true)
  package static let postgres = SQLDialect(
    orderedJoin: "JOIN", tables: HubTables.postgres, hasNews: true, joinsValues: false)
}

extension HubSQL {
  func run(_ sql: String) throws(RelayError) { try run(sql, []) }

  func query<T>(
    _ sql: String, _ bindings: [Value] = [], _ body: (any SQLRow) throws(RelayError) -> T
  ) throws(RelayError) -> [T] {
    var list: [T] = []
    try each(sql, bindings) { (row) throws(RelayError) in list.append(try body(row)) }
    return list
  }

  /// What `body` makes of the first row; nil where there is none.
  func first<T>(
    _ sql: String, _ bindings: [Value] = [], _ body: (any SQLRow) throws(RelayError) -> T
  ) throws(RelayError) -> T? {
    var found: T?
    try each(sql, bindings) { (row) throws(RelayError) in if found == nil { found = try body(row) } }
    return found
  }

  /// The first column of the first row; nil where there is none, or NULL.
  func number(_ sql: String, _ bindings: [Value] = []) throws(RelayError) -> Int64? {
    try first(sql, bindings) { (row) in row.isNull(0) ? nil : row.int(0) } ?? nil
  }

  /// Is there a row?
  func has(_ sql: String, _ bindings: [Value] = []) throws(RelayError) -> Bool {
    try first(sql, bindings) { (_) in true } ?? false
  }
}

extension SQLRow {
  func bits(_ column: Int) -> UInt64 { UInt64(bitPattern: int(column)) }

  /// A seq, counter or count.
  func seq(_ column: Int) throws(RelayError) -> UInt64 { try Count.of(int(column)) }

  func table(_ column: Int) throws(RelayError) -> UInt32 { try Count.table(int(column)) }

  func rowID(_ table: Int, _ key: Int) throws(RelayError) -> RowID {
    RowID(table: try self.table(table), key: blob(key))
  }

  func hash(_ column: Int) -> Hash128 { Hash128(bytes: blob(column)) ?? .zero }

  func dot(_ replica: Int, _ counter: Int) throws(RelayError) -> Dot {
    Dot(ReplicaID(bits: bits(replica)), try seq(counter))
  }
}

extension Value {
  static func seq(_ value: UInt64) -> Value { .integer(Int64(clamping: value)) }
  static func bits(_ value: UInt64) -> Value { .integer(Int64(bitPattern: value)) }
  static func flag(_ value: Bool) -> Value { .integer(value ? 1 : 0) }

  /// A row's table and key.
  static func row(_ row: RowID) -> [Value] { [.integer(Int64(row.table)), .blob(row.key)] }
  static func dot(_ dot: Dot) -> [Value] { [.bits(dot.replica.bits), .seq(dot.counter)] }
}
