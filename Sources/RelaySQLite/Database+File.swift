internal import CSQLite
package import RelayProtocol

extension Database {
  /// Ends the work on a file that is not the one which was opened: removed, replaced by another, or cut to nothing.
  /// SQLite goes on with what it holds open, and nobody would ever see what is written there.
  ///
  /// - Throws: `file_replaced`.
  package func checkFile() throws(RelayError) {
    var hasMoved: Int32 = 0
    if sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &hasMoved) == SQLITE_OK, hasMoved != 0 {
      throw RelayError(.fileReplaced, "\(path): the file was removed or replaced while it was open")
    }
    var file: UnsafeMutablePointer<sqlite3_file>?
    guard sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK, let file,
      let methods = file.pointee.pMethods, let sizeOf = methods.pointee.xFileSize
    else { return }
    var size: sqlite3_int64 = 0
    // A file that was attached to has at least the page with its header.
    guard sizeOf(file, &size) == SQLITE_OK, size < 512 else { return }
    throw RelayError(.fileReplaced, "\(path): the file was cut to \(size) bytes while it was open")
  }
}
