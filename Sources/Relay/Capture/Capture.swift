internal import RelayMerge
internal import RelayProtocol

/// Capture in pure SQL: AFTER and BEFORE triggers that append to a log what a row was before it was touched. No C
/// function, so the sqlite3 shell and any other library write as usual and are captured too.
struct Capture {
  let table: TableSchema
  /// What the key and the table's other UNIQUE indexes compare.
  let uniques: [Unique]

  struct Unique {
    struct Column {
      var name: String
      /// Nil for the column's own.
      var collation: String?
    }

    var columns: [Column]
    var isKey: Bool
  }

  var logTable: String { "relay_log_\(table.id)" }

  /// The log of one table: a record a touch, columns named by id so that a rename does not concern it.
  var logDDL: String {
    "CREATE TABLE IF NOT EXISTS \(logTable) (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, "
      + table.columns.map { "c\($0.id)" }.joined(separator: ", ") + ", seq)"
  }

  /// Rows that stand in a table when it is first attached count as inserted then: whatever is in a synced table syncs.
  var logStanding: String {
    let key = table.key.map { table.columns[$0] }
    let names = key.map { "\"\($0.name)\"" }.joined(separator: ", ")
    let logged = key.map { "c\($0.id)" }.joined(separator: ", ")
    return "INSERT INTO \(logTable) (kind, \(logged)) SELECT 1, \(names) FROM \"\(table.name)\""
  }

  /// Name and text of every trigger, as `sqlite_master` will hold them.
  var triggers: [(name: String, sql: String)] {
    let quoted = table.columns.map { "\"\($0.name)\"" }
    // The seq shown is logged so that a row whose deletion is refused comes back with it; it is nobody's write.
    let seq = table.seqColumn.map { "\"\($0)\"" }
    let logged = (table.columns.map { "c\($0.id)" } + (seq == nil ? [] : ["seq"])).joined(separator: ", ")
    let keyLogged = table.key.map { "c\(table.columns[$0].id)" }.joined(separator: ", ")
    let name = "\"\(table.name)\""
    let on = "(SELECT applying FROM relay_guard) <> \(CaptureGuard.silent.rawValue)"
    func olds(_ prefix: String) -> String {
      (quoted + (seq.map { [$0] } ?? [])).map { "\(prefix).\($0)" }.joined(separator: ", ")
    }
    let news = table.key.map { "NEW.\(quoted[$0])" }.joined(separator: ", ")
    let logOld = "INSERT INTO \(logTable) (kind, \(logged)) VALUES (2, \(olds("OLD")));"
    let logNew = "INSERT INTO \(logTable) (kind, \(keyLogged)) VALUES (1, \(news));"
    let keyMoved = table.key.map { "OLD.\(quoted[$0]) IS NOT NEW.\(quoted[$0])" }.joined(separator: " OR ")
    /// Rows that an `OR REPLACE` would evict, which fires no delete trigger. Logging one that stays is harmless: it
    /// means "touched", and a row that did not change makes no operation.
    func victims(_ unique: Unique) -> String {
      let match = unique.columns.map { column in
        "t.\"\(column.name)\" = NEW.\"\(column.name)\"" + (column.collation.map { " COLLATE \"\($0)\"" } ?? "")
      }.joined(separator: " AND ")
      return "INSERT INTO \(logTable) (kind, \(logged)) SELECT 2, \(olds("t")) FROM \(name) AS t WHERE \(match);"
    }
    let all = uniques.map(victims).joined(separator: " ")
    func trigger(_ suffix: String, _ event: String, _ when: String, _ body: String) -> (name: String, sql: String) {
      let full = "relay_\(table.id)_\(suffix)"
      return (full, "CREATE TRIGGER \(full) \(event) ON \(name) WHEN \(when) BEGIN \(body) END")
    }
    var list = [
      trigger("insert_before", "BEFORE INSERT", on, all),
      trigger("insert", "AFTER INSERT", on, logNew),
    ]
    guard !table.isAppendOnly else {
      let refuse = "SELECT RAISE(ABORT, 'append_only: rows of \(table.name) are never changed; write a reversal');"
      let isApp = "(SELECT applying FROM relay_guard) = \(CaptureGuard.captures.rawValue)"
      return list + [
        trigger("update_refused", "BEFORE UPDATE", isApp, refuse),
        trigger("delete_refused", "BEFORE DELETE", isApp, refuse),
        trigger("update", "AFTER UPDATE", on, logOld),
        trigger("delete", "AFTER DELETE", on, logOld),
      ]
    }
    let mayEvict = uniques.allSatisfy(\.isKey) ? "\(on) AND (\(keyMoved))" : on
    list.append(trigger("update_before", "BEFORE UPDATE", mayEvict, all))
    list.append(trigger("update", "AFTER UPDATE", on, logOld))
    list.append(trigger("rekey", "AFTER UPDATE", "\(on) AND (\(keyMoved))", logNew))
    list.append(trigger("delete", "AFTER DELETE", on, logOld))
    return list
  }
}
