internal import RelayMerge
internal import RelayProtocol

/// The digests of the installed scopes while an install changes them: what the pull touches is taken out as it was,
/// and put back as it is.
struct DigestChange {
  private var digests: [String: ScopeDigest] = [:]
  private let touched: [RowID]
  private let before: Scopes?
  private let after: Scopes

  /// Which scopes are summed, and for which role's columns.
  private struct Scopes {
    var names: Set<String>
    var role: String
  }

  init(_ core: ReplicaCore, _ pull: CompletePull, _ state: ReplicaState) throws(RelayError) {
    touched = pull.rows.map(\.record.row) + pull.closing.exits
    let readable = pull.grants.filter(\.readable).map(\.scope)
    after = Scopes(names: Set(readable), role: pull.newRole)
    // Another role reads other columns: everything arrives whole, and the sums start again.
    let startsAgain = state.base == 0 || state.role != pull.newRole || pull.isWhole
    before = startsAgain ? nil : Scopes(names: Set(try core.installedScopes()), role: state.role)
    for name in readable { digests[name] = ScopeDigest() }
    guard !startsAgain else { return }
    try core.db.query("SELECT name, digest, count FROM relay_scope") { (row) throws(RelayError) in
      let name = row[0].text ?? ""
      if digests[name] != nil, let digest = ScopeDigest(bytes: row.blob(1), count: UInt64(max(0, row.int(2)))) {
        digests[name] = digest
      }
    }
  }

  /// Before the install writes anything.
  ///
  /// - Returns: the rows that the pull touches and this replica did not hold; none where the sums start again.
  mutating func subtract(_ core: ReplicaCore) throws(RelayError) -> Set<RowID> {
    guard let before else { return [] }
    return try each(core, before) { $0.remove($1) }
  }

  /// After it: sums, stores, and compares with what the hub says. Sums that do not add up, because rows were written
  /// while nothing was captured, are made anew from the rows once; what then still differs is told.
  mutating func addAndCompare(_ core: ReplicaCore, _ pull: CompletePull, _ state: ReplicaState) throws(RelayError) {
    _ = try each(core, after) { $0.add($1) }
    let isKnownWrong = try core.db.first("SELECT 1 FROM relay_state WHERE mismatch IS NOT NULL") != nil
    // Below nothing a count wraps round.
    let isImpossible = digests.values.contains { $0.count > Limits.sequence }
    if isImpossible || (!isKnownWrong && !wrongScopes(pull).isEmpty) {
      digests = try core.confirmedDigests(after.names, after.role)
    }
    try core.db.execute("DELETE FROM relay_scope")
    for grant in pull.grants {
      let digest = digests[grant.scope] ?? ScopeDigest()
      try core.db.execute(
        "INSERT INTO relay_scope (name, readable, writable, digest, count) VALUES (?, ?, ?, ?, ?)",
        [
          .text(grant.scope), .integer(grant.readable ? 1 : 0), .integer(grant.writable ? 1 : 0),
          .blob(digest.bytes), Value(digest.count),
        ])
    }
    guard !pull.closing.digests.isEmpty else { return }
    let wrong = wrongScopes(pull)
    try core.db.execute(
      "UPDATE relay_state SET mismatch = ?",
      [wrong.isEmpty ? .null : .text(wrong.joined(separator: " "))])
  }

  /// Scopes whose sum is not the hub's.
  private func wrongScopes(_ pull: CompletePull) -> [String] {
    // Who is granted everything gets rows as they are written, not as they move: the one sum says all.
    let holdsAll = pull.grants.contains { $0.readable && $0.scope == ScopeGrant.everything }
    let readable = pull.grants.filter(\.readable)
    return zip(readable, pull.closing.digests).filter { grant, hub in
      hub != digests[grant.scope] ?? ScopeDigest() && (!holdsAll || grant.scope == ScopeGrant.everything)
    }.map(\.0.scope)
  }

  /// - Returns: the rows that are not there.
  private mutating func each(
    _ core: ReplicaCore, _ scopes: Scopes, _ change: (inout ScopeDigest, [UInt8]) -> Void
  ) throws(RelayError) -> Set<RowID> {
    var cache: [RowID: [String]] = [:]
    var readable: (table: UInt32, columns: [Int])?
    var absent: Set<RowID> = []
    for row in touched {
      guard let table = core.schema.table(row.table), table.access(scopes.role).reads else { continue }
      guard let values = try core.confirmed(row, table) else {
        absent.insert(row)
        continue
      }
      guard !table.isUpOnly(values, scopes.role) else { continue }
      if readable?.table != table.id { readable = (table.id, table.readableColumns(scopes.role)) }
      let hash = table.rowHash(row, values, readable: readable?.columns ?? [])
      let all = ScopeGrant.everything
      if scopes.names.contains(all), digests[all] != nil { change(&digests[all, default: .init()], hash) }
      for name in try core.scopes(of: row, table, values, &cache) where scopes.names.contains(name) {
        if digests[name] != nil { change(&digests[name, default: .init()], hash) }
      }
    }
    return absent
  }
}

extension ReplicaCore {
  /// The scopes of a confirmed row: its own, or those of the parent that it follows.
  func scopes(
    of row: RowID, _ table: TableSchema, _ values: [Value], _ cache: inout [RowID: [String]]
  ) throws(RelayError) -> [String] {
    guard table.parent != nil else { return table.ownScopes(values) }
    guard let parent = table.parentRow(values), let parentTable = schema.table(parent.table) else { return [] }
    if let known = cache[parent] { return known }
    var names: [String] = []
    if let parentValues = try confirmed(parent, parentTable) {
      names = try scopes(of: parent, parentTable, parentValues, &cache)
    }
    cache[parent] = names
    return names
  }
}
