internal import RelayMerge
internal import RelayProtocol

extension HubSession {
  /// The row's hash as a role's digest counts it; nil where it does not count (rule 25).
  ///
  /// - Parameters:
  ///   - view: the schema as the devices know it that the digest is for.
  ///   - values: of the row if it is alive, as this view shows them; read from its cells where they are nil.
  func digestHash(
    _ stored: StoredRow, _ role: String, _ view: SyncSchema, values: [Value]? = nil
  ) throws(RelayError) -> [UInt8]? {
    guard let table = view.table(stored.row.table), table.access(role).reads else { return nil }
    var shown = values
    if shown == nil { shown = try table.shownValues(stored.row, stored.state) }
    guard let values = shown, !table.isUpOnly(values, role) else { return nil }
    return table.rowHash(stored.row, values, readable: table.readableColumns(role))
  }

  /// Begins to keep a digest, from a scan, so that every later commit only adds and subtracts.
  func keepDigests(_ grants: [ScopeGrant], _ role: String, _ view: SyncSchema) throws(RelayError) {
    for grant in grants where grant.readable {
      guard try store.digests.digest(of: grant.scope, role, version: view.newest) == nil else { continue }
      let digest = try scanDigest(grant.scope, role, view)
      try put(KeptDigest(role: role, version: view.newest, digest: digest), grant.scope)
    }
  }

  func digest(_ scope: String, _ role: String, _ view: SyncSchema) throws(RelayError) -> ScopeDigest {
    if let kept = try store.digests.digest(of: scope, role, version: view.newest) { return kept }
    return try scanDigest(scope, role, view)
  }

  /// - Complexity: O(rows of the scope).
  func scanDigest(_ scope: String, _ role: String, _ view: SyncSchema) throws(RelayError) -> ScopeDigest {
    var digest = ScopeDigest()
    let countsOrphans = scope == ScopeGrant.everything
    var walk = FeedWalk(store.feed, [(scope, .start)])
    while let row = try walk.next() {
      guard row.isAlive, countsOrphans || !row.isOrphan, let table = schema.table(row.row.table) else { continue }
      if let hash = try digestHash(try StoredRow(row, table, self), role, view) { digest.add(hash) }
    }
    return digest
  }

  /// Whose eyes a row is hashed for. Versions between which its table got nothing see the same.
  private struct RoleView: Equatable {
    var role: String
    var newest: UInt64
  }

  /// Carries rows from what they were to what they are in every digest that is kept; in memory, until `writeDigests`.
  func updateDigests(_ changes: [RowOutcome]) throws(RelayError) {
    var book = group?.digests ?? DigestBook()
    // While the group's copy stands beside it every change would copy the whole book.
    group?.digests = DigestBook()
    defer { group?.digests = book }
    for change in changes {
      if let old = change.old { try apply(old, nil, adding: false, &book) }
      try apply(change.new, change.values, adding: true, &book)
    }
  }

  /// - Parameter values: of a row that is alive, where they are known.
  private func apply(
    _ stored: StoredRow, _ values: [Value]?, adding: Bool, _ book: inout DigestBook
  ) throws(RelayError) {
    var hashes: [(view: RoleView, hash: [UInt8]?)] = []
    for at in try places(of: stored, &book) {
      for number in book.lists[at].indices {
        let kept = book.lists[at][number]
        let newest = kept.version == schema.newest ? schema : try view(kept.version)
        let view = RoleView(role: kept.role, newest: newest.table(stored.row.table)?.newest ?? 0)
        let hash: [UInt8]?
        if let known = hashes.first(where: { $0.view == view }) {
          hash = known.hash
        } else {
          hash = try digestHash(stored, kept.role, newest, values: kept.version == schema.newest ? values : nil)
          hashes.append((view, hash))
        }
        guard let hash else { continue }
        if adding { book.lists[at][number].digest.add(hash) } else { book.lists[at][number].digest.remove(hash) }
      }
    }
  }

  /// Where in the book the digests stand that count a row.
  private func places(of stored: StoredRow, _ book: inout DigestBook) throws(RelayError) -> [Int] {
    let everything: Int
    if let known = book.everything { everything = known } else { everything = try place(ScopeGrant.everything, &book) }
    book.everything = everything
    var places = [everything]
    guard !stored.isOrphan else { return places }
    places.reserveCapacity(1 + stored.scopes.count)
    for scope in stored.scopes { places.append(try place(scope.name, &book)) }
    return places
  }

  private func place(_ scope: String, _ book: inout DigestBook) throws(RelayError) -> Int {
    if let known = book.places[scope] { return known }
    let list = try store.digests.digests(of: scope)
    book.places[scope] = book.lists.count
    book.scopes.append(scope)
    book.lists.append(list)
    return book.lists.count - 1
  }

  /// Writes what the group's commits changed.
  func writeDigests() throws(RelayError) {
    guard let book = group?.digests else { return }
    for (scope, list) in zip(book.scopes, book.lists) {
      for kept in list { try put(kept, scope) }
    }
    group?.digests = DigestBook()
  }

  private func put(_ kept: KeptDigest, _ scope: String) throws(RelayError) {
    guard kept.digest.count <= Limits.sequence else {
      throw RelayError(.corrupt, "the digest of '\(scope)' counts fewer rows than left it")
    }
    try store.digests.put(kept, of: scope)
  }
}
