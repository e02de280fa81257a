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
    let cause = cause(result, handle, isOpen: sql != nil)
    return RelayError(cause ?? code(result), "\(path): \(what)")
  }

  /// SQLite cannot open a file, or cannot make one beside it, for many reasons; the system says which.
  ///
  /// - Parameter isOpen: the file is there; it is one beside it that cannot be opened. SQLite tries to read what it cannot make,
  ///   and the system's last word is then that it is not there, whatever the first was.
  private static func cause(_ result: Int32, _ handle: OpaquePointer?, isOpen: Bool) -> ErrorCode? {
    guard [SQLITE_CANTOPEN, SQLITE_IOERR].contains(result & 0xFF), let handle else { return nil }
    switch sqlite3_system_errno(handle) {
    case SystemError.noSpace: return .diskFull
    case SystemError.forbidden, SystemError.readOnlySystem: return .readOnly
    default: return isOpen && result & 0xFF == SQLITE_CANTOPEN ? .ioError : nil
    }
  }

  /// Numbers that Linux and Darwin share (errno.h).
  private enum SystemError {
    static let forbidden: Int32 = 13
    static let noSpace: Int32 = 28
    static let readOnlySystem: Int32 = 30
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
