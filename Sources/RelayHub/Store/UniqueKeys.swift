internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// Keys that the schema calls unique, held by the living rows of the whole organisation: `taken` in the store.
extension HubSession {
  func uniqueKeys(_ stored: StoredRow) throws(RelayError) -> [TableSchema.UniqueKey] {
    guard let table = schema.table(stored.row.table), !table.unique.isEmpty else { return [] }
    return table.uniqueKeys(try table.shownValues(stored.row, stored.state))
  }

  func holder(_ table: UInt32, _ list: Int, _ value: [UInt8]) throws(RelayError) -> Int64? {
    try db.first(
      "SELECT row FROM taken WHERE tbl = ? AND list = ? AND value = ?",
      [.integer(Int64(table)), .integer(Int64(list)), .blob(value)])?[0].integer
  }

  /// Carries the keys of rows from what they were to what they are.
  func updateUniqueKeys(_ all: [RowOutcome]) throws(RelayError) {
    let changes = all.filter(\.hasUnique)
    for change in changes {
      guard let old = change.old, let id = old.id else { continue }
      for key in try uniqueKeys(old) {
        try db.execute(
          "DELETE FROM taken WHERE tbl = ? AND list = ? AND value = ? AND row = ?",
          [.integer(Int64(old.row.table)), .integer(Int64(key.list)), .blob(key.value), .integer(id)])
      }
    }
    for change in changes {
      guard let id = change.new.id else { continue }
      for key in try uniqueKeys(change.new) {
        try db.execute(
          "INSERT INTO taken VALUES (?, ?, ?, ?)",
          [.integer(Int64(change.new.row.table)), .integer(Int64(key.list)), .blob(key.value), .integer(id)])
      }
    }
  }
}
