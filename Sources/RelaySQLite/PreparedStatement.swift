internal import CSQLite
package import RelayProtocol

/// A prepared statement in the hands of one owner: for a statement that runs thousands of times, with bytes bound where
/// they lie. What runs now and then goes through `Database.execute`, which keeps statements by their text.
///
/// Parameters count from 1 and columns from 0, as SQLite counts them. Bytes that were bound must stay until `reset`.
package struct PreparedStatement: ~Copyable {
  private let statement: OpaquePointer
  /// Also keeps the connection open for as long as the statement lives.
  private let db: Database

  init(_ db: Database, _ sql: String) throws(RelayError) {
    self.db = db
    statement = try db.compile(sql)
  }

  deinit { sqlite3_finalize(statement) }

  package func bindNull(_ at: Int) { sqlite3_bind_null(statement, Int32(at)) }

  package func bind(_ at: Int, _ integer: Int64) { sqlite3_bind_int64(statement, Int32(at), integer) }

  package func bind(_ at: Int, _ real: Double) { sqlite3_bind_double(statement, Int32(at), real) }

  package func bind(_ at: Int, text bytes: UnsafeRawBufferPointer) {
    let start = bytes.baseAddress.map { $0.assumingMemoryBound(to: CChar.self) }
    // A null pointer would bind NULL instead of an empty text. No destructor means that the bytes stay where they are.
    guard let start, !bytes.isEmpty else {
      relay_sqlite3_bind_text(statement, Int32(at), "", 0)
      return
    }
    sqlite3_bind_text64(statement, Int32(at), start, UInt64(bytes.count), nil, UInt8(SQLITE_UTF8))
  }

  package func bind(_ at: Int, blob bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress, !bytes.isEmpty else {
      sqlite3_bind_zeroblob(statement, Int32(at), 0)
      return
    }
    sqlite3_bind_blob64(statement, Int32(at), start, UInt64(bytes.count), nil)
  }

  package func bind(_ at: Int, _ value: Value) { _ = Database.bind(statement, Int32(at), value) }

  /// - Returns: whether it stands on a row; false at its end.
  /// - Throws: the codes of `Database.execute`; the statement is reset then.
  package func step() throws(RelayError) -> Bool {
    switch sqlite3_step(statement) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let result:
      db.tap.somethingWasUndone()
      let error = db.error(result, sql: String(cString: sqlite3_sql(statement)))
      sqlite3_reset(statement)
      throw error
    }
  }

  /// Runs to the end and is ready for the next use.
  package func run() throws(RelayError) {
    while try step() {}
    sqlite3_reset(statement)
  }

  package func reset() { sqlite3_reset(statement) }

  /// The row that it stands on; valid until the next step or reset.
  package var row: Row { Row(statement: statement) }

  package func isNull(_ column: Int) -> Bool { sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL }

  package func int(_ column: Int) -> Int64 { sqlite3_column_int64(statement, Int32(column)) }
}

extension Database {
  /// - Throws: `sql` where SQLite cannot prepare it.
  package func prepared(_ sql: String) throws(RelayError) -> PreparedStatement { try PreparedStatement(self, sql) }

  /// Do triggers fire on this connection? SQLite prepares every statement anew where that changes.
  package var firesTriggers: Bool {
    get {
      var result: Int32 = 1
      relay_sqlite3_db_config_flag(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, -1, &result)
      return result != 0
    }
    set {
      if newValue != firesTriggers {
        relay_sqlite3_db_config_flag(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, newValue ? 1 : 0, nil)
      }
    }
  }

  /// Runs `body` while no trigger of this file fires on this connection. For Relay's own writes to tables that have no
  /// triggers but Relay's.
  package func withoutTriggers<T: ~Copyable>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    let before = firesTriggers
    firesTriggers = false
    defer { firesTriggers = before }
    return try body()
  }
}
