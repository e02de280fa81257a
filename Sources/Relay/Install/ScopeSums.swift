internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// The digests of the granted scopes while an install changes rows: what a row was is taken out, what it becomes is put
/// in. Rows that follow a parent are summed by parent and counted where it stands at the end, because it may come later
/// in the same pull.
struct ScopeSums {
  enum Kind {
    /// Nothing was confirmed before: only what arrives counts.
    case fresh
    /// The stored sums, changed.
    case change
    /// Everything arrives anew, over rows that stand: made from the rows at the end.
    case anew
  }

  let kind: Kind
  private var names: [String]
  private var sums: [ScopeDigest]
  private let index: [String: Int]
  /// Scopes that counted before as well.
  private let old: Set<String>
  private let role: String
  /// By parent: what its children bring together.
  private var children: [RowID: ScopeDigest] = [:]
  /// Where parents stood before this pull changed them.
  private var before: [RowID: [String]] = [:]
  private let parents: Set<UInt32>
  /// By table: places of the last row and of others, by the bytes of the columns that name its scopes.
  private var places: [UInt32: KnownScopes] = [:]
  private var form = RowForm()
  /// Has a row come to live again that others may follow? They come with it, but for those of a history that the hub has lost.
  private(set) var hasRevived = false

  private struct KnownScopes {
    let columns: [Int]
    var last: (key: [UInt8], at: [Int])?
    var known: [[UInt8]: [Int]] = [:]
  }

  init(_ core: ReplicaCore, _ pull: CompletePull, _ state: ReplicaState) throws(RelayError) {
    // A file that stepped back to nothing has rows of the history that was lost: they count, and are told where they differ.
    let isAnew = state.base == 0 ? try core.stores.lost.isLostWhole() : pull.leavesTheRest
    kind = isAnew ? .anew : state.base == 0 ? .fresh : .change
    role = pull.newRole
    names = pull.grants.filter(\.readable).map(\.scope)
    index = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
    sums = names.map { _ in ScopeDigest() }
    old = Set(try core.installedScopes())
    parents = Set(core.schema.tables.compactMap { $0.parent?.table })
    guard kind == .change else { return }
    let stored = try core.stores.scopes.digests()
    for (at, name) in names.enumerated() { sums[at] = stored[name] ?? ScopeDigest() }
  }

  // MARK: Rows that arrive

  /// A row as it arrives, before or after it is written.
  mutating func add(_ row: RowCursor, _ writer: TableWriter) {
    guard kind != .anew else { return }
    writer.describe(row, &form)
    let digest = form.digest(table: row.table, key: row.key)
    if let all = index[ScopeGrant.everything] { sums[all].add(digest) }
    if let parent = writer.table.parent, let parentRow = parentRow(parent, row, writer) {
      children[parentRow, default: ScopeDigest()].add(digest)
      return
    }
    for at in scopes(row, writer) { sums[at].add(digest) }
  }

  private func parentRow(_ parent: ParentRule, _ row: RowCursor, _ writer: TableWriter) -> RowID? {
    let bytes = writer.bytes(parent.column, row)
    // NULL follows nobody.
    return bytes == [0xF6] ? nil : RowID(table: parent.table, key: [0x81] + bytes)
  }

  private mutating func scopes(_ row: RowCursor, _ writer: TableWriter) -> [Int] {
    let table = writer.table
    if places[table.id] == nil { places[table.id] = KnownScopes(columns: table.scopeColumns) }
    let columns = places[table.id]?.columns ?? []
    if columns.count == 1, let last = places[table.id]?.last, writer.equals(columns[0], row, last.key[...]) {
      return last.at
    }
    let key = columns.flatMap { writer.bytes($0, row) }
    if let last = places[table.id]?.last, last.key == key { return last.at }
    var found = places[table.id]?.known[key]
    if found == nil {
      found = table.ownScopes(writer.values(row)).filter { $0 != ScopeGrant.everything }.compactMap { index[$0] }
      // Scopes may be named by a column that differs in every row.
      if places[table.id]?.known.count ?? 0 > 4096 { places[table.id]?.known = [:] }
      places[table.id]?.known[key] = found
    }
    places[table.id]?.last = (key, found ?? [])
    return found ?? []
  }

  // MARK: Rows that change

