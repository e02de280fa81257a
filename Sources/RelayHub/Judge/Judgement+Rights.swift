internal import RelayMerge
internal import RelayProtocol

/// May the device do this, here (rules 17–19)? What it may neither read nor write is to it as if it were not there.
extension Judgement {
  func refuses(_ change: RowChange, _ work: RowWork) throws(RelayError) -> Refusal? {
    let table = work.table
    let isInsert = change.operations[0].isInsert
    func refuse(_ rule: RefusalRule, _ message: String) -> Refusal {
      Refusal(rule: rule, row: change.row, message: "\(table.name): \(message)")
    }
    let stands = Mutation.isPlanted(.ontoOther) && work.old != nil
    if let dot = try buildsOnRefused(change.row, isInsert: isInsert), !stands {
      return refuse(.dependsOnRefused, "builds on \(dot), which was refused")
    }
    // Who may not write the table at all does not learn which keys there are.
    if !view(table).writes, !Mutation.isPlanted(.keysTold) { return table.refusal(change, role: role) }
    guard let row = work.old else {
      if isInsert { return table.refusal(change, role: role) }
      guard try session.mayBeForgotten(change.base, transaction) else { return refuse(.rowUnknown, Self.nowhere) }
      if let refusal = table.refusal(change, role: role) { return refusal }
      // Whoever deletes what is gone has what he wants.
      work.isVoid = change.operations.allSatisfy { $0.kind == .delete }
      return work.isVoid ? nil : refuse(.updateOfPurged, Self.forgotten)
    }
    let isLeft = Mutation.isPlanted(.newHomesOnly) && !isInsert
    if !isLeft, !authority.writes(row.homes), try !isLate(change, row), !(isInsert && Mutation.isPlanted(.keyTaken)) {
      let told = Mutation.isPlanted(.keyShows) ? " \(row.homes)" : ""
      if isInsert { return refuse(.keyUnavailable, "this key cannot be used; choose another" + told) }
      return sees(row, table) ? refuse(.notWritable, Self.notHere) : refuse(.rowUnknown, Self.nowhere)
    }
    if let refusal = table.refusal(change, role: role) { return refusal }
    if isInsert, table.isAppendOnly, try !repeats(change, row, table) {
      return refuse(.appendOnly, "a row with this key is here already")
    }
    for operation in change.operations {
      switch operation.kind {
      case .set(let group, let values):
        let refusal = try replacesImmutable(group, values, row, table, try context(of: change, on: row, table))
        if let refusal { return refusal }
      case .insert(let groups):
        if let refusal = try updates(groups, change, row, table) { return refusal }
      default: continue
      }
    }
    return nil
  }

  /// With all rows merged: does each lie where it may?
  func misplaced(_ change: RowChange, _ work: RowWork) throws(RelayError) -> Refusal? {
    guard work.isWritten else { return nil }
    let table = work.table
    let (named, shown) = (table.namedParent(change), table.parentRow(try work.values()))
    if let refusal = try lacksParent(change, named, shown, table) { return refusal }
    let place = try place(work)
    if let reason = table.misplacement(place, try work.values()) { return refuse(.noScope, change, table, reason) }
    let isInsert = change.operations[0].isInsert
    if table.parent != nil, shown != nil || table.scopes.isEmpty {
      guard let parent = isInsert ? named ?? shown : named, isInsert || !table.mayBeGivenAway else { return nil }
      guard try !mayHang(on: parent) else { return nil }
      return try seesParent(parent)
        ? refuse(.notWritable, change, table, Self.notHere)
        : refuse(.noScope, change, table, "the row lies in no scope")
    }
    return try liesElsewhere(change, work, place.homes) ? refuse(.notWritable, change, table, Self.notHere) : nil
  }

  private func refuse(_ rule: RefusalRule, _ change: RowChange, _ table: TableSchema, _ message: String) -> Refusal {
    Refusal(rule: rule, row: change.row, message: "\(table.name): \(message)")
  }

  /// Is what the row hangs on refused, or forgotten?
  ///
  /// - Parameters:
  ///   - named: the parent that the change itself names.
  ///   - shown: the one that the merged row has; somebody else may have hung it there meanwhile.
  private func lacksParent(
    _ change: RowChange, _ named: RowID?, _ shown: RowID?, _ table: TableSchema
  ) throws(RelayError) -> Refusal? {
    if let named, self.change(named)?.operations[0].isInsert != true,
      let dot = try buildsOnRefused(named, isInsert: false)
    {
      return refuse(.dependsOnRefused, change, table, "its parent builds on \(dot), refused")
    }
    guard let above = named ?? shown, try work(above)?.isThere != true,
      try session.mayBeForgotten(change.parentBase ?? transaction.base, transaction)
    else { return nil }
    return refuse(.updateOfPurged, change, table, Self.forgottenParent)
  }

