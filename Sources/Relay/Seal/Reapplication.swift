internal import RelayMerge
internal import RelayProtocol

/// Writes operations of refused transactions into the tables again, as an app would: capture sees them.
struct Reapplication {
  private let core: ReplicaCore
  private let corrections: [RowID: RowCorrection]
  /// What rows had shown that the hub has forgotten.
  var before: [RefusedOperation] = []
  /// Rows under another key now.
  private var renamed: [RowID: RowID] = [:]
  /// Corrected rows that were written.
  private var written: Set<RowID> = []
  /// What the refused transactions decided about conflicts that are still open here, and rows that they undeleted.
  private(set) var decisions: [RowID: [GroupID: Decision]] = [:]

  init(_ core: ReplicaCore, _ corrections: [RowCorrection]) throws(RelayError) {
    self.core = core
    self.corrections = Dictionary(corrections.map { ($0.row, $0) }) { _, last in last }
    for correction in corrections {
      let table = try core.table(correction.row.table)
      for name in correction.values.keys where table.column(named: name) == nil {
        throw RelayError(.valueNotAllowed, "\(table.name) has no column '\(name)'")
      }
      for name in correction.values.keys where table.key.contains(where: { table.columns[$0].name == name }) {
        throw RelayError(.valueNotAllowed, "\(table.name).\(name) is part of the key; give another key instead")
      }
      guard let key = correction.key else { continue }
      guard key.count == table.key.count else {
        throw RelayError(.valueNotAllowed, "a key of \(table.name) has \(table.key.count) values")
      }
      renamed[correction.row] = RowID(table: table.id, values: key)
    }
  }

  mutating func apply(_ transaction: Transaction) throws(RelayError) {
    for change in transaction.rows {
      let table = try core.table(change.row.table)
      let row = renamed[change.row] ?? change.row
      if let parent = table.namedParent(change) { try bringBack(parent) }
      if !change.operations[0].isInsert { try bringBack(row) }
      if corrections[change.row] != nil { written.insert(change.row) }
      for operation in change.operations {
        // An undelete settles nothing; it is a decision all the same.
        let isUndelete = operation.kind == .touch && operation.resolves == 0
        let isDecision = try operation.resolves > 0 ? isOpen(row, operation) : isUndelete
        try apply(operation, row, table, corrections[change.row]?.values ?? [:], isDecision: isDecision)
        if isDecision {
          let value: CellValue = operation.group == 0 ? .flag(operation.kind != .delete) : .values([])
          decisions[row, default: [:]][operation.group] = Decision(entry: operation.resolves, value: value)
        }
      }
    }
  }

  /// Corrections of columns that no operation wrote.
  mutating func finish() throws(RelayError) {
    for correction in corrections.values.sorted(by: { $0.row < $1.row }) {
      let table = try core.table(correction.row.table)
      let row = renamed[correction.row] ?? correction.row
      guard written.contains(correction.row) else {
        throw RelayError(
          .valueNotAllowed, "the refused transaction wrote no \(table.name) '\(Inbox.label(correction.row))'")
      }
      for (name, value) in correction.values.sorted(by: { $0.key < $1.key }) {
        try set([name], [value], row, table)
      }
    }
  }

  private func apply(
    _ operation: Operation, _ row: RowID, _ table: TableSchema, _ corrected: [String: Value], isDecision: Bool
  ) throws(RelayError) {
    switch operation.kind {
    case .insert(let groups): try insert(groups, row, table, corrected)
    case .delete: try core.db.execute(core.sql(table).delete, try row.values())
    case .touch:
      // A row whose deletion is known may be let live again; of any other one there is nothing to say.
      if try !core.sealer.knowsDeleted(row) { _ = try standing(row, table) }
    case .set(let id, let values):
      guard let group = table.group(id), group.columns.count == values.count else { throw unknownColumns(table) }
      let names = group.columns.map { table.columns[$0].name }
      let now = zip(group.columns, values).map { corrected[table.columns[$0].name] ?? follow($1, $0, table) }
      try set(names, now, row, table)
    case .increment(let id, let delta):
      guard let group = table.group(id) else { throw unknownColumns(table) }
      let was = try standing(row, table)[group.columns[0]].integer ?? 0
      let (now, overflow) = was.addingReportingOverflow(delta)
      guard !overflow else { throw RelayError(.valueNotAllowed, "\(table.name).\(group.name) cannot count so far") }
      try set([group.name], [.integer(now)], row, table)
    case .add(let id, let element), .remove(let id, let element):
      guard let group = table.group(id) else { throw unknownColumns(table) }
      var elements = JSONSet.elements(try standing(row, table)[group.columns[0]]) ?? []
      elements.removeAll { $0 == element }
      if case .add = operation.kind { elements.append(element) }
      try set([group.name], [JSONSet.text(JSONSet.sorted(elements))], row, table)
    }
  }

