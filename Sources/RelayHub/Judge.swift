internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// One transaction on its way through the hub: rows as they were and as they would be.
final class Judgement {
  let store: HubSession
  let transaction: Transaction
  let device: HubDevice
  let seq: UInt64
  let effective: HybridTime
  let operations: [RowID: [Operation]]
  var before: [RowID: StoredRow?] = [:]
  var after: [RowID: StoredRow] = [:]
  private var places: [RowID: Place] = [:]
  private var refusedStanding: [RowID: (isInsert: Bool, dot: Dot)]?

  init(_ store: HubSession, _ transaction: Transaction, _ device: HubDevice, seq: UInt64, effective: HybridTime) {
    self.store = store
    self.transaction = transaction
    self.device = device
    self.seq = seq
    self.effective = effective
    operations = Dictionary(transaction.rows.map { ($0.row, $0.operations) }) { first, _ in first }
  }

  func old(_ row: RowID) throws(RelayError) -> StoredRow? {
    if let known = before[row] { return known }
    let loaded = try store.load(row)
    before[row] = .some(loaded)
    return loaded
  }

  /// Where a row is once the whole transaction is merged; its own rules, or its parent's place.
  func place(_ row: RowID) throws(RelayError) -> Place {
    if let known = places[row] { return known }
    let place = try findPlace(row)
    places[row] = place
    return place
  }

  private func findPlace(_ row: RowID) throws(RelayError) -> Place {
    guard let table = store.schema.table(row.table) else { return Place() }
    guard let stored = try merged(row) else { return Place() }
    let values = try table.allValues(row, stored.state)
    let isDead = !table.isAlive(stored.state)
    guard table.parent != nil else {
      return Place(scopes: table.ownScopes(values), homes: table.ownHomes(values), isDead: isDead)
    }
    guard let parent = table.parentRow(values) else { return Place(isDead: isDead) }
    let above = try place(parent)
    return Place(scopes: above.scopes, homes: above.homes, isDead: isDead, isOrphan: above.isDead || above.isOrphan)
  }

  struct Place {
    var scopes: [String] = []
    var homes: [String] = []
    var isDead = false
    var isOrphan = false
  }

  /// Merges into `after` and says why the transaction is refused, if it is (rules 16–19).
  func judge() throws(RelayError) -> Refusal? {
    let writable = device.writable
    for change in transaction.rows {
      guard let table = store.schema.table(change.row.table) else {
        return Refusal(rule: .unknownTable, row: change.row, message: "the hub has no table \(change.row.table)")
      }
      if let refusal = try refuses(change, table, writable) { return refusal }
      if let refusal = try merge(change, table) { return refusal }
    }
    for change in transaction.rows {
      if let refusal = try misplaced(change, writable) { return refusal }
    }
    if let refusal = try outgrows() { return refusal }
    return try takesUniqueKey()
  }

  /// A row that no message could carry, parents of which only a child said that they live among them. What role reads
  /// which column of it is not asked; so nothing is told of what it holds.
  private func outgrows() throws(RelayError) -> Refusal? {
    for row in after.keys.sorted() {
      guard let stored = after[row], let table = store.schema.table(row.table) else { continue }
      guard let reason = table.outgrown(try table.allValues(row, stored.state), stored.state) else { continue }
      let isOpen = table.groups.allSatisfy { table.reads($0, device.role) }
      let named = operations[row] == nil ? transaction.rows[0].row : row
      return Refusal(
        rule: .rowTooLarge, row: named, message: "\(table.name): \(isOpen ? reason : "the row would not fit a message")"
      )
    }
    return nil
  }

