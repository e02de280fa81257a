internal import RelayMerge
internal import RelayProtocol

/// What is too large to travel. A commit through the API is refused; what a foreign tool wrote stays in its table, on
/// this device alone, and a notice says so: it stops nothing else.
struct LocalOnly {
  let core: ReplicaCore

  /// - Throws: `value_not_allowed` for a commit.
  func refuse(_ row: RowID, _ table: TableSchema, outgrown reason: String, isResidue: Bool) throws(RelayError) {
    let message = "\(table.name): \(reason)"
    guard isResidue else { throw RelayError(.valueNotAllowed, message) }
    try core.inbox.tell(outgrown: row, table, message + "; it stays on this device alone", &core.changes.written)
  }

  /// A row with NULL in its key is none that another device could name.
  ///
  /// - Throws: `value_not_allowed` for a commit.
  func refuse(keyless row: RowID, _ table: TableSchema, isResidue: Bool) throws(RelayError) {
    let names = table.key.map { table.columns[$0].name }
    let match = names.map { "\(SQL.name($0)) IS ?" }.joined(separator: " AND ")
    let values = try row.values()
    let count =
      try core.db.first("SELECT count(*) FROM \(SQL.name(table.name)) WHERE \(match)", values)?[0].integer ?? 0
    guard count > 0 else {
      return try core.inbox.forget(outgrown: row, table, &core.changes.written)
    }
    let empty = zip(names, values).filter { $1.isNull }.map(\.0).joined(separator: ", ")
    let rows = count == 1 ? "a row has" : "\(count) rows have"
    let reason = "\(rows) no key (\(empty) is NULL), so no other device can name it; give it one and it is sent"
    try refuse(row, table, outgrown: reason, isResidue: isResidue)
  }

  func isAlone(_ row: RowID) throws(RelayError) -> Bool {
    try core.stores.localOnly.holds(row)
  }

  /// A row that was never sealed is inserted as soon as it fits, and deleted without a word.
  func stayAlone(_ row: RowID) throws(RelayError) {
    try core.stores.localOnly.add(row)
  }

  /// The row fits now, or is gone.
  func forgetAlone(_ row: RowID, _ table: TableSchema) throws(RelayError) {
    if try core.stores.localOnly.remove(row) { try core.inbox.forget(outgrown: row, table, &core.changes.written) }
  }

  /// Why a row's change cannot travel.
  ///
  /// - Parameters: the row before and after; a row may be as large as it was.
  func outgrown(_ operations: [Operation], _ before: [Value]?, _ after: [Value]?, _ table: TableSchema) -> String? {
    for operation in operations {
      for (group, values) in operation.values {
        for value in values where value.byteCount > Limits.value {
          let name = table.group(group)?.name ?? ""
          return "a value of \(value.byteCount) bytes in \(name), at most \(Limits.value) can be sent"
        }
      }
    }
    let size = before?.byteCount ?? 0
    guard let after, after.byteCount > size else { return nil }
    // What several devices made of a row together may be larger than one may make it; the hub knows how much.
    return table.outgrown(after, most: size > Limits.row ? Limits.rowRecord / 2 : Limits.row) ?? table.overfull(after)
  }
}

extension Operation {
  fileprivate var values: [(GroupID, [Value])] {
    switch kind {
    case .insert(let groups): groups.map { ($0.group, $0.values) }
    case .set(let group, let values): [(group, values)]
    case .add(let group, let element), .remove(let group, let element): [(group, [element])]
    case .increment, .delete, .touch: []
    }
  }

  /// About how many bytes it takes in a sealed transaction.
  var byteCount: Int { values.reduce(16) { $0 + $1.1.byteCount } }
}
