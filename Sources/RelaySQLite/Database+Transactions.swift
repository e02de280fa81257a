package import RelayProtocol

extension Database {
  /// Runs `body` in a transaction that takes the write lock at once; whatever it throws, nothing of it stays.
  package func transaction<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    try execute("BEGIN IMMEDIATE")
    tap.clear()
    return try finish("COMMIT", undo: ["ROLLBACK"]) { () throws(RelayError) in
      let value = try body()
      try beforeCommit?()
      return value
    }
  }

  /// One consistent view for several reads.
  package func snapshot<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    try execute("BEGIN")
    return try finish("COMMIT", undo: ["ROLLBACK"], body)
  }

  /// A part of a transaction that can fail alone.
  package func savepoint<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    try execute("SAVEPOINT relay_part")
    return try finish("RELEASE relay_part", undo: ["ROLLBACK TO relay_part", "RELEASE relay_part"], body)
  }

  private func finish<T>(
    _ end: String, undo: [String], _ body: () throws(RelayError) -> T
  ) throws(RelayError) -> T {
    do throws(RelayError) {
      let value = try body()
      guard isInTransaction else { throw Database.takenBack(path) }
      try execute(end)
      return value
    } catch {
      // SQLite may have rolled back by itself (disk full, I/O error); then there is nothing left to undo.
      tap.somethingWasUndone()
      if isInTransaction { for statement in undo { try? execute(statement) } }
      throw error
    }
  }
}
