internal import RelayMerge
public import RelayProtocol

/// What somebody had in front of them: taken when a form opens, given back when it is saved.
///
/// A sync may run while a form is open. Without a moment the save would count as made in the knowledge of what that
/// sync brought, and overwrite it in silence; with it, what came in between is concurrent, and the column's policy
/// decides.
public struct Moment: Sendable, Hashable {
  let replica: ReplicaID
  let epoch: Hash128
  let base: UInt64
  /// Installs until then.
  let installs: UInt64
  /// The newest own transaction then.
  let counter: UInt64
  /// Own transactions that were pending then, and not known to be refused.
  let seen: DotSet
  /// The rows that the form showed.
  let rows: [RowID: [Value]]
}

extension Replica {
  /// The knowledge of this instant.
  ///
  /// - Parameter rows: what the form shows, as (table, key). Where they are given, columns that are written back as they
  ///   were shown are no edits: a form may save all its fields.
  /// - Throws: `schema_mismatch` for a table that does not sync.
  public func moment(of rows: [(table: String, key: [Value])] = []) throws(RelayError) -> Moment {
    try changing { (core) throws(RelayError) in
      try core.sealer.sealResidue()
      let state = try core.state()
      var shown: [RowID: [Value]] = [:]
      for (name, key) in rows {
        let table = try core.table(named: name)
        let row = RowID(table: table.id, values: key)
        shown[row] = try core.tableRow(row, table)
      }
      return Moment(
        replica: state.replica, epoch: state.epoch, base: state.base, installs: state.installs,
        counter: state.counter, seen: try core.outbox.seenDots(), rows: shown)
    }
  }
}

extension Moment {
  /// - Returns: the newest own transaction then.
  /// - Throws: `moment_void` where it was taken from another file, another copy of this one or another history of the hub.
  func check(_ core: ReplicaCore, _ state: ReplicaState) throws(RelayError) -> DotKey {
    // The first install of an unenrolled replica gives it its epoch; nothing seen before then was the hub's.
    guard let last = try core.replicas.key(Dot(replica, counter)), last <= state.key, base <= state.base,
      epoch == state.epoch || base == 0, try isHeld(core.replicas, state)
    else {
      throw RelayError(.momentVoid, "the rows were read from another file or another history of the hub")
    }
    return last
  }

  /// Is the work that was seen as pending this file's? What it did as an older replica may have become somebody else's:
  /// that must be here itself.
  private func isHeld(_ replicas: ReplicaStore, _ state: ReplicaState) throws(RelayError) -> Bool {
    for interval in seen.intervals where interval.replica != state.replica {
      guard try replicas.holds(interval) else { return false }
    }
    return true
  }

  /// The row that the author meant: columns that were given back as the form had shown them stay as they are now.
  func meant(_ row: RowID, _ table: TableSchema, was: [Value], written: [Value]) -> [Value] {
    guard let shown = rows[row] else { return written }
    var meant = written
    for group in table.groups {
      let values = group.policy.meant(
        shown: group.values(of: shown), was: group.values(of: was), written: group.values(of: written), group)
      for (at, value) in zip(group.columns, values) { meant[at] = value }
    }
    return meant
  }
}
