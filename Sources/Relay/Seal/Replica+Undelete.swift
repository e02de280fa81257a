internal import RelayMerge
public import RelayProtocol

extension Replica {
  /// Brings a deleted row back, whole, as the hub keeps it until retention ends. Whoever deleted it meanwhile without
  /// having seen this is in a conflict about the row's existence, as with any other write.
  ///
  /// - Parameters:
  ///   - table: a synced table's name.
  ///   - key: the key's values in the schema's order.
  ///   - author: who writes, for people to read in conflicts and history.
  /// - Throws: `row_unknown` where this replica knows of no deleted row with that key, `schema_mismatch` for a table
  ///   that does not sync, `role_forbids`. Nothing was changed then.
  public func undelete(_ table: String, key: [Value], author: String = "") throws(RelayError) {
    try changing { (core) throws(RelayError) in
      try core.sealer.sealResidue()
      let table = try core.table(named: table)
      let row = RowID(table: table.id, values: key)
      guard try core.tableRow(row, table) == nil, try core.sealer.knowsDeleted(row) else {
        throw RelayError(.rowUnknown, "\(table.name): this replica knows of no deleted row \(Inbox.label(row))")
      }
      let decision = Decision(entry: 0, value: .flag(true))
      try core.sealer.commit(Commit(author: author, decisions: [row: [0: decision]]))
    }
  }

  /// Keys of rows of a table whose deletion this replica knows of, ascending: what `undelete` takes.
  public func deleted(_ table: String) throws(RelayError) -> [[Value]] {
    try locked { (core) throws(RelayError) in
      try core.db.snapshot { () throws(RelayError) in
        let table = try core.table(named: table)
        let known = Set(try core.stores.dead.rows(table.id)).union(try core.outbox.pendingDeletes(table.id))
        var keys: [[Value]] = []
        for row in known.sorted() where try core.tableRow(row, table) == nil { keys.append(try row.values()) }
        return keys
      }
    }
  }
}
