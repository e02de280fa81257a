public import RelayProtocol

/// What one role may do with one table, as the schema file says it.
struct AccessRule: Sendable {
  var reads = false
  var writes = false
  var hidden: Set<UInt32> = []
  var writable: Set<UInt32>?
  var upOnly = TableAccess.UpOnly.never

  static let everything = AccessRule(reads: true, writes: true)
}

/// What one role may do with one table: its view of it, worked out once.
public final class TableAccess: Sendable {
  public let role: String
  public let reads: Bool
  public let writes: Bool
  /// Column ids that the role does not see.
  public let hidden: Set<UInt32>
  /// Column ids that the role may write; nil for all.
  public let writable: Set<UInt32>?
  public let upOnly: UpOnly
  /// Positions of the columns that the role reads and that are not key columns, ascending by id.
  package let readable: [Int]
  /// Are those all?
  package let readsAllColumns: Bool
  /// By position of the group.
  private let readableGroups: [Bool]
  private let updatable: [Bool]
  private let insertable: [Bool]

  public enum UpOnly: Sendable {
    case never, always
    /// Rows that match any of these (column position, value).
    case matching([(column: Int, value: Value)])
  }

  init(
    _ role: String, _ rule: AccessRule, _ columns: [ColumnSchema], _ others: [Int], _ groups: [GroupSchema]
  ) {
    self.role = role
    (reads, writes, hidden, writable, upOnly) = (rule.reads, rule.writes, rule.hidden, rule.writable, rule.upOnly)
    readable = others.filter { !rule.hidden.contains(columns[$0].id) }
    readsAllColumns = readable.count == others.count
    let readableGroups = groups.map { group in
      // A group is hidden as soon as one of its columns is.
      rule.reads && group.columns.allSatisfy { !rule.hidden.contains(columns[$0].id) }
    }
    self.readableGroups = readableGroups
    func mayWrite(_ at: Int, inserting: Bool) -> Bool {
      let group = groups[at]
      if let writable = rule.writable {
        guard group.columns.allSatisfy({ writable.contains(columns[$0].id) }) else { return false }
      } else if rule.reads, !readableGroups[at] {
        return false
      }
      return role == SyncSchema.unenrolledRole || group.mayWrite(role)
        || (inserting && group.firstWriters.contains(role))
    }
    updatable = groups.indices.map { mayWrite($0, inserting: false) }
    insertable = groups.indices.map { mayWrite($0, inserting: true) }
  }

  func reads(groupAt position: Int) -> Bool { readableGroups[position] }

  func mayUpdate(groupAt position: Int) -> Bool { updatable[position] }

  func mayInsert(groupAt position: Int) -> Bool { insertable[position] }
}

extension SyncSchema {
  /// The role of a replica that belongs to no hub yet: it sees and may do everything in its own file. What it wrote is
  /// judged by the role that the hub grants later.
  public static let unenrolledRole = "*"
}

extension TableSchema {
  /// Does the role read every column of the group? (A group is hidden as soon as one of its columns is.)
  package func reads(_ group: GroupSchema, _ role: String) -> Bool { reads(group.id, access(role)) }

  /// The same by the role's view of this table; existence is no secret of a column.
  package func reads(_ id: GroupID, _ access: TableAccess) -> Bool {
    if id == 0 { return access.reads }
    guard let at = position(id) else { return access.reads }
    return access.reads(groupAt: at)
  }

  /// May the role write the group; or, where a row is inserted, give it a value?
  package func mayWrite(_ group: GroupSchema, _ role: String, inserting: Bool) -> Bool {
    mayWrite(group.id, access(role), inserting: inserting)
  }

  /// Of a group that this schema does not know everybody may.
  package func mayWrite(_ id: GroupID, _ access: TableAccess, inserting: Bool) -> Bool {
    guard let at = position(id) else { return true }
    return inserting ? access.mayInsert(groupAt: at) : access.mayUpdate(groupAt: at)
  }

  /// May the role give the group a value in a new row? Of a group that this schema does not know everybody may.
  package func gives(_ id: GroupID, _ role: String) -> Bool { mayWrite(id, access(role), inserting: true) }

  /// Positions of the columns that the role reads and that are not key columns, ascending by id.
  package func readableColumns(_ role: String) -> [Int] { access(role).readable }

  package func isUpOnly(_ values: [Value], _ role: String) -> Bool { access(role).isUpOnly(values) }

  /// The same of merged cells; their values are only projected where the role's rule asks for them.
  package func isUpOnly(_ row: RowID, _ state: RowState, _ role: String) throws(RelayError) -> Bool {
    let access = access(role)
    if case .matching = access.upOnly { return access.isUpOnly(try allValues(row, state)) }
    return access.isUpOnly([])
  }
}

extension TableAccess {
  /// Does a row with these values leave its author once the hub has it?
  package func isUpOnly(_ values: [Value]) -> Bool {
    switch upOnly {
    case .never: false
    case .always: true
    case .matching(let list): list.contains { values[$0.column] == $0.value }
    }
  }
}