  /// A row that stood before the pull, before anything of it is changed.
  mutating func remove(
    _ row: RowID, _ table: TableSchema, _ values: [Value], _ core: ReplicaCore, isOfThisPull: Bool = false
  ) throws(RelayError) {
    guard kind != .anew, kind == .change || isOfThisPull, table.access(role).reads, !table.isUpOnly(values, role) else {
      return
    }
    let digest = digest(row, table, values)
    if let all = index[ScopeGrant.everything], isOfThisPull || old.contains(ScopeGrant.everything) {
      sums[all].remove(digest)
    }
    if isOfThisPull, let parent = table.parentRow(values) {
      children[parent, default: ScopeDigest()].remove(digest)
      return
    }
    for name in try scopesBefore(table, values, core) where isOfThisPull || old.contains(name) {
      if let at = index[name], name != ScopeGrant.everything { sums[at].remove(digest) }
    }
  }

  /// A row as it stands now, with a place that is certain.
  mutating func add(
    _ row: RowID, _ table: TableSchema, _ values: [Value], _ core: ReplicaCore, _ places: inout Places
  ) throws(RelayError) {
    guard kind != .anew, table.access(role).reads, !table.isUpOnly(values, role) else { return }
    let digest = digest(row, table, values)
    for name in try core.scopes(of: row, table, values, &places) where name != ScopeGrant.everything {
      if let at = index[name] { sums[at].add(digest) }
    }
    if let all = index[ScopeGrant.everything] { sums[all].add(digest) }
  }

  private mutating func digest(_ row: RowID, _ table: TableSchema, _ values: [Value]) -> ScopeDigest {
    for at in table.readableColumns(role) where values[at] != table.columns[at].defaultValue {
      form.add(table.columns[at].id, values[at])
    }
    return row.key.withUnsafeBytes { form.digest(table: row.table, key: $0) }
  }

  /// Remembers where a row stood that others may follow, before it is changed; `values` nil where it did not stand.
  mutating func keepPlace(
    _ row: RowID, _ table: TableSchema, _ values: [Value]?, _ core: ReplicaCore
  ) throws(RelayError) {
    guard kind == .change, parents.contains(table.id), before[row] == nil else { return }
    before[row] = try values.map { (values) throws(RelayError) in try scopesBefore(table, values, core) } ?? []
  }

  /// Does a row stand elsewhere now that others may follow, or nowhere?
  func hasMoved(_ core: ReplicaCore, _ places: inout Places) throws(RelayError) -> Bool {
    for row in before.keys.sorted() {
      guard let table = core.schema.table(row.table) else { continue }
      let values = try core.view.confirmed(row, table)
      let now = if let values { try core.scopes(of: row, table, values, &places) } else { [String]() }
      if Set(now) != Set(before[row] ?? []) { return true }
    }
    return false
  }

  mutating func noteRevived(_ table: UInt32) { if mayBeParent(table) { hasRevived = true } }

  func mayBeParent(_ table: UInt32) -> Bool { kind == .change && parents.contains(table) }

  private func scopesBefore(
    _ table: TableSchema, _ values: [Value], _ core: ReplicaCore
  ) throws(RelayError) -> [String] {
    var (table, values) = (table, values)
    // No hub gives a row more above it; one that did would not be followed for ever.
    for _ in 0...Limits.ancestors {
      guard let parent = table.parentRow(values) else { return table.ownScopes(values) }
      if let known = before[parent] { return known }
      guard let above = core.schema.table(parent.table), let found = try core.view.confirmed(parent, above) else {
        return []
      }
      (table, values) = (above, found)
    }
    return []
  }

  // MARK: The end

  /// The sums by scope, once every row is in its place.
  mutating func finish(
    _ core: ReplicaCore, _ places: inout Places
  ) throws(RelayError) -> [String: ScopeDigest] {
    guard kind != .anew else { return try core.comparison.confirmedDigests(Set(names), role) }
    // Each is looked up: in an order that is the same each time.
    for parent in children.keys.sorted() {
      guard let digest = children[parent], let table = core.schema.table(parent.table),
        let values = try core.view.confirmed(parent, table)
      else { continue }
      for name in try core.scopes(of: parent, table, values, &places) where name != ScopeGrant.everything {
        if let at = index[name] { sums[at].add(digest) }
      }
    }
    return Dictionary(zip(names, sums)) { first, _ in first }
  }
}

extension TableSchema {
  /// Positions of the columns that name a row's scopes, ascending.
  var scopeColumns: [Int] {
    var found: Set<Int> = []
    for part in scopes.flatMap(\.parts) {
      switch part {
      case .literal: break
      case .column(let at), .each(let at): found.insert(at)
      }
    }
    return found.sorted()
  }
}