  /// Does a row that follows no parent land where its author may not write?
  private func liesElsewhere(_ change: RowChange, _ work: RowWork, _ homes: [String]) throws(RelayError) -> Bool {
    if change.operations[0].isInsert { return try !authority.writes(ownHomes(change, work)) }
    // By where the row is now, and by where its author wanted it, though somebody else moved it meanwhile.
    guard !work.table.mayBeGivenAway, !Mutation.isPlanted(.movesAnywhere) else { return false }
    let before = work.new?.homes
    return try [homes, ownHomes(change, work)].contains { $0 != before && !authority.writes($0) }
  }

  private static let notHere = "the row lies in no scope that this device may write"
  private static let nowhere = "the hub has no such row in a scope of this device"

  private static let forgotten = "the row was deleted longer ago than the hub keeps deleted rows"
  private static let forgottenParent = "the row it hangs on was deleted longer ago than the hub keeps deleted rows"

  private func sees(_ row: StoredRow, _ table: TableSchema) -> Bool {
    Mutation.isPlanted(.unseenTold) || table.access(role).reads && authority.sees(row.scopeNames)
  }

  /// A parent is judged like a row that is written: by its homes before or after the transaction, or late.
  private func mayHang(on parent: RowID) throws(RelayError) -> Bool {
    guard let work = try work(parent) else { return false }
    if authority.writes(try place(work).homes) { return true }
    guard let stood = work.old else { return false }
    if authority.writes(stood.homes) { return true }
    if Mutation.isPlanted(.lateChild) { return false }
    return authority.held(at: transaction.base, try session.exits(of: parent, for: authority, now: now))
  }

  private func seesParent(_ parent: RowID) throws(RelayError) -> Bool {
    guard let work = try work(parent) else { return false }
    // A parent of this transaction's own is no secret.
    guard let stood = work.old else { return work.new != nil }
    return sees(stood, work.table)
  }

  /// The homes that a change would give its row, had nobody else written there: those that an insert names by itself, or
  /// those of the row as its author would leave it.
  private func ownHomes(_ change: RowChange, _ work: RowWork) throws(RelayError) -> [String] {
    let isInsert = change.operations[0].isInsert
    guard isInsert || writesHomes(change, work.table) else { return work.old?.homes ?? [] }
    // Nobody else has written a row that was not there.
    if work.old == nil { return try place(work).homes }
    var state = isInsert ? RowState() : work.old?.state ?? RowState()
    let context = WriteContext(
      dot: transaction.dot, seq: seq, effective: effective, seen: DotSet(), base: isInsert ? 0 : Limits.sequence,
      author: work.table.access(SyncSchema.unenrolledRole), now: work.table.access(SyncSchema.unenrolledRole))
    state.apply(change, context, table: work.table)
    return work.table.ownHomes(try work.table.allValues(change.row, state))
  }

  /// Does a change write a column on which the homes of its row depend?
  private func writesHomes(_ change: RowChange, _ table: TableSchema) -> Bool {
    let columns = table.homes.flatMap(\.parts).compactMap { part -> Int? in
      switch part {
      case .literal: nil
      case .column(let at), .each(let at): at
      }
    }
    return change.operations.contains { operation in
      table.group(operation.group).map { group in group.columns.contains { columns.contains($0) } } ?? false
    }
  }

  /// Was the row writable when the author wrote (rule 17)?
  private func isLate(_ change: RowChange, _ row: StoredRow) throws(RelayError) -> Bool {
    if Mutation.isPlanted(.noLate) { return false }
    let exits = try session.exits(of: change.row, for: authority, now: now)
    guard let last = exits.map(\.seq).max() else { return false }
    if change.base > 0 || Mutation.isPlanted(.lateInsert) { return authority.held(at: change.base, exits) }
    // Who knows no confirmed image of it can only have its own work in mind.
    guard let id = row.id, let own = try session.ownWrite(of: id, in: transaction.seen, device.id, before: last) else {
      return false
    }
    return authority.held(at: own, exits)
  }
}
