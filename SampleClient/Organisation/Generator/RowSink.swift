internal import Relay

/// Where generated rows go: SQL, cut down to what the share's writer may write by the sync schema.
struct RowSink {
  private enum Plan {
    case insert(String, [Int])
    /// Of a row that the office inserts, what only others may write; `defaults` of these columns.
    case update(String, [Int], defaults: [Value])
    case nothing
  }

  private let db: Database
  private let schema: SyncSchema
  private let share: Generator.Share
  /// The role that writes the field's share: that of the unit whose rows they are.
  private let role: String
  private var plans: [String: Plan] = [:]

  init(_ db: Database, _ schema: SyncSchema, share: Generator.Share, role: String) {
    self.db = db
    self.schema = schema
    self.share = share
    self.role = role
  }

  mutating func add(_ sheet: Sheet, _ values: [Value]) throws(RelayError) {
    guard values.count == sheet.columns.count else {
      throw RelayError(.invariant, "\(sheet.table): \(values.count) values for \(sheet.columns.count) columns")
    }
    let plan: Plan
    if let known = plans[sheet.table] {
      plan = known
    } else {
      plan = try make(sheet)
      plans[sheet.table] = plan
    }
    switch plan {
    case .insert(let sql, let positions): try db.execute(sql, positions.map { values[$0] })
    case .update(let sql, let positions, let defaults):
      let given = positions.map { values[$0] }
      if given != defaults { try db.execute(sql, given + [values[0]]) }
    case .nothing: return
    }
  }

  private func make(_ sheet: Sheet) throws(RelayError) -> Plan {
    guard let table = schema.table(named: sheet.table) else {
      throw RelayError(.invariant, "the sync schema has no table \(sheet.table)")
    }
    let all = Array(sheet.columns.indices)
    let byOffice = columns(sheet, table, "committee", inserting: true)
    let isOffices = isWhole(sheet, byOffice, table)
    switch share {
    case .whole: return insert(sheet, all)
    case .office: return isOffices ? insert(sheet, byOffice) : .nothing
    case .field:
      guard table.access(role).writes, role != "committee" else { return .nothing }
      guard isOffices else { return insert(sheet, columns(sheet, table, role, inserting: true)) }
      let rest = columns(sheet, table, role, inserting: false).filter { $0 > 0 && !byOffice.contains($0) }
      guard !rest.isEmpty, !table.isAppendOnly else { return .nothing }
      let sets = rest.map { "\"\(sheet.columns[$0])\" = ?" }.joined(separator: ", ")
      return .update(
        "UPDATE \"\(sheet.table)\" SET \(sets) WHERE \"\(sheet.columns[0])\" = ?", rest,
        defaults: rest.map { table.column(named: sheet.columns[$0])?.defaultValue ?? .null })
    }
  }

  private func insert(_ sheet: Sheet, _ positions: [Int]) -> Plan {
    let names = positions.map { "\"\(sheet.columns[$0])\"" }.joined(separator: ", ")
    let marks = positions.map { _ in "?" }.joined(separator: ", ")
    return .insert("INSERT INTO \"\(sheet.table)\" (\(names)) VALUES (\(marks))", positions)
  }

  /// Positions of the columns that the role may write; the key's too.
  private func columns(_ sheet: Sheet, _ table: TableSchema, _ role: String, inserting: Bool) -> [Int] {
    sheet.columns.indices.filter { at in
      guard let position = table.columns.firstIndex(where: { $0.name == sheet.columns[at] }) else { return false }
      guard let group = table.groups.first(where: { $0.columns.contains(position) }) else { return true }
      if let writable = table.access(role).writable, !writable.contains(table.columns[position].id) { return false }
      return group.mayWrite(role) || inserting && group.firstWriters.contains(role)
    }
  }

  /// Can a row be inserted with these columns alone?
  private func isWhole(_ sheet: Sheet, _ positions: [Int], _ table: TableSchema) -> Bool {
    let names = Set(positions.map { sheet.columns[$0] })
    return table.columns.allSatisfy { names.contains($0.name) || !$0.isRequired || !$0.defaultValue.isNull }
  }
}
