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
    let dead = try stores.dead.base(row)
    if let values {
      // Of a row whose deletion was pulled, everything until then is known; it may have lived on out of sight since.
      let cells = RowState(image: values, stamps: stamps, table: table).cells
      let isOlder = cells.contains { cell in
        let isReadable = table.group(cell.id.group).map { table.reads($0, pull.newRole) } ?? true
        return isReadable
          && cell.writes.contains { write in
            write.seq <= pull.base && dead.map { write.seq > $0 } ?? true
          }
      }
      guard isOlder else { return }
    } else if dead != nil {
      return
    }
    try stores.entered.add(row, install: install)
  }

  /// Another role reads other columns: of no row has anybody seen all that is shown from now on.
  func noteEverythingEntered(_ install: UInt64) throws(RelayError) { try stores.entered.addAll(install: install) }

  /// The row left: should it come again, that is another arrival.
  func forgetEntered(_ row: RowID) throws(RelayError) { try stores.entered.remove(row) }
}
