internal import RelayMerge
internal import RelayProtocol

/// How a conflict is settled: what is written into its row, and the decision about its cell. It is planned from what the file
/// holds and changes nothing; a commit applies it.
struct Settlement {
  enum Write: Equatable {
    /// What is shown stays.
    case nothing
    case delete
    case set(GroupID, [Value])
  }

  /// Of the inbox item.
  var id: String
  var row: RowID
  var write: Write
  var group: GroupID
  var decision: Decision

  /// - Parameters:
  ///   - chosen: the value taken from the conflict's own, or given.
  ///   - isHere: whether the row is in its table.
  /// - Throws: `value_not_allowed` for what the conflict does not have, `entry_unknown` where only its existence could be
  ///   asked about.
  init(
    _ id: String, _ conflict: InboxStore.Conflict, _ chosen: CellValue, _ table: TableSchema, isHere: Bool
  ) throws(RelayError) {
    (self.id, row, group) = (id, conflict.row, conflict.cell.group)
    var chosen = chosen
    if conflict.cell == .live, case .values(let values) = chosen {
      switch values {
      case ["there"]: chosen = .flag(true)
      case ["deleted"]: chosen = .flag(false)
      default: throw RelayError(.valueNotAllowed, "conflict '\(id)' is settled by 'there' or 'deleted'")
      }
    }
    // About a row that is gone only this can be asked: is it to stay gone?
    guard isHere || conflict.cell == .live else {
      throw RelayError(.entryUnknown, "the row of conflict '\(id)' was deleted here; nothing was changed")
    }
    switch chosen {
    case .flag(false): write = .delete
    case .flag(true), .delta: write = .nothing
    case .values(let values):
      guard let group = table.group(conflict.cell.group), values.count == group.columns.count else {
        throw RelayError(.valueNotAllowed, "conflict '\(id)' is settled by another number of values")
      }
      write = .set(group.id, values)
    }
    decision = Decision(entry: conflict.opened, value: chosen)
  }
}

extension Sealer {
  /// - Throws: `entry_unknown` where there is no such conflict, `value_not_allowed` for a choice that it does not have.
  func settlement(of id: String, by resolution: Resolution) throws(RelayError) -> Settlement {
    guard let conflict = try core.inbox.store.conflict(id) else {
      throw RelayError(.entryUnknown, "there is no open conflict '\(id)'")
    }
    let table = try core.table(conflict.row.table)
    var chosen = CellValue.values([])
    switch resolution {
    case .values(let values): chosen = .values(values)
    case .sibling(let at):
      guard let value = try core.inbox.store.value(id, at: at) else {
        throw RelayError(.valueNotAllowed, "conflict '\(id)' has no value number \(at) (any more)")
      }
      chosen = value
    }
    let isHere = try core.tableRow(conflict.row, table) != nil
    return try Settlement(id, conflict, chosen, table, isHere: isHere)
  }
}
