internal import RelayMerge
internal import RelayProtocol

/// Rows of one table that point to rows which this replica does not hold: in other scopes, deleted, or never there.
public struct DanglingReference: Sendable, Equatable {
  public var table: String
  /// The columns that point, joined by a comma.
  public var columns: String
  public var target: String
  /// How many rows point to nothing here.
  public var rows: Int
  /// Keys of the first of them, their values joined by a slash.
  public var examples: [String]
}

extension Replica {
  /// References of synced tables that end nowhere: by the parents of the sync schema and the foreign keys of the tables.
  /// A partial replica cannot enforce them, and nothing has to be done about them; an app may want to know.
  ///
  /// - Returns: by the schema's order of tables; nothing for references that are whole.
  /// - Complexity: O(rows of the tables that point), a lookup each.
  public func danglingReferences() throws(RelayError) -> [DanglingReference] {
    try locked { (core) throws(RelayError) in
      var list: [DanglingReference] = []
      for table in core.schema.tables {
        for reference in try core.references(of: table) {
          if let dangling = try core.dangling(reference, table) { list.append(dangling) }
        }
      }
      return list
    }
  }
}

/// Columns that name a row of another table.
private struct Reference: Equatable {
  var columns: [String]
  var target: String
  var targetColumns: [String]
}

extension ReplicaCore {
  fileprivate func references(of table: TableSchema) throws(RelayError) -> [Reference] {
    var references: [Reference] = []
    if let parent = table.parent, let target = schema.table(parent.table) {
      references.append(
        Reference(
          columns: [table.columns[parent.column].name], target: target.name,
          targetColumns: target.key.map { target.columns[$0].name }))
    }
    // A composite key is several rows with one id.
    var declared: [Int64: Reference] = [:]
    let list = "SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?) ORDER BY id, seq"
    try db.run(list, [.text(table.name)]) { (row) throws(RelayError) in
      let target = row[1].text ?? ""
      var reference = declared[row.int(0)] ?? Reference(columns: [], target: target, targetColumns: [])
      reference.columns.append(row[2].text ?? "")
      if let to = row[3].text { reference.targetColumns.append(to) }
      declared[row.int(0)] = reference
      return true
    }
    for (_, var reference) in declared.sorted(by: { $0.key < $1.key }) {
      if reference.targetColumns.isEmpty {
        let key = "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk"
        reference.targetColumns = try db.query(key, [.text(reference.target)]) { (row) throws(RelayError) in
          row[0].text ?? ""
        }
      }
      let isWhole = reference.targetColumns.count == reference.columns.count
      if isWhole, !references.contains(reference) { references.append(reference) }
    }
    return references
  }

  fileprivate func dangling(_ reference: Reference, _ table: TableSchema) throws(RelayError) -> DanglingReference? {
    let isThere = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE"
    let hasTarget = try db.first(isThere, [.text(reference.target)]) != nil
    func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }
    let (from, to) = (quoted(table.name), quoted(reference.target))
    var conditions = reference.columns.map { "a.\(quoted($0)) IS NOT NULL" }
    if hasTarget {
      let match = zip(reference.columns, reference.targetColumns)
        .map { "b.\(quoted($1)) = a.\(quoted($0))" }.joined(separator: " AND ")
      conditions.append("NOT EXISTS (SELECT 1 FROM \(to) AS b WHERE \(match))")
    }
    let place = "FROM \(from) AS a WHERE " + conditions.joined(separator: " AND ")
    let count = try db.first("SELECT count(*) \(place)")?[0].integer ?? 0
    guard count > 0 else { return nil }
    let key = table.key.map { "a." + quoted(table.columns[$0].name) }.joined(separator: ", ")
    let examples = try db.query("SELECT \(key) \(place) ORDER BY \(key) LIMIT 3") { (row) throws(RelayError) in
      Inbox.label(RowID(table: table.id, values: row.values))
    }
    return DanglingReference(
      table: table.name, columns: reference.columns.joined(separator: ","), target: reference.target, rows: Int(count),
      examples: examples)
  }
}
