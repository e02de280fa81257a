internal import RelayMerge
internal import RelayProtocol

/// Capture in pure SQL: BEFORE and AFTER triggers that append to `relay_log` what a row was before it was touched. No C
/// function, so the sqlite3 shell and any other library write as usual and are captured too.
struct Capture {
  let table: TableSchema
  /// What the key and the table's other UNIQUE indexes compare.
  let uniques: [Unique]
  /// The place of each column in the log, in the order of the table's columns.
  let slots: [Int]
  /// Is the key SQLite's own row id? Only after the insert is it known then.
  var keyIsRowID = false
  /// How many UNIQUE indexes the table has that a statement made.
  var uniqueIndexes = 0

  struct Unique {
    struct Column {
      var name: String
      /// Nil for the column's own.
      var collation: String?
    }

    var columns: [Column]
    var isKey: Bool
  }

  /// Rows that stand in a table when it is first attached count as inserted then: whatever is in a synced table syncs.
  var logStanding: String {
    let names = table.key.map { SQL.name(table.columns[$0].name) }.joined(separator: ", ")
    return """
      INSERT INTO relay_log (tbl, kind, total, \(keySlots)) SELECT \(table.id), \(Touch.stood.rawValue), 0, \(names)
      FROM \(SQL.name(table.name))
      """
  }

  private var keySlots: String { table.key.map { "v\(slots[$0])" }.joined(separator: ", ") }

  /// Of a row of `sqlite_master`: is it a trigger of Relay's? An app may call its own ones `relay_…` too.
  static let isOwnTrigger =
    "(name GLOB 'relay_[0-9]*_*' OR name IN ('relay_boundary_set', 'relay_inbox_choice_only', 'relay_inbox_chosen'))"

  /// Name and text of every trigger, as `sqlite_master` will hold them.
  var triggers: [(name: String, sql: String)] {
    let names = table.columns.map { SQL.name($0.name) }
    let moved = table.key.map { "OLD.\(names[$0]) IS NOT NEW.\(names[$0])" }.joined(separator: " OR ")
    let on = "(SELECT applying FROM relay_guard) <> \(CaptureGuard.silent.rawValue)"
    let isApp = "(SELECT applying FROM relay_guard) = \(CaptureGuard.captures.rawValue)"
    let was = record(.was, "OLD")
    let inserted = insertedRecord
    let victims = uniques.map(self.victims).joined(separator: " ")
    func trigger(_ suffix: String, _ event: String, _ when: String, _ body: String) -> (name: String, sql: String) {
      let full = "relay_\(table.id)_\(suffix)"
      return (full, "CREATE TRIGGER \(full) \(event) ON \(SQL.name(table.name)) WHEN \(when) BEGIN \(body) END")
    }
    var list = [
      trigger("look_insert", "BEFORE INSERT", "\(isUnseen) AND \(on)", whole),
      trigger("look_update", "BEFORE UPDATE", "\(isUnseen) AND \(on)", whole),
    ]
    if keyIsRowID {
      list.append(trigger("insert_before", "BEFORE INSERT", on, victims))
      list.append(trigger("insert", "AFTER INSERT", on, inserted))
    } else {
      // One trigger instead of two: every insert pays for each.
      list.append(trigger("insert_before", "BEFORE INSERT", on, victims + " " + inserted))
    }
    guard !table.isAppendOnly else {
      let message = SQL.text("append_only: rows of \(table.name) are never changed; write a reversal")
      let refuse = "SELECT RAISE(ABORT, \(message));"
      return list + [
        trigger("update_refused", "BEFORE UPDATE", isApp, refuse),
        trigger("delete_refused", "BEFORE DELETE", isApp, refuse),
        trigger("update", "AFTER UPDATE", on, was),
        trigger("delete", "AFTER DELETE", on, record(.deleted, "OLD")),
      ]
    }
    let mayEvict = uniques.allSatisfy(\.isKey) ? "\(on) AND (\(moved))" : on
    list.append(trigger("update_before", "BEFORE UPDATE", mayEvict, victims))
    list.append(trigger("update", "AFTER UPDATE", on, was))
    list.append(trigger("rekey", "AFTER UPDATE", "\(on) AND (\(moved))", inserted))
    list.append(trigger("delete", "AFTER DELETE", on, record(.deleted, "OLD")))
    return list
  }

