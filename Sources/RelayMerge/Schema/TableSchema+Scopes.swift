package import RelayProtocol

extension TableSchema {
  /// The scopes (or homes) of a row by its own rules, ascending and without repetition.
  package func ownScopes(_ values: [Value]) -> [String] { TableSchema.names(scopes, values).names }

  package func ownHomes(_ values: [Value]) -> [String] { TableSchema.names(homes, values).names }

  /// What rules yield of a row.
  struct Names {
    /// Ascending and without repetition.
    var names: [String]
    /// Is every text that the rules yield a scope's name, and are there no more than a row may have?
    var areAll: Bool
  }

  static func names(_ rules: [ScopeRule], _ values: [Value]) -> Names {
    // Nearly always one rule yields one name.
    let texts = rules.count == 1 ? rules[0].texts(values) : rules.flatMap { $0.texts(values) }
    guard texts.allSatisfy(\.isScopeName) else {
      return Names(names: distinct(texts.filter(\.isScopeName)), areAll: false)
    }
    return Names(names: texts.count > 1 ? distinct(texts) : texts, areAll: texts.count <= Limits.scopesOfRow)
  }

  private static func distinct(_ names: [String]) -> [String] {
    var last: String?
    return names.sorted().filter { name in
      defer { last = name }
      return name != last
    }
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
    guard let group = group(ofColumn: parent.column) else {
      guard change.operations.first?.isInsert == true, let at = key.firstIndex(of: parent.column),
        let values = try? change.row.values(), at < values.count
      else { return nil }
      return RowID(table: parent.table, values: [values[at]])
    }
    guard let at = group.columns.firstIndex(of: parent.column) else { return nil }
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

  /// e(R) of a row for a role (rule 25).
  ///
  /// - Parameter values: by position in `columns`.
  package func rowHash(_ row: RowID, _ values: [Value], readable: [Int]) -> [UInt8] {
    var told: [Int] = []
    told.reserveCapacity(readable.count)
    for at in readable where values[at] != columns[at].defaultValue { told.append(at) }
    return ScopeDigest.rowHash(row, count: told.count) { (columns[told[$0]].id, values[told[$0]]) }
  }
}