  private func refuses(_ change: RowChange, _ table: TableSchema, _ writable: Set<String>) throws(RelayError)
    -> Refusal?
  {
    let isInsert = change.operations[0].isInsert
    func refuse(_ rule: RefusalRule, _ message: String) -> Refusal {
      Refusal(rule: rule, row: change.row, message: "\(table.name): \(message)")
    }
    let stands = Mutation.isPlanted(.ontoOther) ? try old(change.row) != nil : false
    if let dot = try buildsOnRefused(change.row, isInsert: isInsert), !stands {
      return refuse(.dependsOnRefused, "builds on \(dot), which was refused")
    }
    // Who may not write the table at all does not learn which keys there are.
    if !table.access(device.role).writes, !Mutation.isPlanted(.keysTold) {
      return table.refusal(change, role: device.role)
    }
    guard let row = try old(change.row) else {
      if !isInsert { return refuse(.rowUnknown, "the hub has no such row") }
      return table.refusal(change, role: device.role)
    }
    let isLate = try writable.reach(row.homes) ? false : late(change, writable)
    if !writable.reach(row.homes), !isLate, !(isInsert && Mutation.isPlanted(.keyTaken)) {
      return isInsert
        ? refuse(
          .keyUnavailable,
          "this key cannot be used; choose another" + (Mutation.isPlanted(.keyShows) ? " \(row.homes)" : ""))
        : refuse(.notWritable, "the row lies in no scope that this device may write")
    }
    if let refusal = table.refusal(change, role: device.role) { return refusal }
    if isInsert, table.isAppendOnly, try !repeats(change, row, table) {
      return refuse(.appendOnly, "a row with this key is here already")
    }
    for operation in change.operations {
      switch operation.kind {
      case .set(let group, let values):
        if let refusal = replacesImmutable(group, values, change, row, table) { return refusal }
      case .insert(let groups):
        if let refusal = try updates(groups, change, row, table) { return refusal }
      default: continue
      }
    }
    return nil
  }

  /// Could the author see the group, by the role that it wrote under and by the one that it has now?
  func reads(_ group: GroupSchema, _ table: TableSchema) -> Bool {
    let (header, now) = (transaction.role, device.role)
    return (table.reads(group, header) || Mutation.isPlanted(.roleNow)) && table.reads(group, now)
  }

  func context(_ change: RowChange, _ table: TableSchema) -> WriteContext {
    let readable = Set(table.groups.filter { reads($0, table) }.map(\.id))
    let role = device.role
    return WriteContext(
      dot: transaction.dot, seq: seq, effective: effective, seen: transaction.seen, base: change.base,
      readable: { Mutation.isPlanted(.hiddenCovered) || readable.contains($0) },
      gives: { Mutation.isPlanted(.foreignDefaults) || table.gives($0, role) })
  }

  private func merge(_ change: RowChange, _ table: TableSchema) throws(RelayError) -> Refusal? {
    let context = context(change, table)
    var row = try old(change.row) ?? StoredRow(change.row)
    let isInsert = change.operations[0].isInsert && !Mutation.isPlanted(.sumsCover)
    if transaction.mode == .strict || isInsert { try store.expand(&row) }
    if transaction.mode == .strict, row.state.isConcurrent(change, context, table: table) {
      return Refusal(rule: .strictConcurrent, row: change.row, message: "\(table.name): someone else wrote meanwhile")
    }
    row.state.apply(change, context, table: table)
    row.seq = seq
    let values = try table.allValues(row.row, row.state)
    row.parent = table.parentRow(values)
    after[change.row] = row
    if let parent = table.namedParent(change) {
      try signLife(parent, base: change.parentBase ?? transaction.base, context)
    }
    return nil
  }

  /// The row as this transaction has made it so far.
  private func merged(_ row: RowID) throws(RelayError) -> StoredRow? {
    if let merged = after[row] { return merged }
    return try old(row)
  }

  /// A row that names a parent says that the parent lives: whoever deletes it without having seen the child is in a
  /// conflict with the child's author about the parent's existence.
  private func signLife(_ parent: RowID, base: UInt64, _ context: WriteContext) throws(RelayError) {
    guard operations[parent] == nil, let table = store.schema.table(parent.table), table.deletes != .never,
      var row = try merged(parent)
    else { return }
    var context = context
    context.base = base
    // Who knew that the parent was deleted does not bring it back by hanging something on it.
    guard !row.state.writes(.live).contains(where: { $0.value == .flag(false) && context.covers($0) }) else { return }
    let wasAlive = table.isAlive(row.state)
    let touch = RowChange(row: parent, base: context.base, operations: [Operation(.touch)])
    row.state.apply(touch, context, table: table)
    after[parent] = row
    if !wasAlive, table.isAlive(row.state), let above = row.parent { try signLife(above, base: base, context) }
  }

