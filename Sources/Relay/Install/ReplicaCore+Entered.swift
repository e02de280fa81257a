internal import RelayMerge
internal import RelayProtocol

/// Rows that came into sight with a history, and when: whoever looked before that has not seen what the history says,
/// although it is older than the base they looked at.
extension ReplicaCore {
  /// Notes that a row arrived which this replica did not hold. One whose writes are all newer than the base needs no
  /// note: nobody could have claimed them.
  func noteEntered(
    _ row: RowID, _ table: TableSchema, _ values: [Value]?, _ stamps: [Cell], _ pull: CompletePull, _ install: UInt64
  ) throws(RelayError) {
    if let values {
      let cells = RowState(image: values, stamps: stamps, table: table).cells
      let isOlder = cells.contains { cell in
        let isReadable = table.group(cell.id.group).map { table.reads($0, pull.newRole) } ?? true
        return isReadable && cell.writes.contains { $0.seq <= pull.base }
      }
      guard isOlder else { return }
    }
    guard try db.first("SELECT 1 FROM relay_dead WHERE tbl = ? AND key = ?", row.bindings) == nil else { return }
    try noteEntered(row.bindings, install)
  }

  /// Another role reads other columns: of no row has anybody seen all that is shown from now on.
  func noteEverythingEntered(_ install: UInt64) throws(RelayError) {
    try db.execute("DELETE FROM relay_entered")
    try noteEntered([0, .blob([])], install)
  }

  private func noteEntered(_ bindings: [Value], _ install: UInt64) throws(RelayError) {
    try db.execute(
      "INSERT OR REPLACE INTO relay_entered (tbl, key, install) VALUES (?, ?, ?)", bindings + [Value(install)])
  }

  /// The row left: should it come again, that is another arrival.
  func forgetEntered(_ row: RowID) throws(RelayError) {
    try db.execute("DELETE FROM relay_entered WHERE tbl = ? AND key = ?", row.bindings)
  }

  /// What somebody knew of a row who looked at `moment`.
  ///
  /// - Parameter base: what is known of it now.
  func base(_ base: UInt64, of row: RowID, seenAt moment: Moment) throws(RelayError) -> UInt64 {
    let later = "SELECT 1 FROM relay_entered WHERE (tbl = ?1 AND key = ?2 OR tbl = 0 AND key = x'') AND install > ?3"
    let isKnown = try db.first(later, row.bindings + [Value(moment.installs)]) == nil
    return isKnown || Mutation.isPlanted(.formClaims) ? min(base, moment.base) : 0
  }
}