  private func insert(
    _ groups: [GroupValues], _ row: RowID, _ table: TableSchema, _ corrected: [String: Value]
  ) throws(RelayError) {
    guard try core.tableRow(row, table) == nil else {
      throw RelayError(
        .constraint, "\(table.name) '\(Inbox.label(row))' is in this file already",
        advice: "Nothing was changed. Resubmit it under another key, or discard it; "
          + "where this file differs from the hub, 'verify' tells what the hub lacks, and sends it.")
    }
    var columns = table.key.map { table.columns[$0].name }
    var values = try row.values()
    for given in groups {
      guard let group = table.group(given.group) else { throw unknownColumns(table) }
      let now = group.policy.columns(given: given.values, group)
      guard now.count == group.columns.count else { throw unknownColumns(table) }
      for (at, value) in zip(group.columns, now) {
        columns.append(table.columns[at].name)
        values.append(corrected[table.columns[at].name] ?? follow(value, at, table))
      }
    }
    let names = columns.map { SQL.name($0) }.joined(separator: ", ")
    let marks = columns.map { _ in "?" }.joined(separator: ", ")
    try core.db.execute("INSERT INTO \(SQL.name(table.name)) (\(names)) VALUES (\(marks))", values)
  }

  /// Writes a forgotten row as it was, unless it is here again.
  private func bringBack(_ row: RowID) throws(RelayError) {
    let table = try core.table(row.table)
    let label = Inbox.label(row)
    let cells = before.filter { $0.table == table.name && $0.key == label }
    guard !cells.isEmpty, try core.tableRow(row, table) == nil else { return }
    let columns = cells.compactMap(\.column)
    try core.db.execute(
      """
      INSERT INTO \(SQL.name(table.name)) (\(columns.map { SQL.name($0) }.joined(separator: ", ")))
      VALUES (\(columns.map { _ in "?" }.joined(separator: ", ")))
      """, cells.map(\.value))
  }

  /// A child goes with its parent when that has another key now.
  private func follow(_ value: Value, _ column: Int, _ table: TableSchema) -> Value {
    guard let parent = table.parent, parent.column == column,
      let now = renamed[RowID(table: parent.table, values: [value])], let key = try? now.values()
    else { return value }
    return key[0]
  }

  private func set(_ names: [String], _ values: [Value], _ row: RowID, _ table: TableSchema) throws(RelayError) {
    _ = try standing(row, table)
    let sets = names.map { SQL.name($0) + " = ?" }.joined(separator: ", ")
    let match = table.key.map { SQL.name(table.columns[$0].name) + " = ?" }.joined(separator: " AND ")
    try core.db.execute("UPDATE \(SQL.name(table.name)) SET \(sets) WHERE \(match)", values + (try row.values()))
  }

  private func standing(_ row: RowID, _ table: TableSchema) throws(RelayError) -> [Value] {
    guard let values = try core.tableRow(row, table) else {
      throw RelayError(
        .constraint, "\(table.name) '\(Inbox.label(row))' is not in this file, so it cannot be changed again",
        advice: "Nothing was changed. Resubmit the refused transaction that inserts it first, or discard this one.")
    }
    return values
  }

  private func isOpen(_ row: RowID, _ operation: Operation) throws(RelayError) -> Bool {
    try core.inbox.store.openGroups(row, opened: operation.resolves).contains(operation.group)
  }

  private func unknownColumns(_ table: TableSchema) -> RelayError {
    RelayError(.schemaMismatch, "the refused transaction names columns of \(table.name) that this sync schema lacks")
  }
}
