internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

extension HubSession {
  /// The row's hash as a role's digest counts it; nil where it does not count (rule 25).
  ///
  /// - Parameter view: the schema as the devices know it that the digest is for.
  func digestHash(_ stored: StoredRow, _ role: String, _ view: SyncSchema) throws(RelayError) -> [UInt8]? {
    guard let table = view.table(stored.row.table), table.access(role).reads,
      let values = try table.shownValues(stored.row, stored.state), !table.isUpOnly(values, role)
    else { return nil }
    return table.rowHash(stored.row, values, readable: table.readableColumns(role))
  }

  /// Begins to keep a digest, from a scan, so that every later commit only adds and subtracts.
  func keepDigests(_ grants: [ScopeGrant], _ role: String, _ view: SyncSchema) throws(RelayError) {
    for grant in grants where grant.readable {
      guard try keptDigest(grant.scope, role, view) == nil else { continue }
      try store(try scanDigest(grant.scope, role, view), grant.scope, role, view.newest)
    }
  }

  func digest(_ scope: String, _ role: String, _ view: SyncSchema) throws(RelayError) -> ScopeDigest {
    if let kept = try keptDigest(scope, role, view) { return kept }
    return try scanDigest(scope, role, view)
  }

  func keptDigest(_ scope: String, _ role: String, _ view: SyncSchema) throws(RelayError) -> ScopeDigest? {
    guard
      let values = try db.first(
        "SELECT sum, count FROM digest WHERE scope = ? AND role = ? AND version = ?",
        [.text(scope), .text(role), .seq(view.newest)])
    else { return nil }
    return ScopeDigest(bytes: values[0].bytes, count: UInt64(values[1].integer ?? 0))
  }

  /// - Complexity: O(rows of the scope).
  func scanDigest(_ scope: String, _ role: String, _ view: SyncSchema) throws(RelayError) -> ScopeDigest {
    var digest = ScopeDigest()
    let countsOrphans = scope == ScopeGrant.everything
    func add(_ ids: [Int64]) throws(RelayError) {
      for id in ids {
        guard let stored = try load(id: id), countsOrphans || !stored.isOrphan else { continue }
        if let hash = try digestHash(stored, role, view) { digest.add(hash) }
      }
    }
    if scope == ScopeGrant.everything {
      try add(try db.query("SELECT id FROM row WHERE alive = 1") { (row) throws(RelayError) in row.int(0) })
    } else {
      try add(
        try db.query(
          "SELECT f.row FROM feed f JOIN scope s ON s.id = f.scope WHERE s.name = ?", [.text(scope)]
        ) { (row) throws(RelayError) in row.int(0) })
    }
    return digest
  }

  private func store(
    _ digest: ScopeDigest, _ scope: String, _ role: String, _ version: UInt64
  ) throws(RelayError) {
    try db.execute(
      "INSERT OR REPLACE INTO digest VALUES (?, ?, ?, ?, ?)",
      [.text(scope), .text(role), .seq(version), .blob(digest.bytes), .seq(digest.count)])
  }

  /// Whose eyes a row is hashed for. Versions between which its table got nothing see the same.
  private struct Eyes: Hashable {
    var role: String
    var newest: UInt64
  }

  /// Carries rows from what they were to what they are in every digest that is kept.
  func updateDigests(_ changes: [(old: StoredRow?, new: StoredRow)]) throws(RelayError) {
    var kept: [String: [(role: String, version: UInt64, digest: ScopeDigest)]] = [:]
    func apply(_ stored: StoredRow, adding: Bool) throws(RelayError) {
      var hashes: [Eyes: [UInt8]?] = [:]
      for scope in (stored.isOrphan ? [] : stored.scopeNames) + [ScopeGrant.everything] {
        if kept[scope] == nil {
          kept[scope] = try db.query(
            "SELECT role, version, sum, count FROM digest WHERE scope = ?", [.text(scope)]
          ) { (row) throws(RelayError) in
            let digest = ScopeDigest(bytes: row.blob(2), count: UInt64(row.int(3))) ?? ScopeDigest()
            return (role: row[0].text ?? "", version: UInt64(row.int(1)), digest: digest)
          }
        }
        for at in (kept[scope] ?? []).indices {
          let role = kept[scope]![at].role
          let view = try view(kept[scope]![at].version)
          let eyes = Eyes(role: role, newest: view.table(stored.row.table)?.newest ?? 0)
          let hash: [UInt8]?
          if let known = hashes[eyes] { hash = known } else { hash = try digestHash(stored, role, view) }
          hashes[eyes] = .some(hash)
          guard let hash else { continue }
          if adding { kept[scope]![at].digest.add(hash) } else { kept[scope]![at].digest.remove(hash) }
        }
      }
    }
    for change in changes {
      if let old = change.old { try apply(old, adding: false) }
      try apply(change.new, adding: true)
    }
    for (scope, list) in kept { for item in list { try store(item.digest, scope, item.role, item.version) } }
  }
}
