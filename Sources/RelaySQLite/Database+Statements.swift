internal import CSQLite
public import RelayProtocol

extension Database {
  /// Runs one statement to its end.
  ///
  /// - Throws: `constraint`, `busy`, `disk_full`, `read_only`, `sql` and the other codes of the file.
  public func execute(_ sql: String, _ bindings: [Value] = []) throws(RelayError) {
    try run(sql, bindings) { (_) throws(RelayError) in true }
  }

  /// Runs one statement and gives each of its rows to `body`.
  @discardableResult
  public func query<T>(
    _ sql: String, _ bindings: [Value] = [], _ body: (borrowing Row) throws(RelayError) -> T
  ) throws(RelayError) -> [T] {
    var rows: [T] = []
    try run(sql, bindings) { (row) throws(RelayError) in
      rows.append(try body(row))
      return true
    }
    return rows
  }

  /// The values of the first row; nil where there is none.
  public func first(_ sql: String, _ bindings: [Value] = []) throws(RelayError) -> [Value]? {
    var values: [Value]?
    try run(sql, bindings) { (row) throws(RelayError) in
      values = row.values
      return false
    }
    return values
  }

  /// Runs one statement and gives each of its rows to `body`, which may throw what it likes.
  @_disfavoredOverload
  @discardableResult
  public func query<T>(
    _ sql: String, _ bindings: [Value] = [], _ body: (borrowing Row) throws -> T
  ) throws -> [T] {
    var thrown: (any Error)?
    var rows: [T] = []
    try run(sql, bindings) { (row) throws(RelayError) in
      do { rows.append(try body(row)) } catch { thrown = error }
      return thrown == nil
    }
    if let thrown { throw thrown }
    return rows
  }

  /// Runs several statements, separated by semicolons.
  public func script(_ sql: String) throws(RelayError) {
    var rest = Array(sql.utf8CString)[...]
    while !rest.isEmpty {
      try checkTransaction()
      var statement: OpaquePointer?
      cell.effects = []
      let (result, read) = rest.withUnsafeBufferPointer { bytes in
        var tail: UnsafePointer<CChar>?
        let result = sqlite3_prepare_v2(handle, bytes.baseAddress, -1, &statement, &tail)
        return (result, tail.flatMap { tail in bytes.baseAddress.map { tail - $0 } } ?? bytes.count)
      }
      let effects = cell.effects
      defer { sqlite3_finalize(statement) }
      guard result == SQLITE_OK else { throw error(result, sql: sql) }
      // Nothing but blanks and comments.
      guard let statement else { return }
      var step = SQLITE_ROW
      while step == SQLITE_ROW { step = sqlite3_step(statement) }
      guard step == SQLITE_DONE else {
        tap.somethingWasUndone()
        throw error(step, sql: sql)
      }
      try took(effects)
      rest = rest.dropFirst(max(1, read))
    }
  }

  /// What a statement of an app did beside its rows.
  private func took(_ effects: AuthorityCell.Effects) throws(RelayError) {
    if effects.contains(.undoes) { tap.somethingWasUndone() }
    guard effects.contains(.changesSchema), let schemaChanged else { return }
    let before = cell.authority
    cell.authority = .relay
    defer { cell.authority = before }
    try schemaChanged()
  }

  /// - Parameter body: gives false to stop.
  package func run(
    _ sql: String, _ bindings: [Value], _ body: (borrowing Row) throws(RelayError) -> Bool
  ) throws(RelayError) {
    try run(try prepare(sql), sql, bindings, body)
  }

