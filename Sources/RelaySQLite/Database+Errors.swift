internal import CSQLite
internal import RelayProtocol

extension Database {
  func error(_ result: Int32, sql: String?) -> RelayError {
    if result & 0xFF == SQLITE_AUTH, let reason = cell.refusal {
      cell.refusal = nil
      return RelayError(.notAllowed, "\(path): \(reason)")
    }
    return Database.error(result, handle: handle, path: path, sql: sql)
  }

  static func error(_ result: Int32, handle: OpaquePointer?, path: String, sql: String?) -> RelayError {
    let text = handle.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(result))
    let what = sql.map { "\(text), at: \($0.prefix(300))" } ?? text
    return RelayError(code(result), "\(path): \(what)")
  }

  /// SQLite's primary result code (https://sqlite.org/rescode.html) as Relay's.
  private static func code(_ result: Int32) -> ErrorCode {
    switch result & 0xFF {
    case SQLITE_BUSY, SQLITE_LOCKED: .busy
    case SQLITE_FULL: .diskFull
    case SQLITE_READONLY, SQLITE_PERM: .readOnly
    case SQLITE_CORRUPT: .corrupt
    case SQLITE_NOTADB: .notADatabase
    case SQLITE_IOERR: .ioError
    case SQLITE_CONSTRAINT: .constraint
    case SQLITE_CANTOPEN: .fileMissing
    case SQLITE_TOOBIG: .limitExceeded
    default: .sql
    }
  }
}
