public import RelayProtocol

/// One synced table, with everything about it that can be known from the schema alone worked out once.
public final class TableSchema: Sendable {
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
  /// Their ids.
  package let otherIDs: [UInt32]
  /// Ascending by id.
  public let groups: [GroupSchema]
  public let scopes: [ScopeRule]
  public let homes: [ScopeRule]
  /// Is every scope of a row a home, and no other?
  let areHomesScopes: Bool
  public let parent: ParentRule?
  /// Positions of columns of which no two rows of the organisation may share all values; NULL is shared by any.
  public let unique: [[Int]]
  /// Rows are never updated or deleted.
  public let isAppendOnly: Bool
  /// May a row be moved to where its author may not write?
  public let mayBeGivenAway: Bool
  public let deletes: DeleteRule
  /// By role: one for each role of the schema.
  public let access: [String: TableAccess]
  /// A column of the app's own that shows at which seq the hub last changed the row, or gave it to this device; it does
  /// not sync and counts in no hash.
  public let seqColumn: String?
  /// The newest `since` of the table and its columns.
  package let newest: UInt64
  /// Of every column.
  package let defaults: [Value]

  private let groupByID: IDIndex
  private let columnByID: IDIndex
  /// Position in `groups` of each column's group; -1 for a column of the key.
  private let groupByColumn: [Int]
  private let roles: [TableAccess]
  private let nobody: TableAccess
  private let unenrolled: TableAccess

  init(
    id: UInt32, name: String, since: UInt64, columns: [ColumnSchema], key: [Int], groups: [GroupSchema],
    scopes: [ScopeRule], homes: [ScopeRule], parent: ParentRule?, unique: [[Int]], isAppendOnly: Bool,
    mayBeGivenAway: Bool, deletes: DeleteRule, rules: [String: AccessRule], roles: [String], seqColumn: String?
  ) {
    (self.id, self.name, self.since, self.columns, self.key) = (id, name, since, columns, key)
    (self.groups, self.scopes, self.homes, self.parent) = (groups, scopes, homes, parent)
    (self.unique, self.isAppendOnly, self.deletes, self.seqColumn) = (unique, isAppendOnly, deletes, seqColumn)
    self.mayBeGivenAway = mayBeGivenAway
    areHomesScopes = scopes == homes
    let others = columns.indices.filter { !key.contains($0) }
    self.others = others
    otherIDs = others.map { columns[$0].id }
    newest = columns.reduce(since) { max($0, $1.since) }
    defaults = columns.map(\.defaultValue)
    groupByID = IDIndex(groups.map(\.id))
    columnByID = IDIndex(columns.map(\.id))
    var groupByColumn = columns.map { _ in -1 }
    for (at, group) in groups.enumerated() { for column in group.columns { groupByColumn[column] = at } }
    self.groupByColumn = groupByColumn
    func view(_ role: String, _ rule: AccessRule) -> TableAccess { TableAccess(role, rule, columns, others, groups) }
    self.roles = roles.map { view($0, rules[$0] ?? AccessRule()) }
    access = Dictionary(uniqueKeysWithValues: self.roles.map { ($0.role, $0) })
    nobody = view("", AccessRule())
    unenrolled = view(SyncSchema.unenrolledRole, .everything)
  }

  /// - Complexity: O(1) for ids up to a few thousand, else O(log groups).
  public func group(_ id: GroupID) -> GroupSchema? { groupByID[id].map { groups[$0] } }

  /// Position in `groups`.
  func position(_ id: GroupID) -> Int? { groupByID[id] }

  /// The group that a column belongs to; nil for a column of the key.
  package func group(ofColumn at: Int) -> GroupSchema? { groupByColumn[at] < 0 ? nil : groups[groupByColumn[at]] }

  public func column(named name: String) -> ColumnSchema? { columns.first { $0.name == name } }

  /// Position in `columns` of the column with this id.
  package func column(_ id: UInt32) -> Int? { columnByID[id] }

  /// What the role may do here; nothing where the schema does not name it. Who asks about many rows asks once and keeps
  /// the answer.
  public func access(_ role: String) -> TableAccess {
    for access in roles where access.role == role { return access }
    return role == SyncSchema.unenrolledRole ? unenrolled : nobody
  }
}

/// One synced column.
public final class ColumnSchema: Sendable {
  public let id: UInt32
  public let name: String
  /// The version of the schema that brought it.
  public let since: UInt64
  public let type: ColumnType
  public let isRequired: Bool
  public let defaultValue: Value
  /// The only values allowed, when not nil.
  public let allowed: [Value]?

  init(
    id: UInt32, name: String, since: UInt64, type: ColumnType, isRequired: Bool, defaultValue: Value, allowed: [Value]?
  ) {
    (self.id, self.name, self.since, self.type) = (id, name, since, type)
    (self.isRequired, self.defaultValue, self.allowed) = (isRequired, defaultValue, allowed)
  }
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
public final class GroupSchema: Sendable {
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

  init(
    id: GroupID, name: String, columns: [Int], policy: MergePolicy, scale: [Value]?, writers: [String]?,
    firstWriters: [String], defaults: [Value], resolver: String?, resolve: Resolvers.Function?
  ) {
    (self.id, self.name, self.columns, self.policy, self.scale) = (id, name, columns, policy, scale)
    (self.writers, self.firstWriters, self.defaults) = (writers, firstWriters, defaults)
    (self.resolver, self.resolve) = (resolver, resolve)
  }

  public func mayWrite(_ role: String) -> Bool { writers?.contains(role) ?? true }

  /// The group's values out of a row's.
  package func values(of row: [Value]) -> [Value] {
    columns.count == 1 ? [row[columns[0]]] : columns.map { row[$0] }
  }
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

public struct ParentRule: Sendable {
  /// Position of the column that holds the parent's single-column key.
  public let column: Int
  public let table: UInt32
}
