public import RelayProtocol

/// What both sides agree on about the tables that sync: stable ids, how columns merge, which scopes a row belongs to,
/// who may read and write. One file, loaded by client and hub, whose hash they compare.
public struct SyncSchema: Sendable {
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

  private let indexByID: [UInt32: Int]
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
    indexByID = Dictionary(uniqueKeysWithValues: self.tables.enumerated().map { ($1.id, $0) })
    indexByName = Dictionary(uniqueKeysWithValues: self.tables.enumerated().map { ($1.name, $0) })
    hash = SyncSchema.hash(version: version, roles: roles, tables: self.tables)
  }

  public func table(_ id: UInt32) -> TableSchema? { indexByID[id].map { tables[$0] } }

  /// How many tables a table's parents stand in, one above the other; parents form no circle.
  package func depth(_ table: TableSchema) -> Int {
    table.parent.flatMap { self.table($0.table) }.map { depth($0) + 1 } ?? 0
  }

  public func table(named name: String) -> TableSchema? { indexByName[name].map { tables[$0] } }
}

/// One synced table.
public struct TableSchema: Sendable {
  public let id: UInt32
  public let name: String
  /// The version of the schema that brought it.
  public let since: UInt64
  /// Every synced column, the key's too, ascending by id.
  public let columns: [ColumnSchema]
  /// Positions in `columns` of the key's columns, in the key's order.
  public let key: [Int]
  /// Positions in `columns` of the others, ascending by id.
  public let others: [Int]
  /// Ascending by id.
  public let groups: [GroupSchema]
  public let scopes: [ScopeRule]
  public let homes: [ScopeRule]
  public let parent: ParentRule?
  /// Positions of columns of which no two rows of the organisation may share all values; NULL is shared by any.
  public let unique: [[Int]]
  /// Rows are never updated or deleted.
  public let isAppendOnly: Bool
  /// May a row be moved to where its author may not write?
  public let mayBeGivenAway: Bool
  public let deletes: DeleteRule
  public let access: [String: TableAccess]
  /// A column of the app's own that shows at which seq the hub last changed the row, or gave it to this device; it does
  /// not sync and counts in no hash.
  public let seqColumn: String?

  public func group(_ id: GroupID) -> GroupSchema? {
    var low = 0
    var high = groups.count
    while low < high {
      let middle = (low + high) / 2
      if groups[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low < groups.count && groups[low].id == id ? groups[low] : nil
  }

  public func column(named name: String) -> ColumnSchema? { columns.first { $0.name == name } }

  /// What the role may do here; nothing where the schema does not name it.
  public func access(_ role: String) -> TableAccess {
    role == SyncSchema.unenrolledRole ? .everything : access[role] ?? TableAccess()
  }
}

public struct ColumnSchema: Sendable {
  public let id: UInt32
  public let name: String
  /// The version of the schema that brought it.
  public let since: UInt64
  public let type: ColumnType
  public let isRequired: Bool
  public let defaultValue: Value
  /// The only values allowed, when not nil.
  public let allowed: [Value]?
}

public enum ColumnType: String, Sendable {
  case any, integer, real, text, blob

  /// NULL is judged by `isRequired`, not here.
  func admits(_ value: Value) -> Bool {
    switch (self, value) {
    case (_, .null), (.any, _), (.integer, .integer), (.real, .real), (.real, .integer), (.text, .text),
      (.text, .malformedText), (.blob, .blob):
      true
    default: false
    }
  }
}

/// Columns that merge as one unit.
public struct GroupSchema: Sendable {
  /// The smallest column id in it.
  public let id: GroupID
  public let name: String
  /// Positions in the table's `columns`, ascending.
  public let columns: [Int]
  public let policy: MergePolicy
  /// The greater comes later; values beside the scale come before all of it.
  public let scale: [Value]?
  /// Roles that may write it; nil for every role that may write the table.
  public let writers: [String]?
  /// Roles that may only give it its first value, in the transaction that inserts the row.
  public let firstWriters: [String]
  public let defaults: [Value]
  /// The registered function that settles concurrent values, under `.resolver`.
  public let resolver: String?
  /// Nil where this program has no function of that name.
  let resolve: Resolvers.Function?

  public func mayWrite(_ role: String) -> Bool { writers?.contains(role) ?? true }
}

/// How truly concurrent writes of one cell are projected to the value shown.
public enum MergePolicy: String, Sendable, CaseIterable {
  /// The greatest (effective time, dot); losers get a notice.
  case lww
  /// As lww, and an entry stays open until a person settles it.
  case ask
  case max
  case min
  /// Add-wins set: a JSON array in its column.
  case set
  /// The sum of increments.
  case counter
  /// The least (effective time, dot); a write that had seen a value is refused.
  case immutable
  /// As lww, written by the roles named only.
  case authority
  /// A registered pure function of the concurrent values (`Resolvers`).
  case resolver
}

/// What becomes of a row that one device deletes while another, which had not seen that, writes to it.
public enum DeleteRule: String, Sendable {
  /// The row stays, with the write; a conflict about its existence is open.
  case updateWins = "update_wins"
  /// The row goes; a conflict about its existence is open, and whoever settles it for "there" brings the row back whole.
  case deleteWins = "delete_wins"
  /// Rows are never deleted.
  case never
}

/// What one role may do with one table.
public struct TableAccess: Sendable {
  public var reads = false
  public var writes = false
  /// Column ids that the role does not see.
  public var hidden: Set<UInt32> = []
  /// Column ids that the role may write; nil for all.
  public var writable: Set<UInt32>?
  public var upOnly: UpOnly = .never

  public enum UpOnly: Sendable {
    case never, always
    /// Rows that match any of these (column position, value).
    case matching([(column: Int, value: Value)])
  }
}

/// A template of scope names.
public struct ScopeRule: Sendable, Hashable {
  public enum Part: Sendable, Hashable {
    case literal(String)
    /// The text of a column, by position.
    case column(Int)
    /// One name an element of a set column, by position.
    case each(Int)
  }
  public let parts: [Part]
}

public struct ParentRule: Sendable {
  /// Position of the column that holds the parent's single-column key.
  public let column: Int
  public let table: UInt32
}
