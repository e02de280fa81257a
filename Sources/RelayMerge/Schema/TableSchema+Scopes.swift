package import RelayProtocol

extension ScopeRule {
  /// The texts that a row yields; none where a column is NULL or empty. Not all need be names of scopes: a column may
  /// hold what is too long, or spelled as no name is.
  ///
  /// - Parameters:
  ///   - values: the row's values by position in the table's `columns`.
  ///   - most: with one more than so many it stops, so that two sets in one template do not multiply without end.
  func texts(_ values: [Value], most: Int = Limits.scopesOfRow) -> [String] {
    var texts = [""]
    for part in parts {
      switch part {
      case .literal(let text): for at in texts.indices { texts[at] += text }
      case .column(let at):
        guard let text = ScopeRule.text(values[at]) else { return [] }
        for at in texts.indices { texts[at] += text }
      case .each(let at):
        let elements = (JSONSet.elements(values[at]) ?? []).compactMap(ScopeRule.text)
        var next: [String] = []
        for element in elements where next.count <= most { next += texts.map { $0 + element } }
        texts = Array(next.prefix(most + 1))
      }
    }
    return texts
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
    var names = rules.flatMap { $0.texts(values) }
    names.removeAll { !$0.isScopeName }
    guard names.count > 1 else { return names }
    var last: String?
    return names.sorted().filter { name in
      defer { last = name }
      return name != last
    }
  }

  /// Why a row cannot lie where its values say: a text among them is no name of a scope, or they yield too many. The hub
  /// refuses such a row, so none is anywhere.
  package func misplacement(_ values: [Value]) -> String? {
    for rules in [scopes, homes] {
      let texts = rules.flatMap { $0.texts(values) }
      if texts.count > Limits.scopesOfRow { return "a row lies in at most \(Limits.scopesOfRow) scopes" }
      if let text = texts.first(where: { !$0.isScopeName }) {
        return text.isNormal
          ? "a scope's name has at most \(Limits.scopeName) bytes, '\(text.prefix(40))…' is longer"
          : "'\(text.prefix(80))' is not spelled as names of scopes are, in Unicode's normalisation form C"
      }
    }
    return nil
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