  func run(
    _ prepared: Prepared, _ sql: String, _ bindings: [Value], _ body: (borrowing Row) throws(RelayError) -> Bool
  ) throws(RelayError) {
    prepared.isRunning = true
    let statement = prepared.statement
    defer {
      sqlite3_reset(statement)
      sqlite3_clear_bindings(statement)
      prepared.isRunning = false
    }
    guard bindings.count == Int(sqlite3_bind_parameter_count(statement)) else {
      throw RelayError(.sql, "\(bindings.count) values for another number of parameters in: \(sql)")
    }
    for (at, value) in bindings.enumerated() {
      let result = Database.bind(statement, Int32(at + 1), value)
      guard result == SQLITE_OK else { throw error(result, sql: sql) }
    }
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW: guard try body(Row(statement: statement)) else { return }
      case SQLITE_DONE:
        if !prepared.effects.isEmpty { try took(prepared.effects) }
        return
      case let result:
        tap.somethingWasUndone()
        throw error(result, sql: sql)
      }
    }
  }

  func prepare(_ sql: String) throws(RelayError) -> Prepared {
    let isApp = cell.authority == .app
    if isApp { try checkTransaction() }
    let slot = sql.utf8.count % Database.slots
    if !isApp, let (text, prepared) = recent[slot], text == sql, !prepared.isRunning { return prepared }
    if let prepared = isApp ? appCache[sql] : cache[sql], !prepared.isRunning {
      if !isApp { recent[slot] = (sql, prepared) }
      return prepared
    }
    cell.effects = []
    let prepared = Prepared(try compile(sql), cell.effects)
    if isApp { Database.keep(prepared, sql, in: &appCache) } else { Database.keep(prepared, sql, in: &cache) }
    return prepared
  }

  /// Places for statements that run often, by the length of their text: a text that is the same literal compares at once,
  /// and nothing is hashed.
  static let slots = 128

  private static func keep(_ prepared: Prepared, _ sql: String, in cache: inout [String: Prepared]) {
    if cache.count > 500 { cache.removeAll() }
    if cache[sql] == nil { cache[sql] = prepared }
  }

  /// One statement; the caller finalizes it.
  func compile(_ sql: String) throws(RelayError) -> OpaquePointer {
    var statement: OpaquePointer?
    var sql = sql
    var hasMore = false
    let result = sql.withUTF8 { text -> Int32 in
      text.withMemoryRebound(to: CChar.self) { bytes in
        var tail: UnsafePointer<CChar>?
        let result = sqlite3_prepare_v3(
          handle, bytes.baseAddress, Int32(bytes.count), UInt32(SQLITE_PREPARE_PERSISTENT), &statement, &tail)
        if let tail, let base = bytes.baseAddress {
          let blank: [CChar] = [0x20, 0x0A, 0x0D, 0x09, 0x3B]
          hasMore = bytes[(tail - base)...].contains { !blank.contains($0) }
        }
        return result
      }
    }
    guard result == SQLITE_OK else { throw error(result, sql: sql) }
    guard let statement else { throw RelayError(.sql, "no statement in: \(sql)") }
    guard !hasMore else {
      sqlite3_finalize(statement)
      throw RelayError(.sql, "more than one statement in: \(sql)")
    }
    return statement
  }

  static func bind(_ statement: OpaquePointer, _ at: Int32, _ value: Value) -> Int32 {
    switch value {
    case .null: return sqlite3_bind_null(statement, at)
    case .integer(let x): return sqlite3_bind_int64(statement, at, x)
    case .real(let x): return sqlite3_bind_double(statement, at, x)
    case .text(var x):
      return x.withUTF8 { text in
        text.withMemoryRebound(to: CChar.self) { bytes in
          guard let start = bytes.baseAddress else { return relay_sqlite3_bind_text(statement, at, "", 0) }
          return relay_sqlite3_bind_text(statement, at, start, UInt64(bytes.count))
        }
      }
    case .malformedText(let x):
      return x.withUnsafeBufferPointer { raw in
        raw.withMemoryRebound(to: CChar.self) { bytes in
          relay_sqlite3_bind_text(statement, at, bytes.baseAddress, UInt64(bytes.count))
        }
      }
    case .blob(let x):
      // A null pointer would bind NULL instead of an empty blob.
      return x.isEmpty
        ? sqlite3_bind_zeroblob(statement, at, 0)
        : x.withUnsafeBytes { relay_sqlite3_bind_blob(statement, at, $0.baseAddress, UInt64($0.count)) }
    }
  }
}
