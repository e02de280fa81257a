internal import CSQLite
package import RelayProtocol

extension Database {
  func installAuthorizer() {
    let context = Unmanaged.passUnretained(cell).toOpaque()
    sqlite3_set_authorizer(
      handle,
      { context, action, first, second, _, source in
        guard let context else { return SQLITE_OK }
        let cell = Unmanaged<AuthorityCell>.fromOpaque(context).takeUnretainedValue()
        guard cell.authority == .app || cell.record != nil else { return SQLITE_OK }
        func text(_ bytes: UnsafePointer<CChar>?) -> String { bytes.map { String(cString: $0) } ?? "" }
        return cell.judge(action, text(first), text(second), source: text(source))
      }, context)
  }

  /// Runs `body` with the authority of an app's closure: a statement that would end the transaction, attach a file,
  /// change a setting or write Relay's bookkeeping is refused with a sentence before it runs.
  package func lent<T, E: Error>(_ body: () throws(E) -> T) throws(E) -> T {
    let before = (cell.authority, cell.needsTransaction)
    (cell.authority, cell.needsTransaction) = (.app, isInTransaction)
    defer { (cell.authority, cell.needsTransaction) = before }
    return try body()
  }

  /// A statement may take back the whole transaction by itself (`INSERT OR ROLLBACK`, `RAISE(ROLLBACK)`). What a closure ran
  /// after that would stay whatever becomes of the rest.
  func checkTransaction() throws(RelayError) {
    guard cell.authority == .app, cell.needsTransaction, !isInTransaction else { return }
    throw Database.takenBack(path)
  }

  static func takenBack(_ path: String) -> RelayError {
    RelayError(
      .notAllowed,
      "\(path): a statement took back the whole transaction (OR ROLLBACK, RAISE(ROLLBACK)), and nothing of it is there")
  }

  /// What a statement would do, its triggers included; nothing of it is run.
  package func actions(of sql: String) throws(RelayError) -> [PreparedAction] {
    cell.record = []
    defer { cell.record = nil }
    var statement: OpaquePointer?
    let result = sqlite3_prepare_v2(handle, sql, -1, &statement, nil)
    defer { sqlite3_finalize(statement) }
    guard result == SQLITE_OK else { throw error(result, sql: sql) }
    return cell.record ?? []
  }
}
