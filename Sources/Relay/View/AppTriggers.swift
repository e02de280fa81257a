internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// What the app's own triggers mean for Relay's writes (rule 30), as SQLite itself says when it prepares a statement.
struct AppTriggers {
  /// A trigger that Relay's writes fire and that writes into synced tables.
  struct Writer: Equatable {
    var trigger: String
    /// Names of synced tables, ascending.
    var into: [String]
  }

  /// Synced tables with triggers that are not Relay's.
  var tables: Set<UInt32> = []
  /// Ascending by name.
  var writers: [Writer] = []

  /// May a write of Relay's change other rows of synced tables, or another value of the same row?
  var writeSyncedTables: Bool { !writers.isEmpty }
}

extension ReplicaCore {
  /// - Complexity: two pragmas while the file's schema stays as it is.
  func appTriggers() throws(RelayError) -> AppTriggers {
    let cookies = [
      try db.first("PRAGMA main.schema_version")?[0] ?? .null, try db.first("PRAGMA temp.schema_version")?[0] ?? .null,
    ]
    if let known = triggerSurvey, known.cookies == cookies { return known.found }
    let found = try surveyTriggers()
    triggerSurvey = (cookies, found)
    return found
  }

  private func surveyTriggers() throws(RelayError) -> AppTriggers {
    let all = try db.query(
      """
      SELECT lower(tbl_name) FROM sqlite_master WHERE type = 'trigger' AND name NOT LIKE 'relay\\_%' ESCAPE '\\'
      UNION SELECT lower(tbl_name) FROM sqlite_temp_master WHERE type = 'trigger'
      """
    ) { (row) throws(RelayError) in row[0].text ?? "" }
    var found = AppTriggers()
    guard !all.isEmpty else { return found }
    let names = Dictionary(schema.tables.map { ($0.name.lowercased(), $0.name) }) { first, _ in first }
    var into: [String: Set<String>] = [:]
    for table in schema.tables where all.contains(table.name.lowercased()) {
      found.tables.insert(table.id)
      for statement in [sql(table).upsert, sql(table).delete] + [sql(table).updateSeq].compactMap({ $0 }) {
        // What cannot be prepared cannot be written either, and says so then.
        guard let actions = try? db.actions(of: statement) else { continue }
        for action in actions where [.insert, .update, .delete].contains(action.kind) && !action.source.isEmpty {
          if let name = names[action.table.lowercased()] { into[action.source, default: []].insert(name) }
        }
      }
    }
    found.writers = into.sorted { $0.key < $1.key }.map { AppTriggers.Writer(trigger: $0.key, into: $0.value.sorted()) }
    return found
  }
}
