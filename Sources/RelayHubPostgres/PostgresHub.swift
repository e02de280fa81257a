internal import CPostgres
package import RelayHub
package import RelayProtocol

/// A hub's store in a PostgreSQL database, in a schema of its own (`relay`, unless the address names another one by
/// `options=-csearch_path=NAME`), over one connection.
///
/// Who writes holds the organisation's advisory lock from the first question to the commit, so that `seq` is the order of
/// commits on whatever node. Statements that answer nothing are sent without waiting. A connection that failed is thrown
/// away, and the next transaction makes another one; whatever was under way is not acknowledged.
package final class PostgresHub: HubSQL {
  private let address: PostgresAddress
  private var connection: PostgresConnection?
  private var isOpen = false
  private var isFailed = false
  private var schema = "relay"
  /// Inserts that wait for others like them, by statement; nil for a statement that cannot wait.
  private var waiting: [BulkInsert] = []
  private var places: [String: Int?] = [:]

  /// - Throws: `store_unreachable`, `usage`.
  package init(_ address: PostgresAddress) throws(RelayError) {
    self.address = address
    _ = try connected()
  }

  package var name: String { address.name }
  package var dialect: SQLDialect { .postgres }
  package var isInTransaction: Bool { isOpen && !isFailed }

  /// On which a commit of another node is told of.
  package var channel: String { "relay_" + schema }

  private func connected() throws(RelayError) -> PostgresConnection {
    if let connection {
      if isOpen || connection.isAlive { return connection }
      self.connection = nil
    }
    let new = try PostgresConnection(address)
    var path = ""
    try new.send("SELECT current_setting('search_path')::bytea", [])
    try new.settle { (result) in path = PostgresRow(result: result, at: 0).text(0) }
    schema = path.contains("$user") || path.contains(",") || path.isEmpty ? "relay" : path
    guard schema.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }) else {
      throw RelayError(.usage, "the schema that the address names has other than small letters, digits and _")
    }
    try new.send("SELECT set_config('search_path', convert_from($1, 'UTF8'), false)", [.text(schema)])
    try new.settle()
    connection = new
    connections += 1
    return new
  }

  /// Runs something over the connection, which does not outlive a failure.
  private func over<T>(_ body: (PostgresConnection) throws(RelayError) -> T) throws(RelayError) -> T {
    guard !isFailed else { throw RelayError(.busy, "the transaction failed before") }
    let connection = try connected()
    do throws(RelayError) {
      for at in waiting.indices { try waiting[at].send(over: connection) }
      return try body(connection)
    } catch {
      isFailed = isOpen
      self.connection = nil
      throw error
    }
  }

  // MARK: Statements

  package var writes: UInt64 = 0
  package private(set) var connections = 0

  package func othersVersion() throws(RelayError) -> Int64? { nil }

  package func run(_ sql: String, _ bindings: [Value]) throws(RelayError) {
    writes += 1
    if isOpen, !isFailed, let at = place(of: sql) {
      waiting[at].add(bindings)
      if waiting[at].isFull { try over { (_) in } }
      return
    }
    try over { (connection) throws(RelayError) in
      try connection.send(sql, bindings)
      if !isOpen { try connection.settle() }
    }
  }

  /// Where inserts like this one wait; nil for anything else.
  private func place(of sql: String) -> Int? {
    if let known = places[sql] { return known }
    let bulk = BulkInsert(sql)
    if let bulk { waiting.append(bulk) }
    places[sql] = bulk.map { _ in waiting.count - 1 }
    return bulk.map { _ in waiting.count - 1 }
  }

  package func each(
    _ sql: String, _ bindings: [Value], _ body: (any SQLRow) throws(RelayError) -> Void
  ) throws(RelayError) {
    try each(sql, many: [bindings]) { (_, row) throws(RelayError) in try body(row) }
  }

  package func each(
    _ sql: String, many bindings: [[Value]], _ body: (Int, any SQLRow) throws(RelayError) -> Void
  ) throws(RelayError) {
    var thrown: RelayError?
    for start in stride(from: 0, to: bindings.count, by: PostgresHub.batch) {
      let some = bindings[start..<min(start + PostgresHub.batch, bindings.count)]
      try over { (connection) throws(RelayError) in
        for values in some { try connection.send(sql, values) }
        try connection.settle(last: some.count) { (at, result) in
          for row in 0..<PQntuples(result) where thrown == nil {
            do throws(RelayError) {
              try body(start + at, PostgresRow(result: result, at: row))
            } catch { thrown = error }
          }
        }
      }
      // What the caller says of a row is no failure of the connection.
      if let thrown { throw thrown }
    }
  }

  /// Questions that are asked together.
  private static let batch = 500

  package func script(_ sql: String) throws(RelayError) {
    for statement in sql.split(separator: ";\n").map(String.init) where statement.contains(where: \.isLetter) {
      try run(statement, [])
    }
  }

  package func hasTables() throws(RelayError) -> Bool {
    var isThere = false
    try each("SELECT to_regclass('meta') IS NOT NULL", []) { (row) in isThere = row.int(0) != 0 }
    return isThere
  }

  /// Takes the hub that is here out of the way, under the name of another schema, and makes room for one. Call it in a
  /// transaction.
  ///
  /// - Returns: that name; nil where no hub was here.
  package func setAside() throws(RelayError) -> String? {
    guard try hasTables() else {
      try makeSchema()
      return nil
    }
    var (number, isTaken) = (0, true)
    while isTaken {
      number += 1
      try each("SELECT to_regnamespace(convert_from($1, 'UTF8')) IS NOT NULL", [.text("\(schema)_before_\(number)")]) {
        (row) in isTaken = row.int(0) != 0
      }
    }
    let name = "\(schema)_before_\(number)"
    try run("ALTER SCHEMA \(schema) RENAME TO \(name)", [])
    try makeSchema()
    return name
  }

  /// Makes the schema that the tables stand in, if it is not there.
  package func makeSchema() throws(RelayError) { try run("CREATE SCHEMA IF NOT EXISTS \(schema)", []) }

  // MARK: Transactions

  package func transaction<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    do throws(RelayError) {
      try begin(lock: true)
    } catch {
      // The line had broken unseen, and nothing was under way yet.
      guard error.code == .storeUnreachable else { throw error }
      try begin(lock: true)
    }
    return try finish(body)
  }

  package func snapshot<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    try begin(lock: false)
    return try finish(body)
  }

  private func begin(lock: Bool) throws(RelayError) {
    (isOpen, isFailed) = (false, false)
    for at in waiting.indices { waiting[at].drop() }
    let connection = try connected()
    do throws(RelayError) {
      if lock {
        try connection.send("BEGIN ISOLATION LEVEL READ COMMITTED", [])
        try connection.send("SELECT pg_advisory_xact_lock(coalesce(to_regclass('meta')::oid::bigint, 0))", [])
        try connection.settle()
      } else {
        try connection.send("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", [])
      }
      isOpen = true
    } catch {
      self.connection = nil
      throw error
    }
  }

  private func finish<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    defer { (isOpen, isFailed) = (false, false) }
    do throws(RelayError) {
      let value = try body()
      try commit()
      return value
    } catch {
      // Where the connection is gone the server rolls back by itself, or knows of a commit that this node does not.
      if let connection, isOpen, !isFailed {
        do throws(RelayError) {
          try connection.send("ROLLBACK", [])
          try connection.settle()
        } catch { self.connection = nil }
      }
      throw error
    }
  }

  /// Believes a commit only when the server has said so: an answer that is lost leaves open whether it took place, and
  /// the dots of what was pushed tell when it is pushed again.
  private func commit() throws(RelayError) {
    var tag = ""
    try over { (connection) throws(RelayError) in
      try connection.send("COMMIT", [])
      try connection.settle { (result) in tag = String(cString: PQcmdStatus(result)) }
    }
    isOpen = false
    guard tag == "COMMIT" else { throw RelayError(.ioError, "PostgreSQL did not commit: \(tag)") }
  }

  package func savepoint<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    try run("SAVEPOINT relay_part", [])
    do throws(RelayError) {
      let value = try body()
      try run("RELEASE relay_part", [])
      return value
    } catch {
      if isInTransaction {
        try run("ROLLBACK TO relay_part", [])
        try run("RELEASE relay_part", [])
      }
      throw error
    }
  }

  /// Sent after the commit and without waiting: inside a transaction it would serialise the commits of the whole server.
  package func announce() {
    guard !isOpen, let connection else { return }
    do throws(RelayError) { try connection.sendAlone("NOTIFY \(channel)") } catch { self.connection = nil }
  }

  /// PostgreSQL looks after its own log.
  package func checkpoint() throws(RelayError) {}
}
