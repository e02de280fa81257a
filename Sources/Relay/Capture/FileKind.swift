internal import RelayMerge
public import RelayProtocol
internal import RelaySQLite

/// What a file is to Relay.
public enum FileKind: Sendable, Equatable {
  /// It has no byte.
  case empty
  /// A database without any table.
  case blank
  /// Relay has attached to it.
  case replica
  /// Somebody's database, with every table that the sync schema names.
  case attachable
  /// Somebody's database, with other tables.
  case foreign
}

extension Replica {
  /// Looks at a file without changing it; what belongs to another app stays as it was, byte for byte.
  ///
  /// - Parameter schema: the sync schema file.
  /// - Throws: `schema_invalid`, `file_missing`, `not_a_database` and the other codes of the file.
  public static func kind(of path: String, schema: [UInt8], vfs: String? = nil) throws(RelayError) -> FileKind {
    let db = try Database(path: path, mode: .readOnly, vfs: vfs)
    if try db.first("PRAGMA page_count")?[0] == .integer(0) { return .empty }
    let tables = Set(
      try db.query("SELECT name FROM sqlite_master WHERE type = 'table'") { (row) throws(RelayError) in
        row[0].text ?? ""
      })
    if tables.contains("relay_state") { return .replica }
    guard !tables.isEmpty else { return .blank }
    return try SyncSchema(json: schema).tables.allSatisfy { tables.contains($0.name) } ? .attachable : .foreign
  }
}
