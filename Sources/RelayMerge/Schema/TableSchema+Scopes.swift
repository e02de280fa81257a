package import RelayProtocol

extension ScopeRule {
  /// The scope names that a row yields; none where a column is NULL or a name would be too long.
  ///
  /// - Parameter values: the row's values by position in the table's `columns`.
  package func names(_ values: [Value]) -> [String] {
    var names = [""]
    for part in parts {
      var next: [String] = []
      switch part {
      case .literal(let text): next = names.map { $0 + text }
      case .column(let at):
        guard let text = ScopeRule.text(values[at]) else { return [] }
        next = names.map { $0 + text }
      case .each(let at):
        for element in JSONSet.elements(values[at]) ?? [] {
          if let text = ScopeRule.text(element) { next += names.map { $0 + text } }
        }
      }
      names = next
    }
    return names.filter { $0.utf8.count <= Limits.scopeName }
  }

  private static func text(_ value: Value) -> String? {
    switch value {
    case .text(let x): x.isEmpty ? nil : x
    case .integer(let x): String(x)
    default: nil
    }
  }
}

extension TableSchema {
  /// The scopes (or homes) of a row by its own rules, ascending and without repetition. A table with a parent yields
  /// none here: its rows are where their parent is.
  package func ownScopes(_ values: [Value]) -> [String] { TableSchema.names(scopes, values) }

  package func ownHomes(_ values: [Value]) -> [String] { TableSchema.names(homes, values) }

  private static func names(_ rules: [ScopeRule], _ values: [Value]) -> [String] {
    let names = rules.flatMap { $0.names(values) }
    guard names.count > 1 else { return names }
    // Two spellings of one name (Unicode's canonical equivalence) are one scope, in the order of their bytes the first.
    var seen: Set<String> = []
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      .filter { seen.insert($0).inserted }
  }

  /// The row that this one follows, if its table has a parent and the column is not NULL.
  package func parentRow(_ values: [Value]) -> RowID? {
    guard let parent, !values[parent.column].isNull else { return nil }
    return RowID(table: parent.table, values: [values[parent.column]])
  }

  /// The parent that a change itself gives its row: by an insert, or by writing the parent's column. A parent that the
  /// key names is given by the insert alone.
  package func namedParent(_ change: RowChange) -> RowID? {
    guard let parent else { return nil }
    if let at = key.firstIndex(of: parent.column) {
      guard change.operations.first?.isInsert == true, let values = try? change.row.values(), at < values.count else {
        return nil
      }
      return RowID(table: parent.table, values: [values[at]])
    }
    guard let group = groups.first(where: { $0.columns.contains(parent.column) }),
      let at = group.columns.firstIndex(of: parent.column)
    else { return nil }
    for operation in change.operations {
      var given: [Value]?
      switch operation.kind {
      case .set(group.id, let values): given = values
      case .insert(let groups): given = groups.first { $0.group == group.id }?.values
      default: break
      }
      if let given, at < given.count, !given[at].isNull { return RowID(table: parent.table, values: [given[at]]) }
    }
    return nil
  }

  /// Positions of the columns that the role reads and that are not key columns, ascending by id.
  package func readableColumns(_ role: String) -> [Int] {
    let hidden = access(role).hidden
    return others.filter { !hidden.contains(columns[$0].id) }
  }

  /// Does the role read every column of the group? (A group is hidden as soon as one of its columns is.)
  package func reads(_ group: GroupSchema, _ role: String) -> Bool {
    let access = access(role)
    return access.reads && group.columns.allSatisfy { !access.hidden.contains(columns[$0].id) }
  }

  package func isUpOnly(_ values: [Value], _ role: String) -> Bool {
    switch access(role).upOnly {
    case .never: false
    case .always: true
    case .matching(let list): list.contains { values[$0.column] == $0.value }
    }
  }

  /// The same of merged cells; their values are only projected where the role's rule asks for them.
  package func isUpOnly(_ row: RowID, _ state: RowState, _ role: String) throws(RelayError) -> Bool {
    switch access(role).upOnly {
    case .never: false
    case .always: true
    case .matching: isUpOnly(try allValues(row, state), role)
    }
  }

  /// e(R) of a row for a role (rule 25).
  ///
  /// - Parameter values: by position in `columns`.
  package func rowHash(_ row: RowID, _ values: [Value], readable: [Int]) -> [UInt8] {
    var list: [(id: UInt32, value: Value)] = []
    for at in readable where values[at] != columns[at].defaultValue { list.append((columns[at].id, values[at])) }
    return ScopeDigest.rowHash(row, columns: list)
  }
}