  private func misplaced(_ change: RowChange, _ writable: Set<String>) throws(RelayError) -> Refusal? {
    guard let table = store.schema.table(change.row.table), let row = after[change.row] else { return nil }
    // Only a parent that the author named: somebody else may have hung the row elsewhere meanwhile.
    if let parent = table.namedParent(change), operations[parent]?[0].isInsert != true,
      let dot = try buildsOnRefused(parent, isInsert: false)
    {
      return Refusal(
        rule: .dependsOnRefused, row: change.row, message: "\(table.name): its parent builds on \(dot), refused")
    }
    if table.parent == nil, let reason = table.misplacement(try table.allValues(row.row, row.state)) {
      return Refusal(rule: .noScope, row: change.row, message: "\(table.name): \(reason)")
    }
    guard try !place(change.row).homes.isEmpty else {
      return Refusal(rule: .noScope, row: change.row, message: "\(table.name): the row lies in no scope")
    }
    guard change.operations[0].isInsert else { return nil }
    var named: [String] = []
    if table.parent != nil {
      guard let parent = row.parent else { return nil }
      named = try place(parent).homes
      if let stood = try old(parent) { named += stood.homes }
      if !Mutation.isPlanted(.lateChild), try old(parent) != nil, try left(parent, transaction.base, writable) {
        return nil
      }
    } else {
      var fresh = RowState()
      let context = WriteContext(
        dot: transaction.dot, seq: seq, effective: effective, seen: DotSet(), base: 0, readable: { _ in true },
        gives: { _ in true })
      fresh.apply(change, context, table: table)
      named = table.ownHomes(try table.allValues(change.row, fresh))
    }
    if writable.reach(named) { return nil }
    return Refusal(
      rule: .notWritable, row: change.row, message: "\(table.name): the row lies in no scope that this device may write"
    )
  }

  private func left(_ row: RowID, _ base: UInt64, _ scopes: Set<String>) throws(RelayError) -> Bool {
    for scope in scopes {
      let seq = try store.db.first(
        "SELECT seq FROM exits WHERE scope = ? AND tbl = ? AND key = ?",
        [.text(scope), .integer(Int64(row.table)), .blob(row.key)])?[0].integer
      if let seq, UInt64(seq) > base { return true }
    }
    return false
  }

  /// Was the row writable when the author wrote? The hub's own exits say so, never the author (rule 17).
  private func late(_ change: RowChange, _ writable: Set<String>) throws(RelayError) -> Bool {
    if Mutation.isPlanted(.noLate) { return false }
    let writable = Mutation.isPlanted(.lateAny) ? Set(device.grants.map(\.scope)) : writable
    if change.base > 0 || Mutation.isPlanted(.lateInsert) { return try left(change.row, change.base, writable) }
    var own: UInt64 = 0
    for record in try store.records(transaction.seen) where record.verdict.isAccepted && record.device == device.id {
      let body = try store.body(record.verdict.seq)
      if body?.rows.contains(where: { $0.row == change.row && $0.operations[0].isInsert }) == true {
        own = max(own, record.verdict.seq)
      }
    }
    guard own > 0 else { return false }
    return try left(change.row, own, writable)
  }

  /// The refused transaction that an operation on this row would build on (rule 18).
  private func buildsOnRefused(_ row: RowID, isInsert: Bool) throws(RelayError) -> Dot? {
    guard let state = try standing()[row], state.isInsert != isInsert else { return nil }
    return state.dot
  }

  private func standing() throws(RelayError) -> [RowID: (isInsert: Bool, dot: Dot)] {
    if let refusedStanding { return refusedStanding }
    var states: [RowID: (isInsert: Bool, dot: Dot)] = [:]
    // Before the first refusal nothing stands on one; mostly there is none.
    guard let first = try store.firstRefused(transaction.seen) else {
      refusedStanding = states
      return states
    }
    for record in try store.records(transaction.seen) where record.verdict.seq >= first {
      guard let body = try store.body(record.verdict.seq) else { continue }
      for change in body.rows {
        let isInsert = change.operations[0].isInsert
        guard isInsert || change.operations[0].kind == .delete else { continue }
        let refused = !record.verdict.isAccepted
        if refused, states[change.row]?.isInsert == true, !isInsert { continue }
        states[change.row] = refused ? (isInsert, record.verdict.dot) : nil
      }
    }
    refusedStanding = states
    return states
  }
}
