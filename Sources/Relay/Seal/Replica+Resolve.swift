internal import RelayMerge
public import RelayProtocol

/// How a person settles a conflict.
public enum Resolution: Sendable, Equatable {
  /// Take one of the values listed, by its position.
  case sibling(Int)
  /// Something else: the values of the entry's column group, in the order of its columns.
  case values([Value])
}

extension Replica {
  /// Resolves a conflict: an ordinary write that says which entry it settles, also where it keeps the value shown.
  ///
  /// - Parameters:
  ///   - id: of an inbox item of kind `conflict`.
  ///   - moment: what the author had in front of them, if a sync may have run since: a value that came later is not
  ///     settled by it, and the conflict stays open.
  /// - Throws: `moment_void`, `entry_unknown` when it is not there (any more) or its row was deleted here,
  ///   `value_not_allowed` for a choice that it does not have.
  public func resolve(
    _ id: String, _ resolution: Resolution, author: String = "", seenAt moment: Moment? = nil
  ) throws(RelayError) {
    try locked { (core) throws(RelayError) in
      try core.db.transaction { () throws(RelayError) in
        try core.seal(.residue)
        try core.resolve(id, resolution, author, moment)
      }
    }
  }
}

extension ReplicaCore {
  @discardableResult
  func resolve(
    _ id: String, _ resolution: Resolution, _ author: String, _ moment: Moment? = nil
  ) throws(RelayError) -> [Dot] {
    let found = try db.query(
      "SELECT tbl, key, cell, opened FROM relay_inbox WHERE id = ? AND kind = 'conflict'", [.text(id)]
    ) { (row) throws(RelayError) in
      (
        row: RowID(table: UInt32(row.int(0)), key: row.blob(1)), cell: row.blob(2),
        opened: UInt64(max(0, row.int(3)))
      )
    }
    guard let entry = found.first else { throw RelayError(.entryUnknown, "there is no open conflict '\(id)'") }
    let table = try table(entry.row.table)
    let cell = try CBORReader.decode(entry.cell) { (reader) throws(RelayError) in try reader.cellID() }
    var chosen: CellValue
    switch resolution {
    case .values(let values): chosen = .values(values)
    case .sibling(let at):
      let found = try db.first(
        "SELECT detail FROM relay_sibling WHERE inbox_id = ? AND position = ?", [.text(id), .integer(Int64(at))])
      guard case .blob(let detail)? = found?[0] else {
        throw RelayError(.valueNotAllowed, "conflict '\(id)' has no value number \(at) (any more)")
      }
      chosen = try CBORReader.decode(detail) { (reader) throws(RelayError) in try reader.cellWrite().value }
    }
    if cell == .live, case .values(let values) = chosen {
      switch values {
      case ["there"]: chosen = .flag(true)
      case ["deleted"]: chosen = .flag(false)
      default: throw RelayError(.valueNotAllowed, "conflict '\(id)' is settled by 'there' or 'deleted'")
      }
    }
    let keyValues = try entry.row.values()
    // About a row that is gone only this can be asked: is it to stay gone?
    let isHere = try tableRow(entry.row, table) != nil
    guard isHere || cell == .live else {
      throw RelayError(.entryUnknown, "the row of conflict '\(id)' was deleted here; nothing was changed")
    }
    switch chosen {
    case .flag(false): try db.execute(sql(table).delete, keyValues)
    case .flag(true), .delta: break
    case .values(let values):
      guard let group = table.group(cell.group), values.count == group.columns.count else {
        throw RelayError(.valueNotAllowed, "conflict '\(id)' is settled by another number of values")
      }
      let sets = group.columns.map { SQL.name(table.columns[$0].name) + " = ?" }.joined(separator: ", ")
      let match = table.key.map { SQL.name(table.columns[$0].name) + " = ?" }.joined(separator: " AND ")
      try db.execute("UPDATE \(SQL.name(table.name)) SET \(sets) WHERE \(match)", values + keyValues)
    }
    let decision = [cell.group: Decision(entry: entry.opened, value: chosen)]
    let dots = try commit(Commit(author: author, moment: moment, decisions: [entry.row: decision]))
    if let dot = dots.last { try answered(id, by: dot) }
    return dots
  }

  /// Seals a commit and shows what it comes to. That may be something else than was written: of what came in since the
  /// moment that the author had seen some stands beside it or wins, and a row that is to live again shows what this
  /// replica still knows of it.
  @discardableResult
  func commit(_ commit: Commit) throws(RelayError) -> [Dot] {
    let dots = try seal(.commit(commit))
    var own = OwnTransactions()
    var rows = Set(commit.decisions.filter { $0.value[0]?.value == .flag(true) }.keys)
    for dot in commit.moment == nil ? [] : dots {
      if let key = try replicas.key(dot), let one = try own.own(key, self) { rows.formUnion(one.changes.keys) }
    }
    guard !rows.isEmpty else { return dots }
    let state = try state()
    try applying { () throws(RelayError) in
      for row in rows.sorted() { try rebuild(row, try table(row.table), state, &own) }
    }
    return dots
  }
}
