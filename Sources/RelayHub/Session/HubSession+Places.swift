internal import RelayMerge
internal import RelayProtocol

/// Which rows lie in which scopes, and which have left: the feed's index.
extension HubSession {
  /// Carries a row from the scopes that it lay in to those where it lies now.
  ///
  /// - Parameter seq: of the transaction that moved it.
  func updateFeed(_ row: StoredRow, _ was: StoredRow?, seq: UInt64) throws(RelayError) {
    guard let id = row.id else { throw RelayError(.invariant, "a row without an id") }
    for scope in was?.scopes ?? [] {
      news.scopes.insert(scope.name)
      try store.rows.removePlace(id, scope: try scopeID(scope.name), seq: scope.seq)
      guard !row.scopes.contains(where: { $0.name == scope.name }) else { continue }
      try store.rows.putExit(row.row, scope: scope.name, seq: seq)
    }
    for scope in row.scopes {
      news.scopes.insert(scope.name)
      try store.rows.addPlace(id, scope: try scopeID(scope.name), seq: scope.seq)
    }
  }

  /// A scope's number; a new one for a name that is new.
  private func scopeID(_ name: String) throws(RelayError) -> Int64 {
    if let known = memory?.scopes[name] { return known }
    if let id = try store.rows.scopeID(name) {
      memory?.scopes[name] = id
      return id
    }
    let id = try store.rows.addScope(name)
    memory?.scopes[name] = id
    return id
  }

  /// The exits of a row that count for an author: from scopes that may have held it, none older than the grace.
  func exits(of row: RowID, for authority: Authority, now: Int64) throws(RelayError) -> [(scope: String, seq: UInt64)] {
    let oldest = now.subtractingSaturating(grace)
    return try store.rows.exits(of: row).filter { $0.received >= oldest && authority.mayHaveHeld($0.scope) }
      .map { ($0.scope, $0.seq) }
  }
}

/// Keys that the schema calls unique, held by the living rows of the whole organisation.
extension HubSession {
  func uniqueKeys(_ stored: StoredRow) throws(RelayError) -> [TableSchema.UniqueKey] {
    guard let table = schema.table(stored.row.table), !table.unique.isEmpty else { return [] }
    return table.uniqueKeys(try stored.shownValues(table))
  }

  func holder(_ key: TableSchema.UniqueKey, of table: UInt32) throws(RelayError) -> Int64? {
    try store.rows.holder(StoredKey(table, key))
  }

  /// Carries the keys of rows from what they were to what they are.
  func updateUniqueKeys(_ all: [RowOutcome]) throws(RelayError) {
    let changes = all.filter(\.hasUnique)
    for change in changes {
      guard let old = change.old, let id = old.id else { continue }
      for key in try uniqueKeys(old) { try store.rows.release(StoredKey(old.row.table, key), by: id) }
    }
    for change in changes {
      guard let id = change.new.id else { continue }
      for key in try uniqueKeys(change.new) { try store.rows.take(StoredKey(change.new.row.table, key), by: id) }
    }
  }
}

extension StoredKey {
  /// A value that no index takes stands there by its hash.
  fileprivate init(_ table: UInt32, _ key: TableSchema.UniqueKey) {
    self.init(table: table, list: key.list, value: key.value)
    if value.count > StoredKey.longest { value = sha256(value) }
  }

  /// Bytes of a value that an index takes in both databases.
  static let longest = 1024
}
