internal import RelayMerge
package import RelayProtocol

/// Copies a whole hub from one store into another, empty one, and compares what came.
package struct HubCopy {
  private let source: any HubSQL
  private let target: any HubSQL

  package init(from source: any HubSQL, to target: any HubSQL) { (self.source, self.target) = (source, target) }

  /// All or nothing: the target is one transaction, and nobody writes to the source meanwhile. The source is kept as it
  /// was, but serves no more.
  ///
  /// - Parameter name: of the new place, for who asks the old one.
  /// - Returns: how many rows of tables were copied.
  /// - Throws: `usage` for a target that is not empty or a source that is none, `corrupt` where the copy differs.
  package func run(to name: String) throws(RelayError) -> Int {
    // Refuses what no session of this program would open.
    _ = try HubSession(SQLHubStore(source), resolvers: Resolvers())
    return try source.transaction { () throws(RelayError) in
      let count = try target.transaction { () throws(RelayError) in
        guard try !target.hasTables() else { throw RelayError(.usage, "\(target.name): a hub is here already") }
        try target.script(target.dialect.tables)
        // What the tables begin with comes with the copy.
        try target.run("DELETE FROM rights")
        var count = 0
        for table in StoredTable.all { count += try copy(table) }
        return count
      }
      let settings = SQLSettings(db: source)
      try settings.set("moved", Array(name.utf8))
      // Nodes that are still running look at this one in every transaction.
      try settings.set("schema_id", [])
      return count
    }
  }

  private func copy(_ table: StoredTable) throws(RelayError) -> Int {
    var (count, hash) = (0, Hash128.zero)
    try pages(of: table, in: source) { (page) throws(RelayError) in
      hash = chained(hash, page)
      count += page.count
      for values in page { try target.run(table.insert, values) }
    }
    var (found, other) = (0, Hash128.zero)
    try pages(of: table, in: target) { (page) throws(RelayError) in
      other = chained(other, page)
      found += page.count
    }
    guard (found, other) == (count, hash) else {
      throw RelayError(.corrupt, "the copy of '\(table.name)' has other rows than the original; nothing was copied")
    }
    return count
  }

  private func chained(_ hash: Hash128, _ page: [[Value]]) -> Hash128 {
    var out = CBORWriter()
    for values in page { for value in values { out.value(value) } }
    return hash128(hash.bytes, out.bytes)
  }

  private func pages(
    of table: StoredTable, in db: any HubSQL, _ body: ([[Value]]) throws(RelayError) -> Void
  ) throws(RelayError) {
    var last: [Value]?
    while true {
      let page = try db.query(table.select(after: last != nil), last ?? []) { (row) in
        table.columns.indices.map { at in table.columns[at].kind.value(row, at) }
      }
      if !page.isEmpty { try body(page) }
      guard page.count == StoredTable.page, let end = page.last else { return }
      last = table.key.map { end[$0] }
    }
  }
}
