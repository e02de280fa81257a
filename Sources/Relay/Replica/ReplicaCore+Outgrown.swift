internal import RelayProtocol

/// What is too large to travel. A commit through the API is refused; what a foreign tool wrote stays in its table, on
/// this device alone, and a notice says so: it stops nothing else.
extension ReplicaCore {
  /// - Throws: `value_not_allowed` for a commit.
  func refuse(_ row: RowID, _ table: TableSchema, outgrown reason: String, isResidue: Bool) throws(RelayError) {
    let message = "\(table.name): \(reason)"
    guard isResidue else { throw RelayError(.valueNotAllowed, message) }
    try tell(outgrown: row, table, message + "; it stays on this device alone")
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
    guard let after, after.byteCount > before?.byteCount ?? 0 else { return nil }
    return table.outgrown(after, most: Limits.row)
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
