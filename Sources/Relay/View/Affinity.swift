internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// What SQLite makes of a value that is stored in a column, by the type that the column declares
/// (https://sqlite.org/datatype3.html#determination_of_column_affinity).
enum Affinity {
  case integer, text, none, real, numeric

  init(declared type: String) {
    let type = type.uppercased()
    if type.contains("INT") {
      self = .integer
    } else if type.contains("CHAR") || type.contains("CLOB") || type.contains("TEXT") {
      self = .text
    } else if type.contains("BLOB") || type.isEmpty {
      self = .none
    } else if type.contains("REAL") || type.contains("FLOA") || type.contains("DOUB") {
      self = .real
    } else {
      self = .numeric
    }
  }

  /// May another value be stored than the one that is written? True also where it would have to be tried.
  func mayChange(_ value: Value) -> Bool {
    switch (self, value) {
    case (.none, _), (_, .null), (_, .blob): false
    case (.text, .integer), (.text, .real): true
    case (.text, _): false
    // SQLite keeps whole numbers of such a column as integers, which know no -0.0.
    case (.real, .real(let x)): x.bitPattern == (-0.0).bitPattern
    case (.integer, .integer), (.numeric, .integer): false
    default: true
    }
  }
}

extension ReplicaCore {
  /// The affinities of a table's columns, by their position in the sync schema.
  ///
  /// - Complexity: one pragma while the file's schema stays as it is.
  func affinities(_ table: TableSchema) throws(RelayError) -> [Affinity] {
    let cookie = try db.first("PRAGMA main.schema_version")?[0] ?? .null
    if affinityCookie != cookie { (affinityCookie, knownAffinities) = (cookie, [:]) }
    if let known = knownAffinities[table.id] { return known }
    var declared: [String: String] = [:]
    try db.run("SELECT lower(name), type FROM pragma_table_info(?)", [.text(table.name)]) { (row) throws(RelayError) in
      declared[row[0].text ?? ""] = row[1].text ?? ""
      return true
    }
    let found = table.columns.map { column in
      Affinity(declared: declared[String(decoding: SQL.folded(column.name), as: UTF8.self)] ?? "")
    }
    knownAffinities[table.id] = found
    return found
  }

  /// The first column in which the file shows something else than was written; nil where it shows all of it.
  func changedByAffinity(_ row: RowID, _ values: [Value], _ table: TableSchema) throws(RelayError) -> String? {
    let affinities = try affinities(table)
    guard zip(affinities, values).contains(where: { $0.mayChange($1) }) else { return nil }
    guard let stored = try tableRow(row, table) else { return table.columns[table.key[0]].name }
    return zip(table.columns, zip(values, stored)).first { $1.0 != $1.1 }?.0.name
  }
}
