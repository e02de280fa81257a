internal import CSQLite

/// SQLite's extended codes of I/O errors: in C they are expressions, which Swift does not import
/// (https://sqlite.org/rescode.html).
enum IOCode {
  private static func code(_ number: Int32) -> Int32 { SQLITE_IOERR | number << 8 }

  static let read = code(1)
  static let shortRead = code(2)
  static let write = code(3)
  static let sync = code(4)
  static let truncate = code(6)
  static let size = code(7)
  static let delete = code(10)
  static let access = code(13)
  static let lock = code(15)
  static let sharedLock = code(20)
  static let sharedMap = code(21)
  static let deleteNone = code(23)
}
