package import RelayProtocol

extension SyncSchema {
  /// The schema as an older version saw it: the tables, columns and groups that were there then, under today's names.
  ///
  /// - Parameter version: 1 or more, at most this schema's own.
  /// - Throws: `schema_invalid`, which a schema that was read without it never does.
  /// - Complexity: O(schema): the file is read again.
  package func at(_ version: UInt64) throws(RelayError) -> SyncSchema {
    guard version < self.version else { return self }
    return try SyncSchema(file.at(version), resolvers)
  }

  /// The versions at which something was added, ascending; the first is 1.
  package var steps: [UInt64] {
    Set([1] + tables.flatMap { [$0.since] + $0.columns.map(\.since) }).sorted()
  }

  /// The least version whose reader knows every table and column group that these changes write.
  ///
  /// - Complexity: O(operations); O(1) for a schema without history.
  package func needs(_ changes: [RowChange]) -> UInt64 {
    guard newest > 1 else { return 1 }
    var least: UInt64 = 1
    for change in changes {
      guard let table = table(change.row.table) else { continue }
      least = max(least, table.since)
      guard table.newest > least else { continue }
      for operation in change.operations {
        if case .insert(let groups) = operation.kind {
          for given in groups { least = max(least, table.firstVersion(of: given.group)) }
        } else {
          least = max(least, table.firstVersion(of: operation.group))
        }
      }
    }
    return least
  }
}

extension TableSchema {
  /// The version that brought a column group; the table's own for existence and for what it does not know.
  package func firstVersion(of id: GroupID) -> UInt64 { group(id).map { firstVersion(of: $0) } ?? since }

  /// All columns of a group came together.
  package func firstVersion(of group: GroupSchema) -> UInt64 { columns[group.columns[0]].since }
}

extension SchemaFile {
  /// The file as it would have read when `version` was its newest.
  func at(_ version: UInt64) -> SchemaFile {
    var file = self
    file.version = version
    file.oldest = nil
    file.tables = tables.filter { $0.firstVersion <= version }.map { $0.at(version) }
    return file
  }

  /// Additions have to leave older versions whole: who does not know a column must be able to write without it.
  ///
  /// - Throws: `schema_invalid`, naming the table and column.
  func checkHistory(_ tables: [TableSchema]) throws(RelayError) {
    if let oldest, oldest < 1 || oldest > version { throw .schema("oldest is 1 to the version, \(version)") }
    for table in tables {
      func refuse(_ column: ColumnSchema, _ what: String) -> RelayError {
        .schema("\(table.name).\(column.name), since \(column.since): \(what)")
      }
      guard table.since >= 1, table.since <= version else {
        throw .schema("\(table.name): since is 1 to the version, \(version)")
      }
      if let parent = table.parent, let above = tables.first(where: { $0.id == parent.table }),
        above.since > table.since
      {
        throw .schema("\(table.name): its parent came later, since \(above.since)")
      }
      let placing = table.placingColumns
      for (at, column) in table.columns.enumerated() where column.since != table.since {
        guard column.since > table.since, column.since <= version else {
          throw refuse(column, "since is the table's, \(table.since), to the version, \(version)")
        }
        guard !table.key.contains(at) else { throw refuse(column, "a key cannot get another column") }
        guard column.isRequired != column.defaultValue.isNull else {
          throw refuse(column, "what is added is either without a default and not required, or required with one")
        }
        guard !placing.contains(at) else { throw refuse(column, "where a row lies cannot depend on what is added") }
      }
      // Rows that are there hold nothing of a list that comes later, and the lists before it keep their place.
      var last = table.since
      for list in table.unique {
        let version = list.reduce(table.since) { max($0, table.columns[$1].since) }
        let newest = list.map { table.columns[$0] }.filter { $0.since == version }
        guard version == table.since || newest.contains(where: \.defaultValue.isNull), version >= last else {
          throw .schema(
            "\(table.name): a unique list that comes later stands behind the others and has a new column without a default"
          )
        }
        last = version
      }
      for group in table.groups
      where group.columns.contains(where: { table.columns[$0].since != table.firstVersion(of: group) }) {
        throw .schema("\(table.name): the columns of group '\(group.name)' came in different versions")
      }
    }
  }
}

extension SchemaFile.Table {
  var firstVersion: UInt64 { since ?? 1 }

  func firstVersion(of column: SchemaFile.Column) -> UInt64 { column.since ?? firstVersion }

  func at(_ version: UInt64) -> SchemaFile.Table {
    var table = self
    table.columns = columns.filter { firstVersion(of: $0) <= version }
    let known = Set(table.columns.map(\.name))
    table.groups = groups?.filter { $0.columns.allSatisfy(known.contains) }
    table.unique = unique?.filter { $0.allSatisfy(known.contains) }
    table.access = access?.mapValues { rule in
      var rule = rule
      rule.hidden = rule.hidden?.filter(known.contains)
      rule.columns = rule.columns?.filter(known.contains)
      return rule
    }
    return table
  }
}

extension TableSchema {
  /// Positions of the columns that say where a row lies, or whether a device keeps it.
  fileprivate var placingColumns: Set<Int> {
    var columns: Set<Int> = []
    for rule in scopes + homes {
      for part in rule.parts {
        switch part {
        case .literal: break
        case .column(let at), .each(let at): columns.insert(at)
        }
      }
    }
    if let parent { columns.insert(parent.column) }
    for access in access.values {
      if case .matching(let list) = access.upOnly { for item in list { columns.insert(item.column) } }
    }
    return columns
  }
}
