public import RelayProtocol

/// What both sides agree on about the tables that sync: stable ids, how columns merge, which scopes a row belongs to,
/// who may read and write. One file, loaded by client and hub, whose hash they compare.
///
/// It is read once and never changes, so it is an object that everybody shares: passing it on copies nothing.
public final class SyncSchema: Sendable {
  public let name: String
  public let version: UInt64
  /// Versions below this one are no longer served.
  public let oldest: UInt64
  public let roles: [String]
  /// Ascending by id.
  public let tables: [TableSchema]
  /// Of the canonical form, so that white space and the order of keys in the file do not matter.
  public let hash: Hash128

  /// The file that this was read from: it holds the schema's additive history (`at`).
  let file: SchemaFile
  let resolvers: Resolvers
  /// The file's bytes; empty for what an older version saw of it.
  package let source: [UInt8]
  /// The newest `since` in it: versions that have it in common differ in their number only.
  package let newest: UInt64

  /// Tables that others hang on.
  package let parents: Set<UInt32>

  private let indexByID: IDIndex
  private let indexByName: [String: Int]

  init(_ file: SchemaFile, _ tables: [TableSchema], _ resolvers: Resolvers, _ source: [UInt8]) {
    self.file = file
    self.resolvers = resolvers
    self.source = source
    name = file.name
    version = file.version
    oldest = file.oldest ?? 1
    roles = file.roles
    newest = tables.map(\.newest).max() ?? 1
    self.tables = tables.sorted { $0.id < $1.id }
    parents = Set(tables.compactMap { $0.parent?.table })
    indexByID = IDIndex(self.tables.map(\.id))
    indexByName = Dictionary(uniqueKeysWithValues: self.tables.enumerated().map { ($1.name, $0) })
    hash = SyncSchema.hash(version: version, roles: roles, tables: self.tables)
  }

  /// - Complexity: O(1) for ids up to a few thousand, else O(log tables).
  public func table(_ id: UInt32) -> TableSchema? { indexByID[id].map { tables[$0] } }

  public func table(named name: String) -> TableSchema? { indexByName[name].map { tables[$0] } }

  /// Could a row of some table lie in this scope, or have its home there?
  package func mayYield(scope name: String) -> Bool {
    tables.contains { table in (table.scopes + table.homes).contains { $0.mayYield(name) } }
  }

  /// The templates of all tables' scopes and homes as the file has them, ascending by bytes.
  package var scopeTemplates: [String] {
    Set(file.tables.flatMap { ($0.scopes ?? []) + ($0.homes ?? []) })
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// How many tables a table's parents stand in, one above the other; a table that is its own parent counts once.
  package func depth(_ table: TableSchema) -> Int {
    guard let parent = table.parent, parent.table != table.id, let above = self.table(parent.table) else { return 0 }
    return depth(above) + 1
  }
}

/// Positions by id. Ids are mostly small and dense: then the position stands in a list.
struct IDIndex: Sendable {
  /// Ascending.
  private let ids: [UInt32]
  /// Position of each id, -1 for none; empty where the ids are too far apart.
  private let direct: [Int32]

  /// - Parameter ids: ascending, without repetition.
  init(_ ids: [UInt32]) {
    self.ids = ids
    guard let last = ids.last, last < 4096 else {
      direct = []
      return
    }
    var direct = [Int32](repeating: -1, count: Int(last) + 1)
    for (at, id) in ids.enumerated() { direct[Int(id)] = Int32(at) }
    self.direct = direct
  }

  subscript(id: UInt32) -> Int? {
    if !direct.isEmpty {
      guard id < UInt32(direct.count) else { return nil }
      let at = direct[Int(id)]
      return at < 0 ? nil : Int(at)
    }
    var (low, high) = (0, ids.count)
    while low < high {
      let middle = (low + high) / 2
      if ids[middle] < id { low = middle + 1 } else { high = middle }
    }
    return low < ids.count && ids[low] == id ? low : nil
  }
}
