internal import RelayMerge
package import RelayProtocol

/// Copies a whole hub from one store into another, empty one, and compares what came: a hub that moves, or a copy of one that
/// stays.
package struct HubCopy {
  private let source: any HubSQL
  private let target: any HubSQL

  package init(from source: any HubSQL, to target: any HubSQL) { (self.source, self.target) = (source, target) }

  /// First the source is closed, then the target is filled in one transaction: at no moment, wherever the machine stops, do
  /// both serve. A move that was cut off is carried on by the same call.
  ///
  /// - Parameter name: of the new place, for who asks the old one.
  /// - Returns: how many rows of tables were copied; 0 where that had been done before.
  /// - Throws: `usage` for a target that is not empty or a source that is none, `corrupt` where the copy differs.
  package func run(to name: String) throws(RelayError) -> Int {
    let isAgain = try close(for: name)
    do throws(RelayError) {
      if isAgain, try isThere() { return 0 }
      return try fill()
    } catch {
      // Whether a commit took place that was not answered nobody knows: the source stays closed.
      if !isAgain, error.code != .storeUnreachable { try open() }
      throw error
    }
  }

  /// Takes a move back that did not come to its end.
  ///
  /// - Throws: `usage` where the source was not moved there, or the target has the hub.
  package func withdraw(from name: String) throws(RelayError) {
    guard try movedTo() == name else { throw RelayError(.usage, "\(source.name) was not moved to \(name)") }
    guard try !isThere() else {
      throw RelayError(.usage, "\(name) has the hub", advice: "Nothing was changed. Serve it there.")
    }
    try open()
  }

  /// From now on the source serves nobody.
  ///
  /// - Returns: whether it was closed for the same target before.
  package func close(for name: String) throws(RelayError) -> Bool {
    if try movedTo() == name { return true }
    // Refuses what no session of this program would open.
    _ = try HubSession(SQLHubStore(source), resolvers: Resolvers())
    let settings = SQLSettings(db: source)
    try source.transaction { () throws(RelayError) in
      try settings.set("moved", Array(name.utf8))
      // Nodes that are still running look at this one in every transaction.
      try settings.set("schema_id", [])
    }
    return false
  }

  private func movedTo() throws(RelayError) -> String? {
    guard try source.hasTables() else { return nil }
    return try SQLSettings(db: source).setting("moved").map { String(decoding: $0, as: UTF8.self) }
  }

  private func open() throws(RelayError) {
    try source.transaction { () throws(RelayError) in try HubCopy.open(source) }
  }

  private static func open(_ db: any HubSQL) throws(RelayError) {
    let settings = SQLSettings(db: db)
    try db.run("DELETE FROM meta WHERE name = $1", [.text("moved")])
    try settings.set("schema_id", hash128(try settings.setting("schema") ?? []).bytes)
  }

  /// Has the target this hub, with all that the source has?
  private func isThere() throws(RelayError) -> Bool {
    guard try target.hasTables() else { return false }
    for name in ["organisation", "epoch"] {
      guard try SQLSettings(db: source).setting(name) == SQLSettings(db: target).setting(name) else { return false }
    }
    let (here, there) = (SQLLog(db: source), SQLLog(db: target))
    let head = try here.head()
    return try here.logHash(head) == there.logHash(head)
  }

  /// Copies what the source has at one moment.
  ///
  /// - Parameter clearing: makes the target empty, in the transaction in which it is filled.
  func fill(clearing: () throws(RelayError) -> Void = {}) throws(RelayError) -> Int {
    try source.snapshot { () throws(RelayError) -> Int in
      try target.transaction { () throws(RelayError) -> Int in
        try clearing()
        guard try !target.hasTables() else { throw RelayError(.usage, "\(target.name): a hub is here already") }
        try target.script(target.dialect.tables)
        // What the tables begin with comes with the copy.
        try target.run("DELETE FROM rights")
        var count = 0
        for table in StoredTable.all { count += try copy(table) }
        try HubCopy.open(target)
        return count
      }
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
