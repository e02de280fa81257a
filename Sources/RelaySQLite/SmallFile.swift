internal import CSQLite
package import RelayProtocol

/// A small file beside a database, read and written whole through the VFS that the database lies on.
package struct SmallFile {
  /// What more than this is read of it, in bytes, is no small file.
  package static let most = 512

  package let path: String
  private let vfs: String?

  /// - Parameters:
  ///   - path: in full, as SQLite has it.
  ///   - vfs: the name of a registered VFS; nil for SQLite's default.
  package init(path: String, vfs: String?) { (self.path, self.vfs) = (path, vfs) }

  /// Is anything of this name there, a folder for one?
  ///
  /// - Throws: `io_error` where that cannot be told.
  func isThere() throws(RelayError) -> Bool {
    try withVFS { (vfs) throws(RelayError) in
      var isThere: Int32 = 0
      guard let access = vfs.pointee.xAccess else { throw failed("looked for", SQLITE_ERROR) }
      try check(access(vfs, path, SQLITE_ACCESS_EXISTS, &isThere), "looked for")
      return isThere != 0
    }
  }

  /// - Returns: nil where there is none, or an empty one.
  /// - Throws: `io_error` where that cannot be told.
  package func read() throws(RelayError) -> [UInt8]? {
    guard try isThere() else { return nil }
    return try withVFS { (vfs) throws(RelayError) in
      try opened(vfs, SQLITE_OPEN_READONLY) { (file, methods) throws(RelayError) in
        var size: sqlite3_int64 = 0
        try check(methods.xFileSize?(file, &size) ?? SQLITE_ERROR, "measured")
        var bytes = [UInt8](repeating: 0, count: Int(max(0, min(size, sqlite3_int64(SmallFile.most)))))
        let count = Int32(bytes.count)
        let code = bytes.withUnsafeMutableBytes { methods.xRead?(file, $0.baseAddress, count, 0) ?? SQLITE_ERROR }
        try check(code, "read")
        return bytes
      }
    }
  }

  /// Writes over what is there. The bytes are to be fewer than a sector, so that a cut leaves the old ones or the new ones.
  ///
  /// - Parameter isSynced: whether they, and the file's name, are on the medium when this returns.
  /// - Throws: `io_error`, `disk_full`.
  package func write(_ bytes: [UInt8], isSynced: Bool) throws(RelayError) {
    try withVFS { (vfs) throws(RelayError) in
      try opened(vfs, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) { (file, methods) throws(RelayError) in
        let count = Int32(clamping: bytes.count)
        try check(bytes.withUnsafeBytes { methods.xWrite?(file, $0.baseAddress, count, 0) ?? SQLITE_ERROR }, "written")
        var size: sqlite3_int64 = 0
        try check(methods.xFileSize?(file, &size) ?? SQLITE_ERROR, "measured")
        if size > sqlite3_int64(count) {
          try check(methods.xTruncate?(file, sqlite3_int64(count)) ?? SQLITE_ERROR, "cut")
        }
        if isSynced { try check(methods.xSync?(file, SQLITE_SYNC_NORMAL) ?? SQLITE_ERROR, "flushed") }
      }
    }
  }

  private func withVFS<T>(_ body: (UnsafeMutablePointer<sqlite3_vfs>) throws(RelayError) -> T) throws(RelayError) -> T {
    guard let found = sqlite3_vfs_find(vfs) else { throw failed("opened", SQLITE_CANTOPEN) }
    return try body(found)
  }

  /// Opens it as what SQLite takes for a file of no special kind, and closes it again.
  private func opened<T>(
    _ vfs: UnsafeMutablePointer<sqlite3_vfs>, _ flags: Int32,
    _ body: (UnsafeMutablePointer<sqlite3_file>, sqlite3_io_methods) throws(RelayError) -> T
  ) throws(RelayError) -> T {
    // A VFS may look for parameters behind a name: SQLite's own way to make one has none there.
    guard let open = vfs.pointee.xOpen, let name = sqlite3_create_filename(path, "", "", 0, nil) else {
      throw failed("opened", SQLITE_NOMEM)
    }
    defer { sqlite3_free_filename(name) }
    let size = max(Int(vfs.pointee.szOsFile), MemoryLayout<sqlite3_file>.size)
    let room = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    defer { room.deallocate() }
    memset(room, 0, size)
    let file = room.assumingMemoryBound(to: sqlite3_file.self)
    let code = open(vfs, name, file, flags | SQLITE_OPEN_SUPER_JOURNAL, nil)
    defer { _ = file.pointee.pMethods?.pointee.xClose?(file) }
    try check(code, "opened")
    guard let methods = file.pointee.pMethods else { throw failed("opened", SQLITE_ERROR) }
    return try body(file, methods.pointee)
  }

  private func check(_ code: Int32, _ what: String) throws(RelayError) {
    guard code != SQLITE_OK else { return }
    throw failed(what, code)
  }

  private func failed(_ what: String, _ code: Int32) -> RelayError {
    RelayError(code & 0xFF == SQLITE_FULL ? .diskFull : .ioError, "\(path) could not be \(what) (\(code))")
  }
}

extension Database {
  /// Where the database lies, in full; nil for one that lies in memory.
  package var fullPath: String? {
    guard let name = sqlite3_db_filename(handle, "main") else { return nil }
    let path = String(cString: name)
    return path.isEmpty ? nil : path
  }

  /// Rows that this connection ever changed, triggers' among them.
  package var totalChanges: Int64 { sqlite3_total_changes64(handle) }
}
