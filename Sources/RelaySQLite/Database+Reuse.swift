internal import CSQLite
internal import RelayProtocol

extension Database {
  /// Ends what is under way, and forgets who used the connection; what it knows of the file's schema, and its prepared
  /// statements, stay. For a simulator, which puts another file under it.
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
    return true
  }

  /// Has it made tables beside the file, which only it sees?
  package var hasTablesOfItsOwn: Bool { (try? first("PRAGMA temp.schema_version")) != [.integer(0)] }
}
