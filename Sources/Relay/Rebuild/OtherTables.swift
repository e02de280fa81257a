internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// Tables of the app that do not sync: nobody but the damaged file has their rows.
struct OtherTables {
  let core: ReplicaCore
  let source: Database

  /// Copies what can be read of them.
  ///
  /// - Returns: how many rows.
  func copy(_ damage: inout [String]) throws(RelayError) -> Int {
    let synced = Set(core.schema.tables.map(\.name))
    var count = 0
    for table in SalvageStore(db: source).tables(&damage) {
      guard !synced.contains(table.name), !table.name.hasPrefix("relay_"), !table.name.hasPrefix("sqlite_"),
        !table.sql.uppercased().hasPrefix("CREATE VIRTUAL")
      else { continue }
      do throws(RelayError) {
        count += try core.db.savepoint { () throws(RelayError) in try copy(table.name, table.sql) }
      } catch {
        damage.append("\(table.name), which does not sync, did not come along whole: \(error.message)")
      }
    }
    return count
  }

  private func copy(_ name: String, _ sql: String) throws(RelayError) -> Int {
    let isThere =
      try core.db.first("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", [.text(name)]) != nil
    if !isThere { try core.db.script(sql) }
    var (count, failed) = (0, RelayError?.none)
    do throws(RelayError) {
      try source.run("SELECT * FROM \(SQL.name(name))", []) { (row) throws(RelayError) in
        let values = row.values
        let marks = values.map { _ in "?" }.joined(separator: ", ")
        try core.db.execute("INSERT OR IGNORE INTO \(SQL.name(name)) VALUES (\(marks))", values)
        count += 1
        return true
      }
    } catch { failed = error }
    // What came before the damaged page stays.
    guard let failed else { return count }
    guard failed.code == .corrupt, count > 0 else { throw failed }
    return count
  }
}
