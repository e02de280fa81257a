internal import CSQLite
internal import RelayProtocol

extension Database {
  /// Ends what is under way, and forgets who used the connection; what it knows of the file's schema, and its prepared
  /// statements, stay, and no page of it. For a simulator, which puts another file under it.
  ///
  /// - Returns: false where something is under way still.
  package func release() -> Bool {
    if isInTransaction { try? execute("ROLLBACK") }
    (beforeCommit, schemaChanged) = (nil, nil)
    (tap.isListening, tap.tables) = (false, [])
    tap.clear()
    guard !isInTransaction, !isAlone, cell.authority == .relay else { return false }
    var statement = sqlite3_next_stmt(handle, nil)
    while let one = statement {
      if sqlite3_stmt_busy(one) != 0 { return false }
      statement = sqlite3_next_stmt(handle, one)
    }
    // Where the logs of two files look the same, a connection would take the pages of the one for those of the other.
    sqlite3_db_release_memory(handle)
    return true
  }

  /// Has it made tables beside the file, which only it sees?
  package var hasTablesOfItsOwn: Bool { (try? first("PRAGMA temp.schema_version")) != [.integer(0)] }
}
