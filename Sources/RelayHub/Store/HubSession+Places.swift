internal import RelayProtocol
internal import RelaySQLite

/// Which rows lie in which scopes, and which have left: the feed's index.
extension HubSession {
  /// Carries a row from the scopes that it lay in to those where it lies now.
  ///
  /// - Parameter seq: of the transaction that moved it.
  func updateFeed(_ row: StoredRow, _ was: StoredRow?, seq: UInt64) throws(RelayError) {
    guard let id = row.id else { throw RelayError(.invariant, "a row without an id") }
    for scope in was?.scopes ?? [] {
      news.scopes.insert(scope.name)
      try db.execute(
        "DELETE FROM feed WHERE scope = ? AND seq = ? AND row = ?",
        [.integer(try scopeID(scope.name)), .seq(scope.seq), .integer(id)])
      guard !row.scopes.contains(where: { $0.name == scope.name }) else { continue }
      try db.execute(
        "INSERT OR REPLACE INTO exits VALUES (?, ?, ?, ?)",
        [.text(scope.name), .integer(Int64(row.row.table)), .blob(row.row.key), .seq(seq)])
    }
    for scope in row.scopes {
      try db.execute(
        "INSERT INTO feed VALUES (?, ?, ?)", [.integer(try scopeID(scope.name)), .seq(scope.seq), .integer(id)])
    }
  }

  /// A scope's number; a new one for a name that is new.
  private func scopeID(_ name: String) throws(RelayError) -> Int64 {
    if let known = group?.scopes[name] { return known }
    news.scopes.insert(name)
    var id = try db.first("SELECT id FROM scope WHERE name = ?", [.text(name)])?[0].integer
    if id == nil { id = try db.first("INSERT INTO scope(name) VALUES (?) RETURNING id", [.text(name)])?[0].integer }
    guard let id else { throw RelayError(.invariant, "a scope without a number") }
    group?.scopes[name] = id
    return id
  }
}