  /// Has the table got a UNIQUE index that the triggers do not know? A new entry of the schema is the first sign.
  private var isUnseen: String {
    """
    (SELECT max(rowid) FROM sqlite_master) <> (SELECT schema FROM relay_guard) AND \(table.id) NOT IN relay_whole AND \
    (SELECT count(*) FROM sqlite_master WHERE type = 'index' AND tbl_name = \(SQL.text(table.name)) COLLATE NOCASE \
    AND sql LIKE 'CREATE UNIQUE%') > \(uniqueIndexes)
    """
  }

  /// Which rows an `OR REPLACE` evicts through such an index nobody can tell: all of them count as touched, once.
  private var whole: String {
    """
    INSERT INTO relay_whole VALUES (\(table.id)); \
    INSERT INTO relay_log (tbl, kind, total, at, \(logged)) SELECT \(table.id), \(Touch.snapshot.rawValue), total_changes(), \
    \(SQL.now), \(values("t")) FROM \(SQL.name(table.name)) AS t;
    """
  }

  /// What a row was.
  private func record(_ touch: Touch, _ row: String) -> String {
    """
    INSERT INTO relay_log (tbl, kind, total, at, \(logged)) VALUES (\(table.id), \(touch.rawValue), total_changes(), \
    \(SQL.now), \(values(row)));
    """
  }

  /// The row was not there; its key is.
  private var insertedRecord: String {
    let news = table.key.map { "NEW.\(SQL.name(table.columns[$0].name))" }.joined(separator: ", ")
    return """
      INSERT INTO relay_log (tbl, kind, total, at, \(keySlots)) VALUES (\(table.id), \(Touch.inserted.rawValue), total_changes(), \
      \(SQL.now), \(news));
      """
  }

  /// Rows that an `OR REPLACE` would evict, which fires no delete trigger. Logging one that stays is harmless: it means
  /// "touched", and a row that did not change makes no operation.
  private func victims(_ unique: Unique) -> String {
    let match = unique.columns.map { column in
      let name = SQL.name(column.name)
      return "t.\(name) = NEW.\(name)" + (column.collation.map { " COLLATE \(SQL.name($0))" } ?? "")
    }.joined(separator: " AND ")
    return """
      INSERT INTO relay_log (tbl, kind, total, at, \(logged)) SELECT \(table.id), \(Touch.snapshot.rawValue), total_changes(), \
      \(SQL.now), \(values("t")) FROM \(SQL.name(table.name)) AS t WHERE \(match);
      """
  }

  // The seq shown is logged so that a row whose deletion is refused comes back with it; it is nobody's write.
  private var logged: String {
    (slots.map { "v\($0)" } + (table.seqColumn == nil ? [] : ["seq"])).joined(separator: ", ")
  }

  private func values(_ row: String) -> String {
    (table.columns.map(\.name) + [table.seqColumn].compactMap { $0 }).map { "\(row).\(SQL.name($0))" }
      .joined(separator: ", ")
  }
}

/// Words of statements.
enum SQL {
  /// When a statement runs, in milliseconds since 1970, by the clock of SQLite.
  static let now = "CAST((julianday('now') - 2440587.5) * 86400000 + 0.5 AS INTEGER)"

  /// A name in double quotes: SQLite then takes any.
  static func name(_ name: String) -> String { "\"" + name.doubling("\"") + "\"" }

  /// Does SQLite take two names for the same? It folds the letters of ASCII and no others.
  static func isSame(_ a: String, _ b: String) -> Bool { folded(a) == folded(b) }

  static func folded(_ name: String) -> [UInt8] {
    name.utf8.map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 }
  }

  static func text(_ text: String) -> String { "'" + text.doubling("'") + "'" }
}

extension String {
  fileprivate func doubling(_ quote: Character) -> String {
    contains(quote) ? String(flatMap { $0 == quote ? [quote, quote] : [$0] }) : self
  }
}
